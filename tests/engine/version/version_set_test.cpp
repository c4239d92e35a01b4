#include "engine/version/version_set.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "engine/directory/file_names.hpp"
#include "engine/version/load_version.hpp"
#include "tests/engine/version/edits.hpp"
#include "tests/support/simulated_disk.hpp"
#include "varve/try.hpp"

namespace varve::engine {
namespace {

using test::Call;
using test::PowerCut;
using test::SimulatedDisk;

constexpr const char* dir = "/db";
constexpr std::uint64_t manifest_bytes = 10'000;

/// A database's directory with a version set on it, without WAL and with tables that nobody reads.
class Database {
 public:
  explicit Database(std::shared_ptr<SimulatedDisk> disk) : disk_(std::move(disk)) {}
  static std::shared_ptr<SimulatedDisk> new_disk() {
    auto disk = std::make_shared<SimulatedDisk>();
    disk->create_directory(dir).value();
    disk->sync_directory("/").value();
    return disk;
  }

  Result<LoadedVersion> load() { return load_version(*disk_, dir, test_database(), context_); }

  Status open() {
    VARVE_TRY(LoadedVersion loaded, load());
    VersionSet::Start start;
    start.context = &context_;
    start.dir = dir;
    start.database = test_database();
    start.next_file = loaded.next_file;
    start.manifest_number = loaded.manifest_number;
    start.sequence = loaded.version.flushed_through;
    start.active = std::make_shared<Memtable>(loaded.version.flush_number + 1, 0, start.sequence);
    start.version = std::move(loaded.version);
    start.manifest_bytes = manifest_bytes;
    VARVE_TRY(set_, VersionSet::create(std::move(start)));
    return {};
  }

  /// A new table of which only the file is there.
  TableMeta new_table() {
    const TableMeta meta = table_meta(set_->new_file_number(), "a", "b");
    disk_->set_content(path(table_file_name(meta.number)), Bytes(4096));
    return meta;
  }
  VersionEdit adding_table() {
    VersionEdit edit;
    edit.added = {{0, new_table()}};
    return edit;
  }

  static std::filesystem::path path(const std::string& name) {
    return std::filesystem::path(dir) / name;
  }
  std::vector<std::string> names() const { return disk_->names(dir); }
  std::vector<std::string> manifests() const {
    std::vector<std::string> found;
    for (const std::string& name : names()) {
      if (name.ends_with(".manifest")) found.push_back(name);
    }
    return found;
  }

  VersionSet& set() { return *set_; }
  SimulatedDisk& disk() { return *disk_; }
  void drop() { set_.reset(); }

 private:
  std::shared_ptr<SimulatedDisk> disk_;
  BlockCache cache_{1 << 16};
  FilePool files_{disk_, 4};
  TableContext context_{
      .file_system = disk_, .dir = dir, .cache = &cache_, .files = &files_, .log = {}};
  std::unique_ptr<VersionSet> set_;
};

class VersionSetTest : public testing::Test {
 protected:
  VersionSetTest() { database_.open().value(); }

  VersionSet& set() { return database_.set(); }
  SimulatedDisk& disk() { return database_.disk(); }
  bool has(std::uint64_t table) {
    return std::ranges::count(database_.names(), table_file_name(table));
  }

  /// What another process would find now.
  VersionEdit stored() {
    return snapshot_of(Database(disk().after(PowerCut::keep_all())).load().value().version);
  }
  VersionEdit current() { return snapshot_of(*set().version()); }

