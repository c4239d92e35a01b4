// The built command, from end to end.

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "tests/tools/varve/command_fixture.hpp"
#include "varve/engine.hpp"

namespace varve::tools {
namespace {

TEST_F(Command, gives_back_the_csv_that_it_took) {
  import_small();
  const RunResult result = on_db("export");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(three_columns(result.out), small_csv);
  EXPECT_EQ(result.err, "");
}

TEST_F(Command, sums_an_import_up) {
  const RunResult result = on_db("import", {}, small_csv);
  EXPECT_TRUE(contains(result.err,
                       "3 records in 2 series, 2013-12-02 21:15:00 to 2013-12-02 21:16:00, "
                       "0 bad lines, "))
      << result.err;
  EXPECT_EQ(result.out, "");
}

TEST_F(Command, carries_every_type_and_expiry_through_ndjson) {
  const std::string lines =
      R"({"key":"a","time":"1970-01-01T00:00:00.000001Z","value":1.0})"
      "\n"
      R"({"key":"a","time":"1970-01-01T00:00:00.000002Z","value":1})"
      "\n"
      R"({"key":"a","time":"1970-01-01T00:00:00.000003Z","value":true})"
      "\n"
      R"({"key":"a","time":"1970-01-01T00:00:00.000004Z","value":"on"})"
      "\n"
      R"({"key":"a","time":"1970-01-01T00:00:00.000005Z","value":{"base64":"/w=="}})"
      "\n"
      R"({"key":"b","time":"+294247-01-10T04:00:54.775807Z","value":{"double":"nan:fff8000000000001"}})"
      "\n"
      R"({"key":"c","time":"-290308-12-21T19:59:05.224192Z","value":-0.0,"expires_at":"9999-12-31T00:00:00.000000Z"})"
      "\n";
  ASSERT_EQ(on_db("import", {"--format", "ndjson"}, lines).exit_code, 0);
  EXPECT_EQ(on_db("export", {"--format", "ndjson"}).out, lines);
}

TEST_F(Command, carries_line_protocol_through) {
  const std::string lines =
      "cpu,host=a idle=98.5,user=1.5 1386018900000000000\n"
      "varve,key=flat/x value=3i 1386018900000000000\n";
  const RunResult imported = on_db("import", {}, lines);
  ASSERT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_EQ(on_db("export", {"--format", "lp"}).out, lines);
  EXPECT_EQ(on_db("latest", {"--key", "cpu_idle,host=a", "--format", "csv"}).out,
            "key,time,value\n\"cpu_idle,host=a\",2013-12-02T21:15:00.000000Z,98.5\n");
}

TEST_F(Command, names_keys_after_files) {
  const std::string one = directory_.file("one.csv", "timestamp,value\n1,1\n");
  const std::string two = directory_.file("two.csv", "timestamp,value\n2,2\n");
  const RunResult result = on_db("import", {"--key", "site/{stem}", "--time-unit", "us", one, two});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(exported({"--time", "epoch"}), "key,time,value\nsite/one,1,1\nsite/two,2,2\n");
}

TEST_F(Command, takes_one_value_for_each_option_and_the_rest_for_files) {
  const std::string file = directory_.file("wide.csv", "time,a,b\n2024-05-01T12:00:00Z,1,2\n");
  const RunResult one = on_db("import", {"--columns", "a", file});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_EQ(exported(), "key,time,value\na,2024-05-01T12:00:00.000000Z,1\n");
  const RunResult two =
      on_db("import", {"--key", "{column}", "--label", "x=y", "--label", "z=1", file});
  EXPECT_EQ(two.exit_code, 0) << two.err;
  EXPECT_EQ(on_db("labels", {"--values", "z"}).out, "1\n");
}

TEST_F(Command, stops_at_a_bad_line_and_keeps_what_was_before) {
  const std::string file = directory_.file("bad.csv", "key,time,value\na,1,1\na,2,x\na,3,3\n");
  const RunResult result = on_db("import", {"--time-unit", "us", file});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.err, file + ":3")) << result.err;
  EXPECT_TRUE(contains(result.err, "'x' is no number")) << result.err;
  EXPECT_TRUE(contains(result.err, "(--on-error skip leaves it out)")) << result.err;
  EXPECT_EQ(exported({"--time", "epoch"}), "key,time,value\na,1,1\n");
}

TEST_F(Command, skips_bad_lines_when_told_and_names_the_first_ten) {
  std::string text = "key,time,value\n";
  text += "a,2013-12-02T21:15:00Z,1\n";
  for (int i = 0; i < 15; ++i) text += "a,x,1\n";
  const RunResult result = on_db("import", {"--on-error", "skip"}, text);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(contains(result.err, "stdin:12")) << result.err;
  EXPECT_FALSE(contains(result.err, "stdin:13")) << result.err;
  EXPECT_TRUE(contains(result.err, "further bad lines")) << result.err;
  EXPECT_TRUE(contains(result.err, "1 record in 1 series, 2013-12-02 21:15:00, 15 bad lines"))
      << result.err;
}

