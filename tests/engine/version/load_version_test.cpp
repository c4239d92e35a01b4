#include "engine/version/load_version.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/directory/file_names.hpp"
#include "tests/engine/version/edits.hpp"
#include "tests/support/directories.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::engine {
namespace {

constexpr const char* dir = "/db";

/// A directory whose files only have a size: nobody reads the tables here.
class LoadVersion : public testing::Test {
 protected:
  static std::filesystem::path path(const std::string& name) {
    return std::filesystem::path(dir) / name;
  }
  void add_table(std::uint64_t number) {
    disk_->set_content(path(table_file_name(number)), Bytes(4096));
  }
  void add_wal(std::uint64_t number) { disk_->set_content(path(segment_name(number)), Bytes(1)); }
  void write_manifest(std::uint64_t number, const std::vector<VersionEdit>& edits) {
    Manifest manifest =
        Manifest::create(*directory_, test_database(), number, edits.front()).value();
    for (std::size_t index = 1; index < edits.size(); ++index) {
      manifest.append(edits[index]).value();
    }
  }
  /// Both files of a manifest.
  static std::vector<std::filesystem::path> files(std::uint64_t manifest) {
    std::vector<std::filesystem::path> files;
    for (const std::string& name : manifest_file_names(manifest)) files.push_back(path(name));
    return files;
  }
  static std::vector<std::string> names_of(std::uint64_t manifest) {
    const auto names = manifest_file_names(manifest);
    std::vector<std::string> sorted(names.begin(), names.end());
    std::ranges::sort(sorted);
    return sorted;
  }
  /// Of a manifest, up to the end of its last record.
  std::uint64_t used_bytes(std::uint64_t manifest) const {
    const Bytes bytes = disk_->content(path(manifest_file_name(manifest)));
    const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
    const auto end = std::find_if_not(bytes.rbegin(), bytes.rend(), zero).base();
    return static_cast<std::uint64_t>(end - bytes.begin());
  }
  void cut(std::uint64_t manifest, std::uint64_t bytes) {
    const std::uint64_t used = used_bytes(manifest);
    for (const auto& file : files(manifest)) disk_->resize(file, used - bytes);
  }
  void flip_bit(std::uint64_t manifest, std::uint64_t bit) {
    for (const auto& file : files(manifest)) disk_->flip_bit(file, bit);
  }
  std::vector<std::string> sorted_orphans() const {
    auto orphans = load().orphans;
    std::ranges::sort(orphans);
    return orphans;
  }

  Result<LoadedVersion> try_load() const {
    return load_version(*directory_, test_database(), context_);
  }
  LoadedVersion load() const { return try_load().value(); }
  void expect_corruption(const std::string& where) const {
    const auto loaded = try_load();
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Errc::corruption);
    EXPECT_EQ(loaded.error().where, where);
  }

  std::shared_ptr<test::SimulatedDisk> disk_ = std::make_shared<test::SimulatedDisk>();
  std::shared_ptr<Directory> directory_ = test::make_directory(*disk_, dir);
  TableContext context_{.directory = directory_, .log = {}};
};

VersionEdit adding(std::uint64_t number) {
  VersionEdit edit;
  edit.added = {{0, table_meta(number, "a", "b")}};
  return edit;
}

VersionEdit replacing(std::uint64_t old, std::uint64_t number) {
  VersionEdit edit = adding(number);
  edit.removed = {old};
  return edit;
}

VersionEdit log_starts_at(std::uint64_t segment) {
  VersionEdit edit;
  edit.log_start = segment;
  return edit;
}

using Names = std::vector<std::string>;

TEST_F(LoadVersion, finds_nothing_in_a_new_directory) {
  disk_->set_content(path("VARVE"), Bytes(44));
  const LoadedVersion loaded = load();
  EXPECT_EQ(loaded.manifest_number, 0u);
  EXPECT_EQ(loaded.next_file, 1u);
  EXPECT_TRUE(loaded.orphans.empty());
}

TEST_F(LoadVersion, folds_the_edits_of_the_manifest) {
  add_table(5);
  write_manifest(3, {adding(4), replacing(4, 5)});
  const LoadedVersion loaded = load();
  EXPECT_EQ(whole_edit_of(loaded.version).added, adding(5).added);
  EXPECT_EQ(loaded.manifest_number, 3u);
  EXPECT_EQ(loaded.torn_tail, std::nullopt);
  EXPECT_TRUE(loaded.damages.empty());
  EXPECT_TRUE(loaded.orphans.empty());
}

