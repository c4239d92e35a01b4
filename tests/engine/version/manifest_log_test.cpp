#include "engine/version/manifest_log.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/engine/version/manifest_log_fixture.hpp"

namespace varve::engine {
namespace {

using test::Call;
using test::PowerCut;
using test::SimulatedDisk;

class ManifestLogTest : public testing::Test {
 protected:
  ManifestLogTest() { database_.open().value(); }

  ManifestLog& log() { return database_.log(); }
  Published& published() { return database_.published(); }
  SimulatedDisk& disk() { return database_.disk(); }
  bool has(std::uint64_t table) {
    return std::ranges::count(database_.names(), table_file_name(table));
  }

  /// What another process would find now.
  VersionEdit stored() {
    return whole_edit_of(
        ManifestDatabase(disk().after(PowerCut::keep_all())).load().value().version);
  }
  VersionEdit current() { return whole_edit_of(*published().version()); }

  ManifestDatabase database_{ManifestDatabase::new_disk()};
};

VersionEdit flush_of(const Memtable& memtable, std::uint64_t sequence) {
  VersionEdit edit;
  edit.flush_number = memtable.number();
  edit.flushed_through = sequence;
  return edit;
}

TEST_F(ManifestLogTest, stores_what_it_publishes) {
  ASSERT_TRUE(log().apply(database_.adding_table()));
  ASSERT_TRUE(log().apply(database_.adding_table()));
  EXPECT_EQ(current().added.size(), 2u);
  EXPECT_EQ(stored(), current());
}

TEST_F(ManifestLogTest, goes_on_where_the_last_one_ended) {
  ASSERT_TRUE(log().apply(database_.adding_table()));
  const VersionEdit before = current();
  const auto manifests = database_.manifests();
  const std::uint64_t number = log().new_file_number();
  ASSERT_TRUE(log().close());
  ASSERT_TRUE(database_.open());
  EXPECT_EQ(current(), before);
  EXPECT_EQ(database_.manifests().size(), 1u);
  EXPECT_NE(database_.manifests(), manifests);
  EXPECT_GT(log().new_file_number(), before.added[0].meta.number);
  EXPECT_GE(log().new_file_number(), number);
}

TEST_F(ManifestLogTest, refuses_an_edit_that_does_not_fit_and_stays_as_it_was) {
  VersionEdit edit;
  edit.removed = {99};
  EXPECT_EQ(log().apply(edit).error().code, Errc::corruption);
  ASSERT_TRUE(log().apply(database_.adding_table()));
  EXPECT_EQ(stored(), current());
}

TEST_F(ManifestLogTest, lets_a_memtable_go_with_the_edit_that_installs_its_table) {
  published().rotate(std::make_shared<Memtable>(2, 0, 0));
  const auto before = published().view(0);
  const auto flushed = published().frozen().front();
  ASSERT_TRUE(log().apply(flush_of(*flushed, 0), flushed.get()));
  EXPECT_TRUE(published().frozen().empty());
  EXPECT_EQ(published().version()->flush_number, 1u);
  EXPECT_EQ(published().view(0)->memtables().size(), 1u);
  EXPECT_EQ(before->memtables().size(), 2u);
  EXPECT_EQ(before->version().flush_number, 0u);
}

TEST_F(ManifestLogTest, removes_a_table_when_nobody_can_read_it_any_more) {
  const VersionEdit added = database_.adding_table();
  const std::uint64_t number = added.added[0].meta.number;
  ASSERT_TRUE(log().apply(added));
  auto view = published().view(0);
  VersionEdit removal;
  removal.removed = {number};
  ASSERT_TRUE(log().apply(removal));
  EXPECT_TRUE(has(number));
  view.reset();
  EXPECT_FALSE(has(number));
}

TEST_F(ManifestLogTest, keeps_a_table_that_only_moves) {
  const VersionEdit added = database_.adding_table();
  ASSERT_TRUE(log().apply(added));
  VersionEdit move;
  move.removed = {added.added[0].meta.number};
  move.added = {{2, added.added[0].meta}};
  ASSERT_TRUE(log().apply(move));
  ASSERT_TRUE(log().apply({}));
  EXPECT_TRUE(has(added.added[0].meta.number));
}

TEST_F(ManifestLogTest, keeps_every_table_when_it_ends) {
  const VersionEdit added = database_.adding_table();
  ASSERT_TRUE(log().apply(added));
  ASSERT_TRUE(log().close());
  database_.drop();
  EXPECT_TRUE(has(added.added[0].meta.number));
}

TEST_F(ManifestLogTest, replaces_a_manifest_whose_append_failed_in_either_file) {
  std::uint64_t failures = 0;
  for (const auto& [call, file] : {std::pair(Call::write, ".manifest"),
                                   {Call::write, ".copy"},
                                   {Call::sync, ".manifest"},
                                   {Call::sync, ".copy"}}) {
    const auto before = database_.manifests();
    disk().fail({.call = call, .suffix = file});
    ASSERT_TRUE(log().apply(database_.adding_table()));
    EXPECT_EQ(disk().failures(), ++failures) << file;
    EXPECT_EQ(stored(), current());
    ASSERT_EQ(database_.manifests().size(), 1u);
    EXPECT_NE(database_.manifests(), before);
    EXPECT_EQ(database_.copies().size(), 1u);
    ASSERT_TRUE(log().apply(database_.adding_table()));
    EXPECT_EQ(stored(), current());
  }
}

TEST_F(ManifestLogTest, changes_nothing_where_a_new_manifest_fails_too_and_can_be_asked_again) {
  for (const auto& [call, file] : {std::pair(Call::write, ".manifest"),
                                   {Call::write, ".copy"},
                                   {Call::sync, ".manifest"},
                                   {Call::sync, ".copy"}}) {
    const VersionEdit before = current();
    const VersionEdit edit = database_.adding_table();
    disk().fail({.call = call, .lasting = true, .error_number = ENOSPC, .suffix = file});
    EXPECT_EQ(log().apply(edit).error().code, Errc::no_space);
    EXPECT_EQ(log().apply(edit).error().code, Errc::no_space);
    EXPECT_EQ(current(), before);
    disk().clear_faults();
    ASSERT_TRUE(log().apply(edit));
    EXPECT_EQ(current().added.size(), before.added.size() + 1);
    EXPECT_EQ(stored(), current());
    EXPECT_EQ(database_.manifests().size(), 1u);
    EXPECT_EQ(database_.copies().size(), 1u);
  }
}

TEST_F(ManifestLogTest, keeps_the_tables_that_a_failed_edit_was_to_remove) {
  const VersionEdit added = database_.adding_table();
  ASSERT_TRUE(log().apply(added));
  disk().fail({.call = Call::sync, .lasting = true});
  VersionEdit removal;
  removal.removed = {added.added[0].meta.number};
  EXPECT_FALSE(log().apply(removal));
  database_.drop();
  EXPECT_TRUE(has(added.added[0].meta.number));
}

TEST_F(ManifestLogTest, begins_a_new_manifest_when_one_has_grown) {
  const auto first = database_.manifests();
  std::uint64_t bytes_max = 0;
  for (int round = 0; round < 30; ++round) {
    ASSERT_TRUE(log().apply(large_edit(round % 2 == 0)));
    ASSERT_EQ(database_.manifests().size(), 1u);
    bytes_max = std::max<std::uint64_t>(
        bytes_max, disk().content(ManifestDatabase::path(database_.manifests()[0])).size());
  }
  EXPECT_NE(database_.manifests(), first);
  EXPECT_LT(bytes_max, ManifestDatabase::replaced_from + 1'300 + 4'096) << "with the reserve";
  EXPECT_EQ(stored(), current());
}

TEST_F(ManifestLogTest, needs_no_new_manifest_to_have_stored_an_edit) {
  disk().fail({.call = Call::create, .lasting = true, .suffix = ".manifest"});
  int applied = 0;
  while (disk().failures() == 0) {
    ASSERT_TRUE(log().apply(large_edit(applied % 2 == 0)));
    ++applied;
  }
  EXPECT_EQ(stored(), current());
  EXPECT_FALSE(log().apply({}));
  disk().clear_faults();
  ASSERT_TRUE(log().apply({}));
  EXPECT_EQ(stored(), current());
}

TEST_F(ManifestLogTest, gives_each_file_number_once) {
  std::set<std::uint64_t> numbers;
  for (int round = 0; round < 3; ++round) {
    for (int count = 0; count < 5; ++count) {
      const TableMeta table = database_.new_table();
      EXPECT_TRUE(numbers.insert(table.number).second);
    }
    ASSERT_TRUE(database_.open());
  }
}

TEST_F(ManifestLogTest, refuses_a_table_whose_number_it_did_not_give) {
  const VersionEdit edit = database_.adding_table();
  VersionEdit other;
  other.added = {{0, table_meta(edit.added[0].meta.number + 100, "a", "b")}};
  EXPECT_DEATH((void)log().apply(other), "all_below");
}

TEST_F(ManifestLogTest, refuses_to_let_a_memtable_go_of_which_the_edit_holds_a_part) {
  published().active()->set_last_sequence(5);
  published().publish(5);
  published().rotate(std::make_shared<Memtable>(2, 0, 5));
  const auto frozen = published().frozen().front();
  EXPECT_DEATH((void)log().apply(flush_of(*frozen, 4), frozen.get()), "last_sequence");
}

TEST_F(ManifestLogTest, takes_nothing_after_it_was_closed) {
  ASSERT_TRUE(log().close());
  EXPECT_EQ(log().apply({}).error().code, Errc::closed);
  const auto content =
      read_manifest(*disk().open_directory("/db").value(), 1, test_database()).value();
  EXPECT_TRUE(content->edits.back().closed);
}

TEST_F(ManifestLogTest, says_when_it_closes_whether_tables_hold_all) {
  ASSERT_TRUE(log().close());
  EXPECT_TRUE(database_.load().value().closed_in_tables);
  ASSERT_TRUE(database_.open());
  EXPECT_FALSE(database_.load().value().closed) << "it is open again";
  published().active()->set_last_sequence(5);
  published().publish(5);
  ASSERT_TRUE(log().close());
  const LoadedVersion loaded = database_.load().value();
  EXPECT_TRUE(loaded.closed);
  EXPECT_FALSE(loaded.closed_in_tables) << "the log alone has batch 5";
}

}  // namespace
}  // namespace varve::engine