TEST_F(Command, makes_no_database_where_a_file_cannot_be_read) {
  const RunResult result = on_db("import", {directory_.path("missing.csv")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.err, "missing.csv: No such file or directory")) << result.err;
  EXPECT_FALSE(db_exists());
}

TEST_F(Command, gives_imported_records_a_time_to_live) {
  ASSERT_EQ(on_db("import", {"--ttl", "1h"}, small_csv).exit_code, 0);
  EXPECT_EQ(exported(), "key,time,value\n");
}

TEST_F(Command, answers_queries_as_table_csv_and_json) {
  import_small();
  EXPECT_EQ(on_db("query", {"--prefix", "plant/"}).out,
            "key      time (UTC)           value\n"
            "plant/a  2013-12-02 21:15:00    1.5\n"
            "plant/a  2013-12-02 21:16:00    2.5\n"
            "plant/b  2013-12-02 21:15:00     -3\n");
  EXPECT_EQ(on_db("query", {"--key", "plant/b", "--format", "csv"}).out,
            "key,time,value\nplant/b,2013-12-02T21:15:00.000000Z,-3\n");
  EXPECT_EQ(
      on_db("query", {"--key", "plant/b", "--format", "json"}).out,
      "[\n{\"key\":\"plant/b\",\"time\":\"2013-12-02T21:15:00.000000Z\",\"value\":-3.0}\n]\n");
}

TEST_F(Command, limits_queries_by_time_and_number) {
  import_small();
  const auto csv = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--format", "csv"});
    const std::string out = on_db("query", more).out;
    return std::count(out.begin(), out.end(), '\n') - 1;
  };
  EXPECT_EQ(csv({"--from", "2013-12-02T21:16:00Z"}), 1);
  EXPECT_EQ(csv({"--to", "2013-12-02 21:16"}), 2);
  EXPECT_EQ(csv({"--from", "-1h"}), 0);
  EXPECT_EQ(csv({"--limit", "2"}), 2);
  EXPECT_EQ(csv({"--per-series", "1"}), 2);
}

TEST_F(Command, aggregates_by_series) {
  import_small();
  EXPECT_EQ(on_db("query", {"--aggregate", "mean", "--format", "csv"}).out,
            "key,value\nplant/a,2\nplant/b,-3\n");
  EXPECT_EQ(on_db("query", {"--aggregate", "count", "--format", "json"}).out,
            "[\n{\"key\":\"plant/a\",\"value\":2},\n{\"key\":\"plant/b\",\"value\":1}\n]\n");
}

TEST_F(Command, aggregates_by_spans_of_time_and_fills_gaps) {
  import_small();
  const std::vector<std::string> asked = {"--key",   "plant/a", "--aggregate", "max",
                                          "--every", "30s",     "--offset",    "-10s"};
  const auto answer = [&](std::vector<std::string> more) {
    more.insert(more.begin(), asked.begin(), asked.end());
    return on_db("query", more).out;
  };
  EXPECT_EQ(answer({"--fill", "linear"}),
            "key      time (UTC)           value\n"
            "plant/a  2013-12-02 21:14:50    1.5\n"
            "plant/a  2013-12-02 21:15:20      2\n"
            "plant/a  2013-12-02 21:15:50    2.5\n");
  EXPECT_EQ(answer({"--fill", "null", "--format", "csv"}),
            "key,time,value\n"
            "plant/a,2013-12-02T21:14:50.000000Z,1.5\n"
            "plant/a,2013-12-02T21:15:20.000000Z,\n"
            "plant/a,2013-12-02T21:15:50.000000Z,2.5\n");
  EXPECT_EQ(answer({"--fill", "null", "--format", "json", "--newest-first", "--to",
                    "2013-12-02T21:15:50Z"}),
            "[\n"
            R"({"key":"plant/a","time":"2013-12-02T21:15:20.000000Z","value":null},)"
            "\n"
            R"({"key":"plant/a","time":"2013-12-02T21:14:50.000000Z","value":1.5})"
            "\n]\n");
}

TEST_F(Command, aggregates_groups_and_percentiles) {
  import_small();
  const auto answer = [&](const std::string& function) {
    return on_db("query", {"--aggregate", function, "--group-by-prefix", "1", "--format", "csv"})
        .out;
  };
  EXPECT_EQ(answer("sum"), "key,value\nplant/,1\n");
  EXPECT_EQ(answer("median"), "key,value\nplant/,1.5\n");
  EXPECT_EQ(answer("p75"), "key,value\nplant/,2\n");
  EXPECT_EQ(answer("increase"), "key,value\nplant/,1\n");
}

