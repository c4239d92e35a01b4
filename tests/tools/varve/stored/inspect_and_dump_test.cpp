// The built command where it shows files as they lie on the disk.

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "tests/tools/varve/command_fixture.hpp"
#include "varve/engine.hpp"

namespace varve::tools {
namespace {

TEST_F(Command, inspects_and_dumps_a_database_that_is_open) {
  import_small();
  ASSERT_EQ(on_db("compact").exit_code, 0);
  Options options;
  options.dir = db();
  Engine engine = Engine::open(options).value();
  WriteBatch batch;
  batch.put("plant/c", 7, "text", Duration(5));
  batch.erase("plant/a", 1);
  batch.erase_prefix("x");
  ASSERT_TRUE(engine.write(std::move(batch), WriteOptions().durability(Durability::always())));

  const RunResult inspected = on_db("inspect");
  EXPECT_EQ(inspected.exit_code, 0) << inspected.err;
  EXPECT_TRUE(contains(inspected.out, "yes, by pid " + std::to_string(::getpid())))
      << inspected.out;
  EXPECT_TRUE(contains(inspected.out, "1 table with 3 rows")) << inspected.out;

  std::vector<std::string> kinds;
  for (const auto& entry : std::filesystem::directory_iterator(db())) {
    const std::string kind = entry.path().extension().string();
    const bool is_copy = kind == ".copy" && entry.path().stem() != "VARVE";
    if (kind != ".wal" && kind != ".table" && kind != ".manifest" && !is_copy) continue;
    const std::string command = is_copy ? "manifest" : kind.substr(1);
    const RunResult dumped = run_varve({"dump", command, entry.path().string(), "--rows"});
    EXPECT_EQ(dumped.exit_code, 0) << kind << dumped.err;
    EXPECT_FALSE(dumped.out.empty()) << kind;
    kinds.push_back(kind);
    if (kind == ".table") {
      EXPECT_TRUE(contains(dumped.out, "  plant/a  2013-12-02T21:16:00.000000Z  2.5\n"))
          << dumped.out;
    }
    if (kind == ".wal" && contains(dumped.out, "group")) {
      EXPECT_TRUE(contains(dumped.out,
                           "put    plant/c  1970-01-01T00:00:00.000007Z  text  expires "
                           "1970-01-01T00:00:00.000012Z\n"))
          << dumped.out;
      EXPECT_TRUE(contains(dumped.out, "delete plant/a  1970-01-01T00:00:00.000001Z\n"))
          << dumped.out;
      EXPECT_TRUE(contains(dumped.out, "delete keys 'x' to 'y' (exclusive), ever\n")) << dumped.out;
    }
  }
  for (const char* kind : {".wal", ".table", ".manifest", ".copy"}) {
    EXPECT_NE(std::ranges::find(kinds, kind), kinds.end()) << kind;
  }
}

TEST_F(Command, dumps_notes_under_their_names) {
  Options options;
  options.dir = db();
  {
    Engine engine = Engine::open(options).value();
    WriteBatch batch;
    batch.note("gateway/position", "42");
    ASSERT_TRUE(engine.write(std::move(batch)));
    ASSERT_TRUE(engine.flush());
  }
  std::string out;
  for (const auto& entry : std::filesystem::directory_iterator(db())) {
    if (entry.path().extension() != ".table") continue;
    const RunResult dumped = run_varve({"dump", "table", entry.path().string(), "--rows"});
    EXPECT_EQ(dumped.exit_code, 0) << dumped.err;
    out += dumped.out;
  }
  EXPECT_TRUE(contains(out, "keys  'note gateway/position'")) << out;
  EXPECT_TRUE(contains(out, "  note gateway/position  1970-01-01T00:00:00.000000Z  42\n")) << out;
  EXPECT_TRUE(contains(on_db("inspect").out, "note gateway/position"));
}

TEST_F(Command, dumps_where_a_table_comes_from) {
  import_small();
  ASSERT_EQ(on_db("compact").exit_code, 0);
  const std::string manifest = on_db("inspect").out;
  const std::string database = manifest.substr(manifest.find_first_not_of(" ", 8), 36);
  const RunResult dumped = run_varve({"dump", "table", find_file(db(), ".table").string()});
  EXPECT_EQ(dumped.exit_code, 0) << dumped.err;
  EXPECT_TRUE(contains(dumped.out, ", of the batches 1 to ")) << dumped.out;
  EXPECT_TRUE(contains(dumped.out, " to level 0 of database " + database) ||
              contains(dumped.out, " to level 1 of database " + database))
      << dumped.out;
  EXPECT_TRUE(contains(dumped.out, "flushed through sequence ")) << dumped.out;
}

TEST_F(Command, dumps_all_of_a_table_whose_origin_is_damaged_and_says_so) {
  import_small();
  ASSERT_EQ(on_db("compact").exit_code, 0);
  const auto table = find_file(db(), ".table");
  change_byte(table, static_cast<std::streamoff>(std::filesystem::file_size(table)) - 128 - 1);
  const RunResult dumped = run_varve({"dump", "table", table.string(), "--rows"});
  EXPECT_EQ(dumped.exit_code, 4);
  EXPECT_TRUE(contains(dumped.out, "from  DAMAGED: ")) << dumped.out;
  EXPECT_TRUE(contains(dumped.out, "  plant/a  2013-12-02T21:16:00.000000Z  2.5\n")) << dumped.out;
  EXPECT_TRUE(contains(dumped.err, "origin checksum")) << dumped.err;
}

TEST_F(Command, inspects_a_database_of_which_a_copy_is_gone_and_says_so) {
  import_small();
  std::filesystem::remove(db() / std::filesystem::path("VARVE"));
  std::string manifest;
  for (const auto& entry : std::filesystem::directory_iterator(db())) {
    if (entry.path().extension() == ".manifest") manifest = entry.path().filename().string();
  }
  std::filesystem::remove(db() / std::filesystem::path(manifest));
  const RunResult inspected = on_db("inspect");
  EXPECT_EQ(inspected.exit_code, 4) << inspected.err;
  EXPECT_TRUE(contains(inspected.out, "one copy bad  VARVE: missing\n")) << inspected.out;
  EXPECT_TRUE(contains(inspected.out, "one copy bad  " + manifest + " @ 0: missing"))
      << inspected.out;
}

TEST_F(Command, dumps_a_log_that_was_cut_anywhere_in_its_last_group) {
  {
    Options options;
    options.dir = db();
    Engine engine = Engine::open(options).value();
    WriteBatch batch;
    batch.put("plant/c", 7, "text");
    ASSERT_TRUE(engine.write(std::move(batch), WriteOptions().durability(Durability::always())));
    std::filesystem::copy(db(), directory_.path("copy"));
  }
  std::size_t dumped = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path("copy"))) {
    if (entry.path().extension() != ".wal") continue;
    const std::uintmax_t size = entry.file_size();
    for (std::uintmax_t cut = 0; cut < 24 && cut < size; ++cut, ++dumped) {
      std::filesystem::resize_file(entry.path(), size - cut);
      const RunResult result = run_varve({"dump", "wal", entry.path().string()});
      EXPECT_TRUE(result.exit_code <= 1 || result.exit_code == 4) << cut << ' ' << result.err;
    }
  }
  EXPECT_GT(dumped, 0u);
}