TEST_F(LoadVersion, takes_the_manifest_of_the_highest_number) {
  add_table(5);
  write_manifest(3, {adding(4)});
  write_manifest(10, {adding(5)});
  const LoadedVersion loaded = load();
  EXPECT_EQ(loaded.manifest_number, 10u);
  EXPECT_EQ(sorted_orphans(), names_of(3));
}

TEST_F(LoadVersion, passes_over_a_manifest_that_was_only_begun) {
  add_table(4);
  write_manifest(3, {adding(4)});
  write_manifest(10, {adding(5)});
  cut(10, 1);
  const LoadedVersion loaded = load();
  EXPECT_EQ(loaded.manifest_number, 3u);
  EXPECT_EQ(sorted_orphans(), names_of(10));
  EXPECT_EQ(loaded.next_file, 11u);
}

TEST_F(LoadVersion, finds_corruption_where_the_only_manifest_has_no_whole_first_record) {
  add_table(4);
  write_manifest(3, {adding(4)});
  cut(3, 1);
  expect_corruption(
      "00000000000000000003.manifest @ 0: no whole first record, and no older manifest");
}

TEST_F(LoadVersion, finds_a_new_database_where_there_is_half_a_manifest_and_nothing_else) {
  write_manifest(1, {VersionEdit{}});
  cut(1, 1);
  const LoadedVersion loaded = load();
  EXPECT_EQ(loaded.manifest_number, 0u);
  EXPECT_EQ(loaded.next_file, 2u);
  EXPECT_EQ(sorted_orphans(), names_of(1));
}

TEST_F(LoadVersion, finds_corruption_where_tables_or_wal_have_no_manifest) {
  add_wal(1);
  expect_corruption(
      "/db: the manifest is gone, and only it says which tables count; restore a copy of the "
      "directory");
}

TEST_F(LoadVersion, does_not_pass_over_a_newer_manifest_that_is_damaged) {
  add_table(4);
  write_manifest(3, {adding(4)});
  write_manifest(10, {adding(4), adding(5)});
  flip_bit(10, 8 * 60);
  const auto loaded = try_load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::corruption);
  EXPECT_TRUE(loaded.error().where.starts_with(
      "00000000000000000010.manifest and 00000000000000000010.copy @ 44: damaged"));
}

TEST_F(LoadVersion, needs_one_file_of_the_manifest_and_names_what_the_other_lacks) {
  add_table(5);
  write_manifest(3, {adding(4), replacing(4, 5)});
  for (std::size_t bad = 0; bad < 2; ++bad) {
    const auto file = files(3)[bad];
    const Bytes whole = disk_->content(file);
    disk_->flip_bit(file, 8 * (used_bytes(3) - 1));
    const LoadedVersion flipped = load();
    EXPECT_EQ(whole_edit_of(flipped.version).added, adding(5).added);
    ASSERT_EQ(flipped.healed.size(), 1u);
    EXPECT_TRUE(flipped.healed[0].where.starts_with(file.filename().string() + " @ "));
    EXPECT_EQ(flipped.torn_tail, std::nullopt);

    ASSERT_TRUE(disk_->remove(file));
    const LoadedVersion missing = load();
    EXPECT_EQ(whole_edit_of(missing.version).added, adding(5).added);
    ASSERT_EQ(missing.healed.size(), 1u);
    EXPECT_EQ(missing.healed[0].where,
              file.filename().string() + " @ 0: missing; taken from the other copy");
    disk_->set_content(file, whole);
  }
}

TEST_F(LoadVersion, goes_without_a_file_of_the_manifest_that_cannot_be_read) {
  add_table(5);
  write_manifest(3, {adding(4), replacing(4, 5)});
  for (const test::Call call : {test::Call::open, test::Call::size, test::Call::read}) {
    for (const auto& file : files(3)) {
      disk_->fail({.call = call, .lasting = true, .suffix = file.filename().string()});
      const LoadedVersion loaded = load();
      EXPECT_EQ(whole_edit_of(loaded.version).added, adding(5).added);
      EXPECT_EQ(loaded.healed.size(), 1u);
      disk_->clear_faults();
    }
  }
}

// It may be the only one that is whole, so the manifest before it must not count.
TEST_F(LoadVersion, fails_where_a_file_cannot_be_read_and_the_other_has_no_whole_record) {
  add_table(4);
  write_manifest(3, {adding(4)});
  write_manifest(10, {adding(4)});
  disk_->resize(path(manifest_file_name(10)), 50);
  disk_->fail({.call = test::Call::read, .lasting = true, .suffix = ".copy"});
  const auto loaded = try_load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, std::errc::io_error);
}

