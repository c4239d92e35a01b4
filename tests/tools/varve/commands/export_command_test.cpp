// What varve export writes, and that it comes back; and the forms of csv that query shares with it.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/varve/command_fixture.hpp"

namespace varve::tools {
namespace {

class ExportCommand : public Command {};

TEST_F(ExportCommand, carries_types_expiries_and_labels_through_csv) {
  const std::string lines =
      "key,time,value,type,expires_at,labels\n"
      "a,1970-01-01T00:00:00.000001Z,1,double,,\"{room=\"\"hall 1\"\", unit=\"\"C\"\"}\"\n"
      "a,1970-01-01T00:00:00.000002Z,9007199254740993,int64,,\n"
      "a,1970-01-01T00:00:00.000003Z,true,bool,,\n"
      "a,1970-01-01T00:00:00.000004Z,\"1, \"\"2\"\"\",bytes,,\n"
      "a,1970-01-01T00:00:00.000005Z,nan:fff8000000000001,double,,\n"
      "b,1970-01-01T00:00:00.000001Z,-0,double,9999-12-31T00:00:00.000000Z,"
      "\"{job=\"\"x\"\"}+leave\"\n"
      "c,,,,,\"{room=\"\"yard\"\"}\"\n";
  const RunResult imported = on_db("import", {}, lines);
  ASSERT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_EQ(on_db("export").out, lines);
}

TEST_F(ExportCommand, exports_labels_of_series_without_records_only_where_all_times_are_asked_for) {
  import_small();
  ASSERT_EQ(run_varve({"labels", "set", "--db", db(), "plant/c", "room=yard"}).exit_code, 0);
  EXPECT_TRUE(contains(on_db("export").out, "\nplant/c,,,,,\"{room=\"\"yard\"\"}\"\n"));
  EXPECT_FALSE(contains(on_db("export", {"--from", "2013-12-02"}).out, "plant/c"));
  EXPECT_FALSE(contains(on_db("export", {"--prefix", "plant/a"}).out, "plant/c"));
}

TEST_F(ExportCommand, exports_a_column_for_each_series) {
  import_small();
  EXPECT_EQ(on_db("export", {"--wide"}).out,
            "time:wide,plant/a,plant/b\n"
            "2013-12-02T21:15:00.000000Z,1.5,-3.0\n"
            "2013-12-02T21:16:00.000000Z,2.5,\n");
  EXPECT_EQ(on_db("export", {"--wide", "--format", "ndjson"}).exit_code, 2);
}

TEST_F(ExportCommand, reads_back_what_it_wrote_as_a_column_for_each_series) {
  // Names that mean something in tables, and values that look as if they were of another type.
  const std::string lines =
      "key,time,value,type,expires_at,labels\n"
      "key,1970-01-01T00:00:00.000001Z,true,bool,,\n"
      "key,1970-01-01T00:00:00.000002Z,true,bytes,,\n"
      "value,1970-01-01T00:00:00.000001Z,9007199254740993,int64,,\n"
      "value,1970-01-01T00:00:00.000002Z,3,double,,\n"
      "value,1970-01-01T00:00:00.000003Z,3,bytes,,\n"
      "z,1970-01-01T00:00:00.000001Z,nan,double,,\n"
      "z,1970-01-01T00:00:00.000002Z,nan:7ff0000000000002,double,,\n"
      "z,1970-01-01T00:00:00.000003Z,\"\",bytes,,\n"
      "z,1970-01-01T00:00:00.000004Z,NA,bytes,,\n"
      "z,1970-01-01T00:00:00.000005Z,-0,double,,\n"
      "z,1970-01-01T00:00:00.000006Z,inf,double,,\n";
  ASSERT_EQ(on_db("import", {}, lines).exit_code, 0);
  for (const char* const time : {"rfc3339", "epoch"}) {
    const std::string wide = on_db("export", {"--wide", "--time", time}).out;
    const std::string copy = directory_.path(time);
    const RunResult back = run_varve({"import", "--db", copy}, wide);
    EXPECT_EQ(back.exit_code, 0) << back.err;
    EXPECT_EQ(run_varve({"export", "--db", copy}).out, lines) << wide;
  }
}

TEST_F(ExportCommand, reads_back_a_column_for_each_series_where_there_is_none) {
  import_small();
  const std::string wide = on_db("export", {"--wide", "--key", "nobody"}).out;
  const RunResult back = run_varve({"import", "--db", directory_.path("copy")}, wide);
  EXPECT_EQ(back.exit_code, 0) << back.err;
}

TEST_F(ExportCommand, answers_with_a_column_for_each_series) {
  import_small();
  EXPECT_EQ(on_db("query", {"--wide"}).out, on_db("export", {"--wide"}).out);
  EXPECT_EQ(on_db("query", {"--wide", "--aggregate", "max", "--every", "1m", "--fill", "null",
                            "--from", "2013-12-02T21:15Z", "--to", "2013-12-02T21:18Z"})
                .out,
            "time:wide,plant/a,plant/b\n"
            "2013-12-02T21:15:00.000000Z,1.5,-3.0\n"
            "2013-12-02T21:16:00.000000Z,2.5,\n"
            "2013-12-02T21:17:00.000000Z,,\n");
  EXPECT_EQ(on_db("query", {"--wide", "--aggregate", "max"}).exit_code, 2);
}

}  // namespace
}  // namespace varve::tools