TEST_F(Command, draws_aggregates_of_several_series) {
  import_small();
  const RunResult result = on_db("query", {"--aggregate", "mean", "--every", "1m", "--plot"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, "* plant/a  2 points, 1.5 to 2.5")) << result.out;
  EXPECT_TRUE(contains(result.out, "o plant/b  1 point, -3 to -3")) << result.out;
}

TEST_F(Command, draws_a_chart) {
  import_small();
  const RunResult result = on_db("query", {"--key", "plant/a", "--plot"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.out, "plant/a  2 points, 1.5 to 2.5")) << result.out;
  EXPECT_FALSE(contains(result.out, "\x1b")) << "no colours in a file";
}

TEST_F(Command, shows_the_newest) {
  import_small();
  EXPECT_EQ(on_db("latest", {"--prefix", "plant/", "--format", "csv"}).out,
            "key,time,value\nplant/a,2013-12-02T21:16:00.000000Z,2.5\n"
            "plant/b,2013-12-02T21:15:00.000000Z,-3\n");
  const RunResult missing = on_db("latest", {"--key", "plant/c"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_TRUE(contains(missing.err, "'plant/c': no records")) << missing.err;
}

TEST_F(Command, deletes_only_with_a_yes) {
  import_small();
  const RunResult asked = on_db("delete", {"--key", "plant/a"});
  EXPECT_EQ(asked.exit_code, 2);
  EXPECT_TRUE(contains(asked.err, "2 records of 'plant/a'. There is no terminal")) << asked.err;
  EXPECT_EQ(exported(), small_csv);

  const RunResult done =
      on_db("delete", {"--key", "plant/a", "--time", "2013-12-02T21:15:00Z", "--yes"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(exported({"--key", "plant/a"}),
            "key,time,value\nplant/a,2013-12-02T21:16:00.000000Z,2.5\n");
  EXPECT_EQ(on_db("delete", {"--prefix", "", "--yes"}).exit_code, 0);
  EXPECT_EQ(exported(), "key,time,value\n");
}

TEST_F(Command, shows_statistics_in_three_forms) {
  import_small();
  EXPECT_TRUE(contains(on_db("stats").out, "last sequence")) << on_db("stats").out;
  EXPECT_TRUE(contains(on_db("stats", {"--format", "json"}).out, "\"last_sequence\": "));
  EXPECT_TRUE(contains(on_db("stats", {"--format", "prometheus"}).out, "# TYPE "));
}

TEST_F(Command, compacts_and_keeps_everything) {
  import_small();
  const RunResult result = on_db("compact");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, "after      1 table, ")) << result.out;
  EXPECT_EQ(exported(), small_csv);
}

TEST_F(Command, drops_what_has_expired_where_the_clock_is_said_to_be_right) {
  ASSERT_EQ(on_db("import", {"--ttl", "1h"}, "key,time,value\na,2013-12-02,1\n").exit_code, 0);
  const RunResult result = on_db("compact", {"--clock-is-right"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, "after      0 tables, ")) << result.out;
  EXPECT_TRUE(contains(result.out, "dropped    1 row that ")) << result.out;
}

TEST_F(Command, says_who_has_the_database_open) {
  import_small();
  Options options;
  options.dir = db();
  const Engine engine = Engine::open(options).value();
  for (const char* name : {"import", "export", "query", "stats", "compact"}) {
    const RunResult result = on_db(name);
    EXPECT_EQ(result.exit_code, 1) << name;
    EXPECT_TRUE(contains(result.err, "by pid " + std::to_string(::getpid()))) << result.err;
  }
}

TEST_F(Command, makes_no_directory_but_to_import) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"query"},
                                                  {"export"},
                                                  {"latest", "--prefix", ""},
                                                  {"delete", "--prefix", "", "--yes"},
                                                  {"stats"},
                                                  {"compact"},
                                                  {"inspect"}}) {
    const RunResult result =
        on_db(command[0], std::vector<std::string>(command.begin() + 1, command.end()));
    EXPECT_EQ(result.exit_code, 1) << command[0];
    EXPECT_TRUE(contains(result.err, db() + ": no such directory")) << result.err;
    EXPECT_FALSE(db_exists()) << command[0];
  }
}

TEST_F(Command, leaves_other_directories_alone) {
  std::filesystem::create_directory(db());
  const std::string note = directory_.file("db/note.txt", "mine");
  for (const char* name : {"query", "inspect", "import"}) {
    const RunResult result = on_db(name);
    EXPECT_EQ(result.exit_code, 1) << name;
    EXPECT_TRUE(contains(result.err, "not a Varve database")) << result.err;
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(db()), {}), 1);
  EXPECT_EQ(read_file(note), "mine");
}