TEST_F(LoadVersion, counts_on_above_every_number_that_was_ever_seen) {
  VersionEdit edit;
  edit.next_file = 40;
  write_manifest(3, {edit});
  EXPECT_EQ(load().next_file, 40u);
  add_table(50);
  EXPECT_EQ(load().next_file, 51u);
  add_wal(60);
  EXPECT_EQ(load().next_file, 61u);
}

// A new manifest would get a name that no file may have, and the old one would go.
TEST_F(LoadVersion, finds_corruption_where_a_stray_file_leaves_no_numbers) {
  write_manifest(1, {adding(2)});
  add_table(2);
  add_table(file_number_max);
  expect_corruption(
      "/db: files are numbered up to 9223372036854775807, which leaves no numbers for "
      "new ones");
}

TEST_F(LoadVersion, counts_on_above_a_table_that_has_gone_missing) {
  write_manifest(3, {adding(70)});
  EXPECT_EQ(load().next_file, 71u);
}

TEST_F(LoadVersion, names_tables_that_no_edit_names_as_orphans) {
  add_table(4);
  add_table(6);
  disk_->set_content(path("notes.txt"), {});
  write_manifest(3, {adding(4)});
  EXPECT_EQ(load().orphans, Names{table_file_name(6)});
}

TEST_F(LoadVersion, names_segments_below_the_start_of_the_log) {
  for (const std::uint64_t number : {6U, 7U, 8U, 9U}) add_wal(number);
  write_manifest(3, {log_starts_at(8)});
  EXPECT_EQ(load().old_segments, (Names{"00000000000000000006.wal", "00000000000000000007.wal"}));
  EXPECT_TRUE(load().orphans.empty());
}

TEST_F(LoadVersion, reports_tables_that_are_missing_or_not_of_their_size_and_keeps_them) {
  add_table(4);
  add_table(5);
  add_table(6);
  disk_->resize(path(table_file_name(4)), 4095);
  disk_->resize(path(table_file_name(5)), 4097);
  write_manifest(3, {adding(4), adding(5), adding(6), adding(7)});
  const LoadedVersion loaded = load();
  EXPECT_EQ(loaded.version.levels[0].size(), 4u);
  EXPECT_EQ(loaded.damages, (Names{"00000000000000000007.table: missing",
                                   "00000000000000000005.table @ 4096: has 4097 bytes, not 4096",
                                   "00000000000000000004.table @ 4095: has 4095 bytes, not 4096"}));
}

TEST_F(LoadVersion, goes_without_an_edit_that_was_torn) {
  add_table(4);
  add_table(5);
  add_wal(8);
  write_manifest(3, {log_starts_at(8), adding(4), replacing(4, 5)});
  cut(3, 1);
  const LoadedVersion loaded = load();
  EXPECT_EQ(whole_edit_of(loaded.version).added, adding(4).added);
  EXPECT_TRUE(loaded.torn_tail);
  EXPECT_EQ(loaded.orphans, Names{table_file_name(5)});
}

TEST_F(LoadVersion, finds_corruption_where_a_lost_edit_had_let_a_table_go) {
  add_table(5);
  write_manifest(3, {adding(4), replacing(4, 5)});
  flip_bit(3, 8 * (used_bytes(3) - 1));
  const auto loaded = try_load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::corruption);
  EXPECT_TRUE(loaded.error().where.starts_with("00000000000000000003.manifest @ "));
  EXPECT_TRUE(loaded.error().where.ends_with("yet 00000000000000000004.table is gone"));
}

TEST_F(LoadVersion, finds_corruption_where_a_lost_edit_had_let_the_log_go) {
  add_wal(9);
  write_manifest(3, {log_starts_at(8), log_starts_at(9)});
  cut(3, 1);
  const auto loaded = try_load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::corruption);
  EXPECT_TRUE(loaded.error().where.ends_with("yet WAL segment 8 is gone"));
}

TEST_F(LoadVersion, finds_corruption_where_a_whole_edit_does_not_fit) {
  write_manifest(3, {adding(4), adding(4)});
  expect_corruption(
      "00000000000000000003.manifest: edit 1: table 4 is added, but there or at no level");
}

TEST_F(LoadVersion, fails_where_the_directory_cannot_be_read) {
  write_manifest(3, {VersionEdit{}});
  disk_->fail({.call = test::Call::read, .lasting = true});
  EXPECT_EQ(try_load().error().code, std::errc::io_error);
}

TEST_F(LoadVersion, changes_no_file) {
  add_table(4);
  write_manifest(3, {adding(4)});
  write_manifest(5, {adding(4)});
  cut(5, 1);
  const std::uint64_t changes = disk_->changes();
  load();
  EXPECT_EQ(disk_->changes(), changes);
}

}  // namespace
}  // namespace varve::engine
