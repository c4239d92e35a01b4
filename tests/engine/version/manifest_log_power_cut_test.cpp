#include <gtest/gtest.h>

#include "tests/engine/version/manifest_log_fixture.hpp"

namespace varve::engine {
namespace {

using test::PowerCut;

/// Edits that count flushed_through up. Every third replaces the table of the one before (which
/// syncs the directory, as making a table does); they are large enough that the manifest is
/// replaced now and then. Ends where an edit fails. Returns the last that did not.
std::uint64_t run_edits(ManifestDatabase& database, std::uint64_t count) {
  std::uint64_t table = 0;
  for (std::uint64_t done = 0; done < count; ++done) {
    VersionEdit edit = large_edit(done % 2 == 0);
    database.published().publish(done + 1);
    edit.flushed_through = done + 1;
    if (done % 3 == 0) {
      edit.added = {{0, database.new_table()}};
      if (table != 0) edit.removed = {table};
      table = edit.added[0].meta.number;
    }
    if (!database.log().apply(edit)) return done;
  }
  return count;
}

std::vector<PowerCut> images() {
  std::vector<PowerCut> cuts{PowerCut::lose_unsynced(), PowerCut::keep_all()};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) cuts.push_back(PowerCut::random(seed));
  return cuts;
}

TEST(ManifestLogPowerCut, at_any_call_leaves_the_version_before_or_after_the_edit_under_way) {
  constexpr std::uint64_t edits = 20;
  bool is_cut = true;
  for (std::uint64_t at = 1; is_cut; ++at) {
    ManifestDatabase database(ManifestDatabase::new_disk());
    ASSERT_TRUE(database.open());
    database.disk().cut_power_at(at);
    const std::uint64_t done = run_edits(database, edits);
    is_cut = database.disk().power_is_off();
    for (const PowerCut& cut : images()) {
      SCOPED_TRACE(database.disk().cut_in() + ", call " + std::to_string(at) + ", " +
                   cut.describe());
      ManifestDatabase after(database.disk().after(cut));
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

// An edit that was acknowledged is durable in both files, and a new manifest is before the old
// goes.
TEST(ManifestLogPowerCut, at_any_call_and_the_loss_of_one_file_loses_no_edit_that_was_done) {
  constexpr std::uint64_t edits = 12;
  bool is_cut = true;
  for (std::uint64_t at = 1; is_cut; ++at) {
    ManifestDatabase database(ManifestDatabase::new_disk());
    ASSERT_TRUE(database.open());
    database.disk().cut_power_at(at);
    const std::uint64_t done = run_edits(database, edits);
    is_cut = database.disk().power_is_off();
    for (const PowerCut& cut : images()) {
      for (const char* lost : {".manifest", ".copy"}) {
        SCOPED_TRACE(database.disk().cut_in() + ", call " + std::to_string(at) + ", " +
                     cut.describe() + ", without " + lost);
        ManifestDatabase after(database.disk().after(cut));
        for (const std::string& name : after.names_with(lost)) {
          ASSERT_TRUE(after.disk().remove(ManifestDatabase::path(name)));
        }
        const auto loaded = after.load();
        ASSERT_TRUE(loaded) << loaded.error().message();
        EXPECT_TRUE(loaded->version.flushed_through == done ||
                    loaded->version.flushed_through == done + 1)
            << loaded->version.flushed_through << " for " << done;
      }
    }
  }
}

TEST(ManifestLogPowerCut, while_opening_leaves_the_version_as_it_was) {
  ManifestDatabase database(ManifestDatabase::new_disk());
  ASSERT_TRUE(database.open());
  ASSERT_EQ(run_edits(database, 3), 3u);
  const VersionEdit expected = whole_edit_of(*database.published().version());
  bool is_cut = true;
  for (std::uint64_t at = 1; is_cut; ++at) {
    ManifestDatabase again(database.disk().after(PowerCut::lose_unsynced()));
    again.disk().cut_power_at(at);
    is_cut = !again.open();
    for (const PowerCut& cut : images()) {
      SCOPED_TRACE("call " + std::to_string(at) + ", " + cut.describe());
      ManifestDatabase after(again.disk().after(cut));
      EXPECT_EQ(whole_edit_of(after.load().value().version), expected);
    }
  }
}

TEST(ManifestLogPowerCut, while_the_database_is_made_leaves_a_new_one) {
  bool is_cut = true;
  for (std::uint64_t at = 1; is_cut; ++at) {
    ManifestDatabase database(ManifestDatabase::new_disk());
    database.disk().cut_power_at(at);
    is_cut = !database.open();
    for (const PowerCut& cut : images()) {
      ManifestDatabase after(database.disk().after(cut));
      EXPECT_TRUE(after.open()) << at << cut.describe();
    }
  }
}

}  // namespace
}  // namespace varve::engine
