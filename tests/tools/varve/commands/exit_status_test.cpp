// What the built command exits with: each status of its man page, of each subcommand that may have
// it.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/varve/command_fixture.hpp"
#include "varve/engine.hpp"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

/// A subcommand (one word, or two), and what stands behind its --db.
struct Asked {
  Words name;
  Words more = {};
};

std::string shown(const Asked& asked) {
  std::string text;
  for (const Words* const words : {&asked.name, &asked.more}) {
    for (const std::string& word : *words) text += word.substr(0, 40) + ' ';
  }
  return text;
}

// All that open a database, so that they do something there.
const std::vector<Asked> readers = {
    {{"export"}}, {{"query"}},  {{"latest"}, {"--prefix", ""}},
    {{"series"}}, {{"labels"}}, {{"stats"}},
};
const std::vector<Asked> writers = {
    {{"import"}, {"--on-error", "skip"}},
    {{"downsample"},
     {"--prefix", "plant/", "--every", "1h", "--aggregate", "mean", "--into", "hourly/"}},
    {{"delete"}, {"--key", "plant/a", "--yes"}},
    {{"labels", "set"}, {"plant/a", "room=hall"}},
    {{"compact"}},
};
const std::vector<Asked> lookers = {{{"top"}}, {{"inspect"}}, {{"inspect"}, {"--verify"}}};