  Database database_{Database::new_disk()};
};

std::shared_ptr<Memtable> memtable(std::uint64_t number, std::uint64_t base_sequence = 0) {
  return std::make_shared<Memtable>(number, 0, base_sequence);
}

VersionEdit flush_of(const Memtable& memtable, std::uint64_t sequence) {
  VersionEdit edit;
  edit.flush_number = memtable.number();
  edit.flushed_through = sequence;
  return edit;
}

/// About 1,200 bytes of manifest, added or removed.
VersionEdit large_edit(bool added) {
  const FlushedTombstone tombstone{{{std::string(600, 'a'), std::string(600, 'b')}, {0, 9}}, 1};
  VersionEdit edit;
  (added ? edit.tombstones_added : edit.tombstones_removed) = {tombstone};
  return edit;
}

TEST_F(VersionSetTest, stores_what_it_publishes) {
  ASSERT_TRUE(set().apply(database_.adding_table()));
  ASSERT_TRUE(set().apply(database_.adding_table()));
  EXPECT_EQ(current().added.size(), 2u);
  EXPECT_EQ(stored(), current());
}

TEST_F(VersionSetTest, goes_on_where_the_last_one_ended) {
  ASSERT_TRUE(set().apply(database_.adding_table()));
  const VersionEdit before = current();
  const auto manifests = database_.manifests();
  const std::uint64_t number = set().new_file_number();
  ASSERT_TRUE(set().close());
  ASSERT_TRUE(database_.open());
  EXPECT_EQ(current(), before);
  EXPECT_EQ(database_.manifests().size(), 1u);
  EXPECT_NE(database_.manifests(), manifests);
  EXPECT_GT(set().new_file_number(), before.added[0].meta.number);
  EXPECT_GE(set().new_file_number(), number);
}

TEST_F(VersionSetTest, refuses_an_edit_that_does_not_fit_and_stays_as_it_was) {
  VersionEdit edit;
  edit.removed = {99};
  EXPECT_EQ(set().apply(edit).error().code, Errc::corruption);
  ASSERT_TRUE(set().apply(database_.adding_table()));
  EXPECT_EQ(stored(), current());
}

TEST_F(VersionSetTest, shows_frozen_memtables_oldest_first) {
  set().rotate(memtable(2));
  set().rotate(memtable(3));
  EXPECT_EQ(set().active()->number(), 3u);
  const auto frozen = set().frozen();
  ASSERT_EQ(frozen.size(), 2u);
  EXPECT_EQ(frozen[0]->number(), 1u);
  EXPECT_EQ(frozen[1]->number(), 2u);
}

TEST_F(VersionSetTest, gives_views_the_memtables_newest_first) {
  set().rotate(memtable(2));
  const auto view = set().view(0);
  ASSERT_EQ(view->memtables().size(), 2u);
  EXPECT_EQ(view->memtables()[0]->number(), 2u);
  EXPECT_EQ(view->memtables()[1]->number(), 1u);
}

TEST_F(VersionSetTest, lets_a_memtable_go_as_its_table_comes) {
  set().rotate(memtable(2));
  const auto before = set().view(0);
  const auto flushed = set().frozen().front();
  ASSERT_TRUE(set().apply(flush_of(*flushed, 10), flushed.get()));
  EXPECT_TRUE(set().frozen().empty());
  EXPECT_EQ(set().version()->flush_number, 1u);
  EXPECT_EQ(set().view(0)->memtables().size(), 1u);
  EXPECT_EQ(before->memtables().size(), 2u);
  EXPECT_EQ(before->version().flush_number, 0u);
}

TEST_F(VersionSetTest, gives_views_the_sequence_up_to_which_they_are_whole) {
  set().publish(7);
  EXPECT_EQ(set().view(0)->sequence(), 7u);
  set().rotate(memtable(2));
  const auto flushed = set().frozen().front();
  ASSERT_TRUE(set().apply(flush_of(*flushed, 9), flushed.get()));
  EXPECT_EQ(set().view(0)->sequence(), 9u);  // As a reader that saw 7 before the flush came in.
  set().publish(12);
  EXPECT_EQ(set().view(0)->sequence(), 12u);
}

TEST_F(VersionSetTest, never_shows_a_memtable_and_its_table_at_once_nor_neither) {
  constexpr std::uint64_t rounds = 300;
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> wrong = 0;
  std::thread reader([&] {
    while (!stop) {
      const auto view = set().view(0);
      if (view->memtables().back()->number() != view->version().flush_number + 1) ++wrong;
      if (view->sequence() < view->version().flushed_through) ++wrong;
    }
  });
  std::thread flusher([&] {
    for (std::uint64_t done = 0; done < rounds;) {
      const auto frozen = set().frozen();
      if (frozen.empty()) continue;
      EXPECT_TRUE(
          set().apply(flush_of(*frozen.front(), frozen.front()->number()), frozen.front().get()));
      ++done;
    }
  });
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    set().publish(round);
    set().rotate(memtable(round + 1, round));
  }
  flusher.join();
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(set().version()->flush_number, rounds);
}

TEST_F(VersionSetTest, removes_a_table_when_nobody_can_read_it_any_more) {
  const VersionEdit added = database_.adding_table();
  const std::uint64_t number = added.added[0].meta.number;
  ASSERT_TRUE(set().apply(added));
  auto view = set().view(0);
  VersionEdit removal;
  removal.removed = {number};
  ASSERT_TRUE(set().apply(removal));
  EXPECT_TRUE(has(number));
  view.reset();
  EXPECT_FALSE(has(number));
}

TEST_F(VersionSetTest, keeps_a_table_that_only_moves) {
  const VersionEdit added = database_.adding_table();
  ASSERT_TRUE(set().apply(added));
  VersionEdit move;
  move.removed = {added.added[0].meta.number};
  move.added = {{2, added.added[0].meta}};
  ASSERT_TRUE(set().apply(move));
  ASSERT_TRUE(set().apply({}));
  EXPECT_TRUE(has(added.added[0].meta.number));
}

TEST_F(VersionSetTest, keeps_every_table_when_it_ends) {
  const VersionEdit added = database_.adding_table();
  ASSERT_TRUE(set().apply(added));
  ASSERT_TRUE(set().close());
  database_.drop();
  EXPECT_TRUE(has(added.added[0].meta.number));
}

TEST_F(VersionSetTest, replaces_a_manifest_whose_append_failed) {
  for (const Call call : {Call::write, Call::sync}) {
    const auto before = database_.manifests();
    disk().fail({.call = call});
    ASSERT_TRUE(set().apply(database_.adding_table()));
    EXPECT_EQ(stored(), current());
    ASSERT_EQ(database_.manifests().size(), 1u);
    EXPECT_NE(database_.manifests(), before);
    ASSERT_TRUE(set().apply(database_.adding_table()));
    EXPECT_EQ(stored(), current());
  }
}

TEST_F(VersionSetTest, changes_nothing_where_a_new_manifest_fails_too_and_can_be_asked_again) {
  for (const Call call : {Call::write, Call::sync}) {
    const VersionEdit before = current();
    const VersionEdit edit = database_.adding_table();
    disk().fail({.call = call, .lasting = true, .error_number = ENOSPC});
    EXPECT_EQ(set().apply(edit).error().code, Errc::no_space);
    EXPECT_EQ(set().apply(edit).error().code, Errc::no_space);
    EXPECT_EQ(current(), before);
    disk().clear_faults();
    ASSERT_TRUE(set().apply(edit));
    EXPECT_EQ(current().added.size(), before.added.size() + 1);
    EXPECT_EQ(stored(), current());
    EXPECT_EQ(database_.manifests().size(), 1u);
  }
}

TEST_F(VersionSetTest, keeps_the_tables_that_a_failed_edit_was_to_remove) {
  const VersionEdit added = database_.adding_table();
  ASSERT_TRUE(set().apply(added));
  disk().fail({.call = Call::sync, .lasting = true});
  VersionEdit removal;
  removal.removed = {added.added[0].meta.number};
  EXPECT_FALSE(set().apply(removal));
  database_.drop();
  EXPECT_TRUE(has(added.added[0].meta.number));
}

TEST_F(VersionSetTest, begins_a_new_manifest_when_one_has_grown) {
  const auto first = database_.manifests();
  std::uint64_t bytes_max = 0;
  for (int round = 0; round < 30; ++round) {
    ASSERT_TRUE(set().apply(large_edit(round % 2 == 0)));
    ASSERT_EQ(database_.manifests().size(), 1u);
    bytes_max = std::max<std::uint64_t>(
        bytes_max, disk().content(Database::path(database_.manifests()[0])).size());
  }
  EXPECT_NE(database_.manifests(), first);
  EXPECT_LT(bytes_max, manifest_bytes + 1'300 + 4'096) << "with the reserve";
  EXPECT_EQ(stored(), current());
}

TEST_F(VersionSetTest, needs_no_new_manifest_to_have_stored_an_edit) {
  disk().fail({.call = Call::create, .lasting = true, .suffix = ".manifest"});
  int applied = 0;
  while (disk().failures() == 0) {
    ASSERT_TRUE(set().apply(large_edit(applied % 2 == 0)));
    ++applied;
  }
  EXPECT_EQ(stored(), current());
  EXPECT_FALSE(set().apply({}));
  disk().clear_faults();
  ASSERT_TRUE(set().apply({}));
  EXPECT_EQ(stored(), current());
}

TEST_F(VersionSetTest, gives_each_file_number_once) {
  std::set<std::uint64_t> numbers;
  for (int round = 0; round < 3; ++round) {
    for (int count = 0; count < 5; ++count) {
      const TableMeta table = database_.new_table();
      EXPECT_TRUE(numbers.insert(table.number).second);
    }
    ASSERT_TRUE(database_.open());
  }
}

TEST_F(VersionSetTest, takes_nothing_after_it_was_closed) {
  ASSERT_TRUE(set().close());
  EXPECT_EQ(set().apply({}).error().code, Errc::closed);
  const auto content =
      read_manifest(disk(), Database::path(database_.manifests()[0]), 1, test_database());
  EXPECT_TRUE(content.value().edits.back().closed);
}

/// Edits that count flushed_through up. Every third replaces the table of the one before (which
/// syncs the directory, as making a table does); they are large enough that the manifest is
/// replaced now and then. Ends where an edit fails. Returns the last that did not.
std::uint64_t run_edits(Database& database, std::uint64_t count) {
  std::uint64_t table = 0;
  for (std::uint64_t done = 0; done < count; ++done) {
    VersionEdit edit = large_edit(done % 2 == 0);
    edit.flushed_through = done + 1;
    if (done % 3 == 0) {
      edit.added = {{0, database.new_table()}};
      if (table != 0) edit.removed = {table};
      table = edit.added[0].meta.number;
    }
    if (!database.set().apply(edit)) return done;
  }
  return count;
}

std::vector<PowerCut> images() {
  std::vector<PowerCut> cuts{PowerCut::lose_unsynced(), PowerCut::keep_all()};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) cuts.push_back(PowerCut::random(seed));
  return cuts;
}