TEST_F(Command, refuses_what_is_not_valid) {
  import_small();
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"query", "--db", db(), "--from", "yesterday"}, "--from: 'yesterday' is no time"},
      {{"query", "--db", db(), "--from", "2", "--to", "1"}, "is after --to"},
      {{"query", "--db", db(), "--format", "xml"}, "'xml' is no format"},
      {{"query", "--db", db(), "--key", "a", "--prefix", "b"}, "excludes"},
      {{"query", "--db", db(), "--aggregate", "mode"}, "'mode' is no aggregate"},
      {{"query", "--db", db(), "--aggregate", "p101"}, "'p101' is no aggregate"},
      {{"query", "--db", db(), "--every", "5m"}, "requires --aggregate"},
      {{"query", "--db", db(), "--aggregate", "sum", "--fill", "null"}, "requires --every"},
      {{"query", "--db", db(), "--aggregate", "sum", "--every", "0s"}, "'0s' is below 1 us"},
      {{"query", "--db", db(), "--aggregate", "sum", "--every", "1s", "--fill", "up"},
       "'up' is no fill"},
      {{"query", "--db", db(), "--aggregate", "sum", "--every", "1s", "--offset", "x"},
       "--offset: 'x' is no duration"},
      {{"query", "--db", db(), "--aggregate", "sum", "--group-by-prefix", "0"}, "at least 1"},
      {{"query", "--db", db(), "--aggregate", "sum", "--plot"}, "needs --every"},
      {{"export", "--db", db(), "--format", "parquet"}, "'parquet' is no format"},
      {{"export", "--db", db(), "--time", "gps"}, "'gps' is neither"},
      {{"import", "--db", db(), "--type", "float"}, "'float' is no type"},
      {{"import", "--db", db(), "--ttl", "1y"}, "'1y' is no duration"},
      {{"import", "--db", db(), "--durability", "maybe"}, "'maybe' is no durability"},
      {{"import", "--db", db(), "--start", "0"}, "--start and --step go together"},
      {{"import", "--db", db(), "--batch", "0"}, "--batch: at least 1"},
      {{"latest", "--db", db()}, "needs --key or --prefix"},
      {{"delete", "--db", db()}, "needs --key or --prefix, or --match"},
      {{"delete", "--db", db(), "--key", "a", "--time", "1", "--match", "b=c"},
       "--time goes with --key, and without"},
      {{"delete", "--db", db(), "--match", "b"}, "--match: 'b' is none of"},
      {{"stats", "--db", db(), "--format", "xml"}, "'xml' is no format"},
      {{"query"}, "--db is required"},
      {{"import"}, "--db is required"},
      {{"query", "--form", "csv"}, "no option '--form' of varve query; did you mean --from?"},
      {{"query", "--db", db(), "extra"}, "'extra' is more than varve query takes"},
      {{"labels", "set", "--dbb", db()}, "no option '--dbb' of varve labels set; did you mean"},
      {{"import", "--db", db(), "--follow", "-"}, "--follow needs one FILE"},
      {{"import", "--db", db(), "--format", "lp", "--wide"}, "--wide is an option of csv"},
      {{"export", "--db", db(), "--wide", "--format", "lp"}, "--wide is a form of csv"},
      {{"help", "qurey"}, "there is no subcommand 'qurey' of varve; did you mean query?"},
      {{"completion", "tcsh"}, "'tcsh' is no such script: bash"},
      {{"frobnicate"}, "there is no subcommand 'frobnicate'"},
      {{"exprot"}, "there is no subcommand 'exprot'; did you mean export?"},
      {{}, "subcommand"}};
  for (const auto& [arguments, message] : cases) {
    const RunResult result = run_varve(arguments);
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_TRUE(contains(result.err, message)) << message << " | " << result.err;
    EXPECT_EQ(result.out, "");
  }
  EXPECT_EQ(exported(), small_csv);
}

TEST(CommandHelp, has_an_example_for_every_subcommand) {
  for (const char* name :
       {"import", "export", "query", "latest", "delete", "stats", "compact", "inspect", "dump",
        "demo", "series", "labels", "top", "downsample", "help", "completion"}) {
    const RunResult result = run_varve({name, "--help"});
    EXPECT_EQ(result.exit_code, 0) << name;
    EXPECT_TRUE(contains(result.out, std::string("varve ") + name)) << result.out;
    EXPECT_TRUE(contains(result.out, "Example")) << result.out;
    EXPECT_EQ(result.err, "");
  }
  EXPECT_EQ(run_varve({"--version"}).out.substr(0, 6), "varve ");
}

TEST_F(Command, reports_an_output_that_cannot_be_written) {
  import_small();
  const RunResult result = on_db("export", {"-o", directory_.path("no/such/file")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.err, "No such file or directory")) << result.err;
  EXPECT_EQ(on_db("export", {"-o", "/dev/full"}).exit_code, 1);
}

}  // namespace
}  // namespace varve::tools
