// Where there is no room for a new manifest, the one that was read goes on.

#include <gtest/gtest.h>

#include "tests/engine/version/manifest_log_fixture.hpp"

namespace varve::engine {
namespace {

using test::Call;
using test::PowerCut;
using test::SimulatedDisk;

constexpr std::uint64_t sector = 512;

/// A manifest of several edits, as a process left it that was killed.
std::shared_ptr<SimulatedDisk> left_behind() {
  ManifestDatabase database(ManifestDatabase::new_disk());
  database.open().value();
  for (int i = 0; i < 3; ++i) database.log().apply(database.adding_table()).value();
  return database.disk().after(PowerCut::keep_all());
}

void fill(SimulatedDisk& disk) { disk.set_capacity(disk.used()); }

VersionEdit stored(const SimulatedDisk& disk, const PowerCut& cut) {
  return whole_edit_of(ManifestDatabase(disk.after(cut)).load().value().version);
}

/// Removes the first table of the version.
VersionEdit removing_table(ManifestDatabase& database) {
  VersionEdit edit;
  edit.removed = {database.published().version()->levels[0].front()->meta().number};
  return edit;
}

TEST(ManifestResume, takes_edits_on_a_disk_that_is_full_to_the_last_byte) {
  ManifestDatabase database(left_behind());
  const auto names = database.names();
  fill(database.disk());
  ASSERT_TRUE(database.open());
  EXPECT_TRUE(database.log().has_manifest());
  for (std::size_t left = 3; left-- > 0;) {
    const Status applied = database.log().apply(removing_table(database));
    ASSERT_TRUE(applied) << applied.error().message();
    EXPECT_EQ(stored(database.disk(), PowerCut::lose_unsynced()).added.size(), left);
  }
  EXPECT_EQ(database.manifests().size(), 1u);
  EXPECT_EQ(database.copies().size(), 1u);
  EXPECT_EQ(database.disk().content(ManifestDatabase::path(database.manifests()[0])),
            database.disk().content(ManifestDatabase::path(database.copies()[0])));
}

TEST(ManifestResume, goes_on_behind_the_record_of_a_closed_database) {
  ManifestDatabase database(ManifestDatabase::new_disk());
  ASSERT_TRUE(database.open());
  ASSERT_TRUE(database.log().apply(database.adding_table()));
  ASSERT_TRUE(database.log().close());
  fill(database.disk());
  ASSERT_TRUE(database.open());
  ASSERT_TRUE(database.log().apply(removing_table(database)));
  EXPECT_TRUE(stored(database.disk(), PowerCut::lose_unsynced()).added.empty());
}

// A failed sync leaves bytes that are read and are not there after a power cut.
TEST(ManifestResume, makes_durable_what_was_only_read) {
  ManifestDatabase database(left_behind());
  ASSERT_TRUE(database.open());
  database.disk().fail({.call = Call::sync, .lasting = true, .suffix = ".manifest"});
  database.disk().fail({.call = Call::create, .lasting = true, .suffix = ".manifest"});
  ASSERT_FALSE(database.log().apply(removing_table(database)));
  database.drop();
  database.disk().clear_faults();
  fill(database.disk());
  ASSERT_EQ(stored(database.disk(), PowerCut::lose_unsynced()).added.size(), 3u);
  const std::size_t read = database.load().value().version.levels[0].size();
  ASSERT_EQ(read, 2u);
  ASSERT_TRUE(database.open());
  EXPECT_EQ(stored(database.disk(), PowerCut::lose_unsynced()).added.size(), read);
}

TEST(ManifestResume, mends_a_file_that_lacks_a_record) {
  for (const bool damage_first : {true, false}) {
    ManifestDatabase database(left_behind());
    const std::string name = damage_first ? database.manifests()[0] : database.copies()[0];
    database.disk().flip_bit(ManifestDatabase::path(name), 70 * 8);
    fill(database.disk());
    ASSERT_TRUE(database.open());
    ASSERT_TRUE(database.log().has_manifest());
    ASSERT_TRUE(database.log().apply(removing_table(database)));
    EXPECT_EQ(database.disk().content(ManifestDatabase::path(database.manifests()[0])),
              database.disk().content(ManifestDatabase::path(database.copies()[0])));
  }
}

TEST(ManifestResume, needs_one_file_that_has_all_of_it) {
  ManifestDatabase database(left_behind());
  const auto begin = ManifestFormat::header_size + 4;
  database.disk().flip_bit(ManifestDatabase::path(database.manifests()[0]), begin * 8);
  const auto last = database.load().value().manifest_valid_bytes - 1;
  database.disk().flip_bit(ManifestDatabase::path(database.copies()[0]), last * 8);
  const VersionEdit before = stored(database.disk(), PowerCut::keep_all());
  fill(database.disk());
  ASSERT_TRUE(database.open());
  EXPECT_FALSE(database.log().has_manifest());
  EXPECT_EQ(database.log().apply(removing_table(database)).error().code, Errc::no_space);
  database.disk().set_capacity(database.disk().used() + 100 * sector);
  ASSERT_TRUE(database.log().apply(removing_table(database)));
  EXPECT_EQ(stored(database.disk(), PowerCut::lose_unsynced()).added.size(),
            before.added.size() - 1);
}

TEST(ManifestResume, does_not_hide_a_torn_tail) {
  ManifestDatabase database(left_behind());
  const auto end = database.load().value().manifest_valid_bytes;
  database.disk().flip_bit(ManifestDatabase::path(database.manifests()[0]), end * 8);
  fill(database.disk());
  ASSERT_TRUE(database.open());
  EXPECT_FALSE(database.log().has_manifest());
  EXPECT_TRUE(database.load().value().torn_tail);
}

// With one sector or two a part of a new one can be written, which then must not count.
TEST(ManifestResume, leaves_nothing_of_a_new_one_that_did_not_fit) {
  for (std::uint64_t left = 0; left < 24; ++left) {
    ManifestDatabase database(left_behind());
    database.disk().set_capacity(database.disk().used() + left * sector);
    ASSERT_TRUE(database.open());
    ASSERT_TRUE(database.log().has_manifest());
    EXPECT_EQ(database.manifests().size(), 1u) << left;
    EXPECT_EQ(database.copies().size(), 1u) << left;
    ASSERT_TRUE(database.log().apply(removing_table(database)));
    EXPECT_EQ(stored(database.disk(), PowerCut::lose_unsynced()).added.size(), 2u) << left;
  }
}

TEST(ManifestResume, loses_no_edit_where_the_power_goes_at_any_call) {
  for (const std::uint64_t left : {0U, 12U}) {
    bool is_cut = true;
    for (std::uint64_t at = 1; is_cut; ++at) {
      ManifestDatabase database(left_behind());
      database.disk().set_capacity(database.disk().used() + left * sector);
      database.disk().cut_power_at(at);
      std::size_t tables = 3;
      const bool is_open = database.open().has_value();
      if (is_open) {
        while (tables != 0 && database.log().apply(removing_table(database))) --tables;
      }
      is_cut = database.disk().power_is_off();
      for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const std::size_t found = stored(database.disk(), PowerCut::random(seed)).added.size();
        EXPECT_TRUE(found == tables || (is_open && found + 1 == tables))
            << found << " for " << tables << ", cut at " << at << ", seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace varve::engine
