// The built command where it dumps files that are damaged: it goes on behind the damage. And files
// that an opening set aside.

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/tools/varve/command_fixture.hpp"
#include "varve/engine.hpp"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;

RunResult dump(const char* kind, const fs::path& file) {
  return run_varve({"dump", kind, file.string(), "--rows"});
}

/// The numbers that follow each occurrence of a text.
std::vector<std::streamoff> offsets_after(const std::string& text, const std::string& out) {
  std::vector<std::streamoff> offsets;
  for (std::size_t at = out.find(text); at != std::string::npos; at = out.find(text, at + 1)) {
    offsets.push_back(std::stoll(out.substr(at + text.size())));
  }
  return offsets;
}

std::string between(std::streamoff first, std::streamoff end) {
  return " @ " + std::to_string(first) + " to " + std::to_string(end) + ": ";
}

class DumpedLog : public Command {
 protected:
  static constexpr int records = 10;

  DumpedLog() {
    Options options;
    options.dir = db();
    Engine engine = Engine::open(options).value();
    for (int i = 0; i < records; ++i) {
      WriteBatch batch;
      batch.put("plant/c", i, i);
      engine.write(std::move(batch), WriteOptions().durability(Durability::always())).value();
    }
    engine.close().value();
    segment_ = find_file(db(), ".wal", 500);
    const RunResult whole = dump("wal", segment_);
    EXPECT_EQ(whole.exit_code, 0) << whole.err;
    whole_ = whole.out;
    groups_ = offsets_after("group @ ", whole_);
  }

  /// Which of the records a dump shows, under this key.
  static std::vector<int> shown(const std::string& out, const std::string& key = "plant/c") {
    std::vector<int> found;
    for (int i = 0; i < records; ++i) {
      const std::string time = "1970-01-01T00:00:00.00000" + std::to_string(i) + "Z";
      if (contains(out, "put    " + key + "  " + time)) found.push_back(i);
    }
    return found;
  }
  static std::vector<int> all_but(int left_out) {
    std::vector<int> numbers;
    for (int i = 0; i < records; ++i) {
      if (i != left_out) numbers.push_back(i);
    }
    return numbers;
  }
  /// Of the group that holds the record. Where the log vouched there are some without any.
  std::size_t group_of(int record) const {
    const std::string number = std::to_string(record);
    const std::size_t at = whole_.find("00000" + number + "Z  " + number + "\n");
    return offsets_after("group @ ", whole_.substr(0, at)).size() - 1;
  }

  fs::path segment_;
  std::string whole_;  // What is dumped of it.
  std::vector<std::streamoff> groups_;
};

TEST_F(DumpedLog, goes_on_behind_a_hole_and_says_where_it_lies) {
  const std::size_t group = group_of(4);
  change_byte(segment_, groups_.at(group) + 20);
  const RunResult dumped = dump("wal", segment_);
  EXPECT_EQ(dumped.exit_code, 4);
  EXPECT_TRUE(contains(dumped.err, between(groups_[group], groups_.at(group + 1)))) << dumped.err;
  EXPECT_EQ(shown(dumped.out), all_but(4)) << dumped.out;
}

TEST_F(DumpedLog, goes_on_behind_each_of_several_holes) {
  for (const int record : {2, 5, 6}) change_byte(segment_, groups_.at(group_of(record)) + 20);
  const RunResult dumped = dump("wal", segment_);
  EXPECT_EQ(dumped.exit_code, 4);
  EXPECT_EQ(shown(dumped.out), (std::vector<int>{0, 1, 3, 4, 7, 8, 9})) << dumped.out;
}

TEST_F(DumpedLog, leaves_out_a_batch_whose_bytes_are_damaged) {
  const std::streamoff offset = groups_.at(group_of(4));
  const auto size = offsets_after("group @ " + std::to_string(offset) + ": ", whole_);
  change_byte(segment_, offset + size.at(0) - 1);  // Its payload is the end of a group.
  const RunResult dumped = dump("wal", segment_);
  EXPECT_EQ(dumped.exit_code, 4);
  EXPECT_EQ(shown(dumped.out), all_but(4)) << dumped.out;
}

TEST_F(DumpedLog, has_keys_by_number_where_the_hole_may_have_defined_them) {
  change_byte(segment_, groups_.at(0) + 20);
  const RunResult dumped = dump("wal", segment_);
  EXPECT_EQ(dumped.exit_code, 4);
  EXPECT_EQ(shown(dumped.out, "(key 0 of the segment, defined in or behind a hole)"), all_but(0))
      << dumped.out;
}