TEST(VersionSetPowerCut, at_any_call_leaves_the_version_before_or_after_the_edit_under_way) {
  constexpr std::uint64_t edits = 20;
  bool is_cut = true;
  for (std::uint64_t at = 1; is_cut; ++at) {
    Database database(Database::new_disk());
    ASSERT_TRUE(database.open());
    database.disk().cut_power_at(at);
    const std::uint64_t done = run_edits(database, edits);
    is_cut = database.disk().power_is_off();
    for (const PowerCut& cut : images()) {
      SCOPED_TRACE(database.disk().cut_in() + ", call " + std::to_string(at) + ", " +
                   cut.describe());
      Database after(database.disk().after(cut));
      const auto loaded = after.load();
      ASSERT_TRUE(loaded) << loaded.error().message();
      EXPECT_TRUE(loaded->version.flushed_through == done ||
                  loaded->version.flushed_through == done + 1)
          << loaded->version.flushed_through << " for " << done;
      EXPECT_EQ(loaded->version.levels[0].size(), loaded->version.flushed_through == 0 ? 0 : 1);
      EXPECT_TRUE(loaded->damages.empty());
    }
  }
}

TEST(VersionSetPowerCut, while_opening_leaves_the_version_as_it_was) {
  Database database(Database::new_disk());
  ASSERT_TRUE(database.open());
  ASSERT_EQ(run_edits(database, 3), 3u);
  const VersionEdit expected = snapshot_of(*database.set().version());
  bool is_cut = true;
  for (std::uint64_t at = 1; is_cut; ++at) {
    Database again(database.disk().after(PowerCut::lose_unsynced()));
    again.disk().cut_power_at(at);
    is_cut = !again.open();
    for (const PowerCut& cut : images()) {
      SCOPED_TRACE("call " + std::to_string(at) + ", " + cut.describe());
      Database after(again.disk().after(cut));
      EXPECT_EQ(snapshot_of(after.load().value().version), expected);
    }
  }
}

TEST(VersionSetPowerCut, while_the_database_is_made_leaves_a_new_one) {
  bool is_cut = true;
  for (std::uint64_t at = 1; is_cut; ++at) {
    Database database(Database::new_disk());
    database.disk().cut_power_at(at);
    is_cut = !database.open();
    for (const PowerCut& cut : images()) {
      Database after(database.disk().after(cut));
      EXPECT_TRUE(after.open()) << at << cut.describe();
    }
  }
}

}  // namespace
}  // namespace varve::engine