TEST_F(Command, verifies_every_byte_and_says_what_is_damaged) {
  import_small();
  ASSERT_EQ(on_db("compact").exit_code, 0);
  const RunResult whole = on_db("inspect", {"--verify"});
  EXPECT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_TRUE(contains(whole.out, "verified      1 whole table, ")) << whole.out;
  const auto table = find_file(db(), ".table");
  change_byte(table, 10);
  const RunResult inspected = on_db("inspect");
  EXPECT_EQ(inspected.exit_code, 0) << "it reads what it shows alone";
  const RunResult damaged = on_db("inspect", {"--verify"});
  EXPECT_EQ(damaged.exit_code, 4);
  EXPECT_TRUE(contains(damaged.out, "DAMAGED       " + table.filename().string())) << damaged.out;
  EXPECT_TRUE(contains(damaged.out, "verified      0 whole tables, ")) << damaged.out;
  EXPECT_EQ(on_db("query", {"--prefix", ""}).exit_code, 4) << "as every command";
}

TEST_F(Command, tells_of_batches_that_the_log_lost_whatever_it_is_asked) {
  {
    Options options;
    options.dir = db();
    Engine engine = Engine::open(options).value();
    for (int i = 0; i < 20; ++i) {
      WriteBatch batch;
      batch.put("plant/c", i, 1.0);
      ASSERT_TRUE(engine.write(std::move(batch), WriteOptions().durability(Durability::always())));
    }
  }
  change_byte(find_file(db(), ".wal", 1'000), 400);
  for (const char* const command : {"export", "series", "stats"}) {
    const RunResult result = on_db(command);
    EXPECT_EQ(result.exit_code, 4) << command;
    EXPECT_TRUE(contains(result.err, "varve: DAMAGED: ")) << command << ": " << result.err;
    EXPECT_TRUE(contains(result.err, "are lost")) << command << ": " << result.err;
  }
  const std::string backup = directory_.path("backup.csv");
  std::ofstream(backup) << "the last good one";
  EXPECT_EQ(on_db("export", {"-o", backup}).exit_code, 4);
  EXPECT_EQ(std::filesystem::file_size(backup), 17u) << "what lacks records takes no other's place";
  EXPECT_EQ(on_db("export", {"-o", backup, "--skip-damaged"}).exit_code, 3);
  EXPECT_NE(std::filesystem::file_size(backup), 17u);
}

TEST_F(Command, reads_past_damage_where_it_is_told_to_and_says_that_something_is_missing) {
  import_small();
  ASSERT_EQ(on_db("compact").exit_code, 0);
  const auto table = find_file(db(), ".table");
  ASSERT_EQ(on_db("import", {}, "key,time,value\nplant/z,2013-12-02T21:15:00Z,7\n").exit_code, 0);
  change_byte(table, 10);
  const std::string file = directory_.path("out.csv");
  const std::vector<std::pair<std::string, std::vector<std::string>>> reads = {
      {"export", {"-o", file}}, {"query", {}},  {"query", {"--aggregate", "count"}},
      {"query", {"--plot"}},    {"series", {}}, {"latest", {"--prefix", ""}},
  };
  for (const auto& [name, arguments] : reads) {
    const RunResult strict = on_db(name, arguments);
    EXPECT_EQ(strict.exit_code, 4) << name << ": " << strict.err;
    EXPECT_TRUE(contains(strict.err, table.filename().string() + " @ ")) << name << strict.err;
    EXPECT_TRUE(contains(strict.err, "--skip-damaged")) << name << ": " << strict.err;
    EXPECT_TRUE(name != "export" || !std::filesystem::exists(file));
    std::vector<std::string> skipping = arguments;
    skipping.emplace_back("--skip-damaged");
    const RunResult skipped = on_db(name, skipping);
    EXPECT_EQ(skipped.exit_code, 3) << name << ": " << skipped.err;
    EXPECT_TRUE(contains(skipped.err, "left out")) << name << ": " << skipped.err;
  }
  std::ifstream written(file);
  const std::string text{std::istreambuf_iterator<char>(written), {}};
  EXPECT_EQ(three_columns(text), "key,time,value\nplant/z,2013-12-02T21:15:00.000000Z,7\n");
}

TEST_F(Command, exits_as_usual_where_there_is_no_damage_to_skip) {
  import_small();
  EXPECT_EQ(on_db("export", {"--skip-damaged"}).exit_code, 0);
}

TEST_F(Command, inspect_finds_that_one_of_two_copies_is_bad) {
  import_small();
  for (const auto& entry : std::filesystem::directory_iterator(db())) {
    const std::string name = entry.path().filename().string();
    const bool is_kept_twice =
        name.starts_with("VARVE") || name.ends_with(".manifest") || name.ends_with(".copy");
    if (!is_kept_twice) continue;
    change_byte(entry.path(), 30);
    const RunResult inspected = on_db("inspect", {"--verify"});
    EXPECT_EQ(inspected.exit_code, 4) << name << ": " << inspected.out;
    EXPECT_TRUE(contains(inspected.out, "one copy bad  " + name)) << inspected.out;
    change_byte(entry.path(), 30);  // As it was.
  }
  EXPECT_EQ(on_db("inspect", {"--verify"}).exit_code, 0);
}

TEST_F(Command, compacts_around_a_damaged_table_and_says_that_it_left_one_out) {
  import_small();
  ASSERT_EQ(on_db("compact").exit_code, 0);
  const auto table = find_file(db(), ".table");
  {
    Options options;
    options.dir = db();
    options.background_maintenance = false;
    Engine engine = Engine::open(options).value();
    ASSERT_TRUE(engine.erase_prefix("plant/a"));
  }
  change_byte(table, 10);
  const RunResult result = on_db("compact");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_TRUE(contains(result.out, "after      1 table, ")) << result.out;
  EXPECT_TRUE(contains(result.err, "left out 1 table that cannot be read")) << result.err;
  EXPECT_TRUE(std::filesystem::exists(table));
}

TEST_F(Command, misses_nothing_where_the_empty_end_of_a_closed_log_is_gone) {
  import_small();
  std::string last;
  for (const auto& entry : std::filesystem::directory_iterator(db())) {
    if (entry.path().extension() == ".wal") last = std::max(last, entry.path().string());
  }
  ASSERT_TRUE(std::filesystem::remove(last));
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--verify"}}) {
    const RunResult inspected = on_db("inspect", more);
    EXPECT_EQ(inspected.exit_code, 0) << inspected.out << inspected.err;
  }
  const RunResult result = on_db("export");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(three_columns(result.out), small_csv);
}

TEST_F(Command, goes_on_to_say_that_quarantine_holds_something) {
  import_small();
  std::filesystem::create_directory(std::filesystem::path(db()) / "quarantine");
  std::ofstream(std::filesystem::path(db()) / "quarantine" / "00000000000000000007.wal") << "?";
  const RunResult result = on_db("export");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.err, "quarantine/ holds 1 file")) << result.err;
}

TEST_F(Command, inspect_of_a_file_says_that_it_is_one) {
  std::ofstream(db()) << "a file";
  EXPECT_TRUE(contains(on_db("inspect").err, "not a directory"));
}

TEST_F(Command, reads_without_changing_a_byte_or_a_name) {
  import_small();
  const auto files = [&] {
    std::map<std::string, std::string> content;
    for (const auto& entry : std::filesystem::directory_iterator(db())) {
      std::ifstream file(entry.path(), std::ios::binary);
      content[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return content;
  };
  const auto before = files();
  for (const char* const command : {"stats", "series", "labels", "export", "inspect"}) {
    EXPECT_EQ(on_db(command).exit_code, 0) << command;
  }
  EXPECT_EQ(on_db("query", {"--prefix", ""}).exit_code, 0);
  EXPECT_EQ(on_db("latest", {"--prefix", ""}).exit_code, 0);
  EXPECT_EQ(on_db("delete", {"--prefix", ""}).exit_code, 2) << "it has nobody to ask";
  EXPECT_EQ(files(), before);
}

}  // namespace
}  // namespace varve::tools