TEST_F(DumpedLog, of_a_damaged_header_is_read_by_its_name) {
  change_byte(segment_, 40);
  const RunResult dumped = dump("wal", segment_);
  EXPECT_EQ(dumped.exit_code, 4);
  EXPECT_TRUE(contains(dumped.err, " @ 0: segment header: ")) << dumped.err;
  EXPECT_EQ(shown(dumped.out), all_but(-1)) << dumped.out;
}

TEST_F(DumpedLog, is_the_same_in_quarantine) {
  for (const std::streamoff offset : {std::streamoff{40}, groups_.at(group_of(4)) + 20}) {
    fs::remove_all(directory_.path("copy"));
    fs::copy(db(), directory_.path("copy"), fs::copy_options::recursive);
    const fs::path damaged = fs::path(directory_.path("copy")) / segment_.filename();
    change_byte(damaged, offset);
    const std::string before = dump("wal", damaged).out;
    EXPECT_EQ(run_varve({"compact", "--db", directory_.path("copy")}).exit_code, 4);
    const fs::path aside = damaged.parent_path() / "quarantine" / segment_.filename();
    ASSERT_TRUE(fs::exists(aside));
    const RunResult dumped = dump("wal", aside);
    EXPECT_EQ(dumped.exit_code, 4) << dumped.err;
    EXPECT_EQ(dumped.out, before);
    fs::rename(aside, aside.string() + ".2");
    EXPECT_EQ(dump("wal", aside.string() + ".2").out, before) << "the second of its name";
  }
}

TEST_F(Command, dumps_the_blocks_of_a_table_behind_one_that_is_damaged) {
  std::string csv = "key,time,value\n";
  for (int i = 0; i < 5'000; ++i) csv += "k," + std::to_string(i) + ',' + std::to_string(i) + '\n';
  ASSERT_EQ(on_db("import", {"--time-unit", "us"}, csv).exit_code, 0);
  ASSERT_EQ(on_db("compact").exit_code, 0);
  const auto table = find_file(db(), ".table");
  const RunResult whole = dump("table", table);
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  const std::size_t at = whole.out.find("block 1 @ ");
  ASSERT_NE(at, std::string::npos) << whole.out;
  const std::streamoff offset = std::stoll(whole.out.substr(at + 10));
  change_byte(table, offset + 30);
  const RunResult dumped = dump("table", table);
  EXPECT_EQ(dumped.exit_code, 4);
  EXPECT_TRUE(contains(dumped.err, " @ " + std::to_string(offset) + ": ")) << dumped.err;
  EXPECT_TRUE(contains(dumped.out, "  k  1970-01-01T00:00:00.000000Z  0\n"));
  EXPECT_FALSE(contains(dumped.out, "  k  1970-01-01T00:00:00.001500Z  1500\n"));
  EXPECT_TRUE(contains(dumped.out, "  k  1970-01-01T00:00:00.004999Z  4999\n"));
}

TEST_F(Command, dumps_a_table_that_was_set_aside) {
  import_small();
  ASSERT_EQ(on_db("compact").exit_code, 0);
  const auto table = find_file(db(), ".table");
  const std::string before = dump("table", table).out;
  fs::create_directory(fs::path(db()) / "quarantine");
  const std::string aside = db() + "/quarantine/" + table.filename().string() + ".2";
  fs::rename(table, aside);
  const RunResult dumped = dump("table", aside);
  EXPECT_EQ(dumped.exit_code, 0) << dumped.err;
  EXPECT_EQ(dumped.out, before);
}

TEST_F(Command, dumps_the_edits_of_a_manifest_behind_one_that_is_damaged) {
  import_small();
  const auto manifest = find_file(db(), ".manifest");
  const RunResult whole = dump("manifest", manifest);
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  const auto edits = offsets_after("edit @ ", whole.out);
  ASSERT_GE(edits.size(), 3u) << whole.out;
  change_byte(manifest, edits[1] + 17);
  const RunResult dumped = dump("manifest", manifest);
  EXPECT_EQ(dumped.exit_code, 4);
  EXPECT_TRUE(contains(dumped.err, between(edits[1], edits[2]))) << dumped.err;
  EXPECT_EQ(offsets_after("edit @ ", dumped.out).size(), edits.size() - 1);
  EXPECT_TRUE(contains(dumped.out, "  closed\n")) << dumped.out;
}

}  // namespace
}  // namespace varve::tools