class ExitStatus : public Command {
 protected:
  RunResult run(const Asked& asked, const std::string& directory,
                const std::string& input = small_csv) const {
    Words words = asked.name;
    words.insert(words.end(), {"--db", directory});
    words.insert(words.end(), asked.more.begin(), asked.more.end());
    return run_varve(words, input);
  }
  void expect(int status, const Asked& asked, const std::string& directory,
              const std::string& input = small_csv) const {
    const RunResult result = run(asked, directory, input);
    EXPECT_EQ(result.exit_code, status) << shown(asked) << "| " << result.err;
    EXPECT_TRUE(status == 0 || result.err.starts_with("varve: ")) << shown(asked) << result.err;
  }
  /// A copy of the database, since an opening that writes finds damage of the log only once.
  std::string copy() const {
    fs::remove_all(directory_.path("copy"));
    fs::copy(db(), directory_.path("copy"), fs::copy_options::recursive);
    return directory_.path("copy");
  }
  /// Records of which the log has lost one batch.
  void make_damaged_log() const {
    import_small();
    {
      Options options;
      options.dir = db();
      options.background_maintenance = false;
      Engine engine = Engine::open(options).value();
      engine.flush().value();
      for (int i = 0; i < 20; ++i) {
        WriteBatch batch;
        batch.put("plant/c", i, 1.0);
        engine.write(std::move(batch), WriteOptions().durability(Durability::always())).value();
      }
    }
    change_byte(find_file(db(), ".wal", 1'000), 400);
  }
  void make_damaged_table() const {
    import_small();
    ASSERT_EQ(on_db("compact").exit_code, 0);
    change_byte(find_file(db(), ".table"), 10);
  }
};

TEST_F(ExitStatus, is_0_where_all_was_done) {
  import_small();
  for (const auto* const commands : {&readers, &writers, &lookers}) {
    for (const Asked& asked : *commands) expect(0, asked, db());
  }
  for (const char* const kind : {"wal", "table", "manifest"}) {
    const auto file = find_file(db(), std::string(".") + kind);
    EXPECT_EQ(run_varve({"dump", kind, file.string()}).exit_code, 0) << kind;
  }
  for (const char* const wish : {"--help", "--version"}) {
    EXPECT_EQ(run_varve({wish}).exit_code, 0) << wish;
  }
}

TEST_F(ExitStatus, is_1_where_there_is_no_database) {
  for (const auto* const commands : {&readers, &writers, &lookers}) {
    for (const Asked& asked : *commands) {
      if (asked.name.front() != "import") expect(1, asked, db());
    }
  }
  expect(1, {{"delete"}, {"--key", "plant/a"}}, db());
  EXPECT_EQ(run_varve({"dump", "wal", directory_.path("1.wal")}).exit_code, 1);
  EXPECT_FALSE(db_exists());
}

TEST_F(ExitStatus, is_1_where_a_command_fails) {
  import_small();
  expect(1, {{"import"}}, db(), "key,time,value\na,x,1\n");
  expect(1, {{"import"}, {directory_.path("missing.csv")}}, db());
  expect(1, {{"export"}, {"-o", "/dev/full"}}, db());
  expect(1, {{"latest"}, {"--key", "plant/x"}}, db());
  for (const char* const wish : {"-h", "--version", "help", "import --help"}) {
    const std::string command = "'" + std::string(command_path()) + "' " + wish;
    for (const char* const where : {" >/dev/full 2>/dev/null", " >&- 2>/dev/null"}) {
      const int status = std::system((command + where).c_str());
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << wish << where;
    }
  }
  expect(1, {{"demo"}}, db());
  Options options;
  options.dir = db();
  const Engine engine = Engine::open(options).value();
  for (const auto* const commands : {&readers, &writers}) {
    for (const Asked& asked : *commands) expect(1, asked, db());
  }
}

TEST_F(ExitStatus, is_2_where_a_number_is_none) {
  const std::vector<std::pair<Asked, std::string>> numbers = {
      {{{"query"}}, "--limit"},
      {{{"query"}}, "--per-series"},
      {{{"query"}, {"--aggregate", "sum"}}, "--group-by-prefix"},
      {{{"series"}}, "--limit"},
      {{{"latest"}, {"--prefix", ""}}, "-n"},
      {{{"top"}}, "-n"},
      {{{"import"}}, "--batch"},
      {{{"demo"}}, "--sensors"},
      {{{"demo"}}, "--hours"},
  };
  const Words bad = {"-1", "0", "+5", "", "x", "1.5", "0x10", "99999999999999999999"};
  for (const auto& [command, option] : numbers) {
    for (const std::string& text : bad) {
      Asked asked = command;
      asked.more.insert(asked.more.end(), {option, text});
      expect(2, asked, db());
    }
  }
  EXPECT_FALSE(db_exists()) << "nothing was done";
}

TEST_F(ExitStatus, is_0_where_a_number_begins_with_a_zero) {
  import_small();
  const RunResult result = run({{"query"}, {"--limit", "08", "--format", "csv"}}, db());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, small_csv);
}

TEST_F(ExitStatus, is_2_where_a_text_is_none) {
  const std::string long_key(70'000, 'k');
  const Words down = {"--every", "1h", "--aggregate", "mean", "--into", "x/"};
  const auto downsample = [&down](Words more) {
    more.insert(more.end(), down.begin(), down.end());
    return Asked{{"downsample"}, std::move(more)};
  };
  std::vector<Asked> cases = {
      {{"delete"}, {"--key", "a", "--time", "noon"}},
      {{"import"}, {"--ttl", "0s"}},
      {{"import"}, {"--start", "0", "--step", "0s"}},
      {{"import"}, {"--start", "noon", "--step", "1s"}},
      {{"import"}, {"--key", ""}},
      {{"import"}, {"--key", long_key}},
      {{"import"}, {"--delimiter", "::"}},
      {{"import"}, {"--time-unit", "min"}},
      {{"import"}, {"--durability", "interval:0s"}},
      {{"query"}, {"--aggregate", "sum", "--every", "0s"}},
      {{"query"}, {"--aggregate", "sum", "--every", "1h", "--time-zone", "UTC"}},
      {{"query"}, {"--time-zone", "Nowhere"}},
      {{"query"}, {"--from", "1714564800"}},
      {{"query"}, {"--aggregate", "sum", "--every", "1h", "--offset", "1y"}},
      {{"latest"}, {"--prefix", "", "--format", "xml"}},
      {{"series"}, {"--format", "csv"}},
      {{"stats"}, {"--format", "xml"}},
      {{"top"}, {"--by", "size"}},
      {{"labels", "set"}, {"", "a=b"}},
      {{"labels", "set"}, {"k", "a"}},
      {{"labels", "set"}, {"k", std::string(300, 'n') + "=v"}},
      {{"labels", "set"}, {"k", "n=" + std::string(5'000, 'v')}},
      {{"inspect"}, {"--every"}},
      {{"compact"}, {"now"}},
      downsample({"--key", ""}),
      downsample({"--prefix", "p/", "--ttl", "0s"}),
      {{"downsample"},
       {"--prefix", "p/", "--every", "1h", "--aggregate", "mean", "--into", long_key}},
      {{"export"}, {"-o", ""}},
      {{"frobnicate"}},
  };
  // Those that choose records.
  for (const char* const name : {"query", "export", "delete", "series", "labels", "downsample"}) {
    const bool writes_spans = std::string(name) == "downsample";
    const auto add = [&](Words more) {
      cases.push_back(writes_spans ? downsample(std::move(more)) : Asked{{name}, std::move(more)});
    };
    add({"--key", ""});
    add({"--key", long_key});
    add({"--prefix", long_key});
    add({"--prefix", "p/", "--match", "room"});
    add({"--prefix", "p/", "--match", "room=~("});
    add({"--prefix", "p/", "--match", "room!~["});
    if (std::string(name) == "labels") continue;
    add({"--prefix", "p/", "--from", "noon"});
    add({"--prefix", "p/", "--to", "-1y"});
    add({"--prefix", "p/", "--from", "2", "--to", "1"});
  }
  for (const Asked& asked : cases) expect(2, asked, db());
  EXPECT_EQ(run_varve({"dump", "wal"}).exit_code, 2);
  EXPECT_EQ(run_varve({}).exit_code, 2);
  EXPECT_FALSE(db_exists()) << "nothing was done";
}

TEST_F(ExitStatus, is_2_where_an_export_would_overwrite_the_database) {
  import_small();
  ASSERT_EQ(on_db("compact").exit_code, 0);
  const auto table = find_file(db(), ".table").string();
  fs::create_symlink(table, directory_.path("link"));
  for (const std::string& file : {table, directory_.path("link"), db() + "/new.csv"}) {
    expect(2, {{"export"}, {"-o", file}}, db());
  }
  EXPECT_EQ(exported(), small_csv);
  EXPECT_FALSE(fs::exists(db() + "/new.csv"));
}

TEST_F(ExitStatus, is_2_where_nobody_can_be_asked) {
  import_small();
  expect(2, {{"delete"}, {"--key", "plant/a"}}, db());
  EXPECT_EQ(exported(), small_csv);
}

TEST_F(ExitStatus, is_3_where_something_was_left_out_as_was_asked_for) {
  expect(3, {{"import"}, {"--on-error", "skip"}}, db(), "key,time,value\nb,2013-12-02,1\na,x,1\n");
  fs::remove_all(db());
  make_damaged_log();
  for (Asked asked : readers) {
    if (asked.name.front() == "stats") continue;  // It reads no records.
    asked.more.emplace_back("--skip-damaged");
    expect(3, asked, db());
  }
}

TEST_F(ExitStatus, is_4_where_the_log_has_lost_something_whatever_was_done) {
  make_damaged_log();
  for (const Asked& asked : readers) expect(4, asked, db());
  for (const Asked& asked : writers) expect(4, asked, copy());
  EXPECT_EQ(run(lookers.back(), db()).exit_code, 4) << "inspect --verify";
  expect(4, {{"latest"}, {"--key", "plant/x"}}, db());  // It may be among what is lost.
  expect(4, {{"import"}, {"--on-error", "skip"}}, copy(),
         "key,time,value\nb,2013-12-02,1\na,x,1\n");
  EXPECT_EQ(run_varve({"dump", "wal", find_file(db(), ".wal", 1'000).string()}).exit_code, 4);
}

TEST_F(ExitStatus, is_4_where_a_table_that_has_to_be_read_is_damaged) {
  make_damaged_table();
  for (const Asked& asked : readers) {
    const std::string& name = asked.name.front();
    if (name != "stats" && name != "labels") expect(4, asked, db());  // They read none.
  }
  for (const Asked& asked : writers) {
    const std::string& name = asked.name.front();
    if (name == "downsample" || name == "delete") expect(4, asked, db());
  }
  expect(4, {{"delete"}, {"--key", "plant/a"}}, db());
  expect(4, lookers.front(), db());
  EXPECT_EQ(run(lookers.back(), db()).exit_code, 4) << "inspect --verify";
  EXPECT_EQ(run_varve({"dump", "table", find_file(db(), ".table").string()}).exit_code, 4);
}

TEST_F(ExitStatus, is_4_where_a_collection_for_labels_leaves_a_damaged_table_out) {
  import_small();
  ASSERT_EQ(on_db("compact").exit_code, 0);
  {
    Options options;
    options.dir = db();
    options.background_maintenance = false;
    Engine engine = Engine::open(options).value();
    engine.erase_prefix("plant/a").value();
    ASSERT_TRUE(engine.flush());
  }
  change_byte(find_file(db(), ".table"), 10);
  const RunResult forgotten = run_varve({"labels", "forget", "--db", db()});
  EXPECT_EQ(forgotten.exit_code, 4);
  EXPECT_TRUE(contains(forgotten.err, "left out 1 table that cannot be read")) << forgotten.err;
  EXPECT_TRUE(contains(forgotten.err, "lost their labels")) << forgotten.err;
}

/// Whoever opens the database to read waits for somebody to write into its LOCK.
TEST_F(ExitStatus, is_that_of_the_signal_and_nothing_is_left_of_a_file) {
  import_small();
  ASSERT_TRUE(fs::remove(db() + "/LOCK"));
  ASSERT_EQ(::mkfifo((db() + "/LOCK").c_str(), 0600), 0);
  const std::string file = directory_.file("out.csv", "the last good one");
  const auto unfinished = [&] {
    bool found = false;
    for (const auto& entry : fs::directory_iterator(directory_.path(""))) {
      found = found || contains(entry.path().filename().string(), ".partial-");
    }
    return found;
  };
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const int status = signal_varve({"export", "--db", db(), "-o", file}, number, unfinished);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number) << number << ": " << status;
    EXPECT_FALSE(unfinished()) << number;
    EXPECT_EQ(read_file(file), "the last good one");
  }
}

TEST_F(ExitStatus, is_0_and_the_database_sound_where_all_standard_streams_are_closed) {
  import_small();
  const std::string quiet = " <&- >&- 2>&-";
  const std::string command = std::string(command_path());
  const int status = std::system(
      (command + " delete --db " + db() + " --key plant/b --yes" + quiet).c_str());  // NOLINT
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(on_db("inspect", {"--verify"}).exit_code, 0);
  const int without_input = std::system(
      ("timeout 20 " + command + " import --db " + db() + " - <&- 2>/dev/null").c_str());  // NOLINT
  EXPECT_EQ(WEXITSTATUS(without_input), 1);
}

}  // namespace
}  // namespace varve::tools
