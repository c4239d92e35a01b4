// The built command where it is about series: what they are called, what they take.

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/tools/varve/running.hpp"

namespace varve::tools {
namespace {

class LabelsCommand : public testing::Test {
 protected:
  LabelsCommand() {
    std::string csv = "key,time,value\n";
    for (int i = 0; i < 30; ++i) {
      const std::string time = ",2013-12-02T21:" + std::to_string(10 + i) + ":00Z,";
      csv += "p1/temp" + time + std::to_string(20 + i % 3) + ".5\n";
      if (i % 3 == 0) csv += "p2/temp" + time + "1.25\n";
    }
    EXPECT_EQ(on_db("import", {}, csv).exit_code, 0);
  }
  RunResult on_db(const std::string& name, std::vector<std::string> more = {},
                  const std::string& input = "") const {
    std::vector<std::string> arguments = {name};
    if (name == "labels" && !more.empty() && !more.front().starts_with('-')) {
      arguments.push_back(more.front());
      more.erase(more.begin());
    }
    arguments.insert(arguments.end(), {"--db", directory_.path("db")});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_varve(arguments, input);
  }

  const TestDirectory directory_;
};

TEST_F(LabelsCommand, sets_and_lists_labels) {
  EXPECT_EQ(on_db("labels").err, "varve: no labels\n");
  RunResult set = on_db("labels", {"set", "p1/temp", "room=hall 2", "unit=C"});
  EXPECT_EQ(set.exit_code, 0) << set.err;
  EXPECT_EQ(set.err, "varve: p1/temp: {room=\"hall 2\", unit=\"C\"}\n");
  ASSERT_EQ(on_db("labels", {"set", "p2/temp", "room=yard", "unit=C"}).exit_code, 0);
  set = on_db("labels", {"set", "p2/temp", "unit=", "floor=1"});
  EXPECT_EQ(set.err, "varve: p2/temp: {floor=\"1\", room=\"yard\"}\n");
  EXPECT_EQ(on_db("labels").out,
            "label  values\n"
            "floor       1\n"
            "room        2\n"
            "unit        1\n");
  EXPECT_EQ(on_db("labels", {"--values", "room"}).out, "hall 2\nyard\n");
  EXPECT_EQ(on_db("labels", {"--values", "room", "--match", "unit=C"}).out, "hall 2\n");
  set = on_db("labels", {"set", "p2/temp", "--replace"});
  EXPECT_EQ(set.err, "varve: p2/temp: no labels\n");
  EXPECT_EQ(on_db("labels", {"set", "p2/temp"}).exit_code, 2);
  EXPECT_EQ(on_db("labels", {"set", "p2/temp", "room"}).exit_code, 2);
}

TEST_F(LabelsCommand, chooses_series_by_them) {
  ASSERT_EQ(on_db("labels", {"set", "p1/temp", "room=hall 2", "unit=C"}).exit_code, 0);
  EXPECT_EQ(on_db("series").out,
            "key      records  first                last                 labels\n"
            "p1/temp       30  2013-12-02 21:10:00  2013-12-02 21:39:00  "
            "{room=\"hall 2\", unit=\"C\"}\n"
            "p2/temp       10  2013-12-02 21:10:00  2013-12-02 21:37:00\n");
  EXPECT_EQ(on_db("series", {"--match", "room=~hall.*", "--match", "unit!=V", "--from",
                             "2013-12-02T21:30:00Z", "--format", "json"})
                .out,
            R"({"key":"p1/temp","records":10,"first":"2013-12-02T21:30:00.000000Z",)"
            R"("last":"2013-12-02T21:39:00.000000Z","labels":{"room":"hall 2","unit":"C"}})"
            "\n");
  EXPECT_EQ(on_db("series", {"--match", "room=attic"}).err, "varve: no series\n");
  EXPECT_EQ(on_db("query", {"--match", "room=", "--limit", "1", "--format", "csv"}).out,
            "key,time,value\np2/temp,2013-12-02T21:10:00.000000Z,1.25\n");
  const std::string exported =
      on_db("export", {"--match", "unit=C", "--to", "2013-12-02T21:11:00Z"}).out;
  EXPECT_NE(exported.find("\np1/temp,2013-12-02T21:10:00.000000Z,20.5,double,,"), std::string::npos)
      << exported;
  EXPECT_EQ(exported.find("p2/temp"), std::string::npos) << exported;
  const RunResult wrong = on_db("query", {"--match", "room=~hall ("});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_NE(wrong.err.find("--match: label 'room': 'hall (': missing"), std::string::npos)
      << wrong.err;
  EXPECT_EQ(on_db("query", {"--match", "room"}).exit_code, 2);
}

TEST_F(LabelsCommand, lists_counts_and_forgets_labels_of_series_without_records) {
  ASSERT_EQ(on_db("labels", {"set", "p1/temp", "unit=C"}).exit_code, 0);
  ASSERT_EQ(on_db("labels", {"set", "pod/17", "job=import"}).exit_code, 0);
  ASSERT_EQ(on_db("labels", {"set", "pod/18", "job=export"}).exit_code, 0);
  const std::string first =
      R"({"key":"pod/17","records":0,"first":null,"last":null,"labels":{"job":"import"}})"
      "\n";
  const std::string second =
      R"({"key":"pod/18","records":0,"first":null,"last":null,"labels":{"job":"export"}})"
      "\n";
  const auto listed = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--without-records", "--format", "json"});
    return on_db("series", std::move(more)).out;
  };
  EXPECT_EQ(listed({}), first + second);
  EXPECT_EQ(listed({"--limit", "1"}), first);
  EXPECT_EQ(listed({"--match", "job!=import"}), second);
  EXPECT_EQ(on_db("series", {"--without-records", "--prefix", "p1"}).err, "varve: no series\n");
  EXPECT_NE(on_db("stats").out.find("without records   2 series that have labels\n"),
            std::string::npos);

  EXPECT_EQ(on_db("labels", {"forget", "--match", "job=import"}).err,
            "varve: 1 series without records lost their labels\n");
  EXPECT_EQ(listed({}), second);
  EXPECT_NE(on_db("stats", {"--format", "json"}).out.find("\"series_without_records\": 1"),
            std::string::npos);
  EXPECT_EQ(on_db("labels", {"forget"}).exit_code, 0);
  EXPECT_EQ(on_db("labels").out, "label  values\nunit        1\n");
}

TEST_F(LabelsCommand, carries_labels_through_ndjson) {
  ASSERT_EQ(on_db("labels", {"set", "p1/temp", "room=hall 2", "--leave-with-records"}).exit_code,
            0);
  const RunResult exported = on_db("export", {"--format", "ndjson", "--to", "2013-12-02T21:12Z"});
  EXPECT_EQ(exported.out,
            R"({"key":"p1/temp","labels":{"room":"hall 2"},"leave_with_records":true})"
            "\n"
            R"({"key":"p1/temp","time":"2013-12-02T21:10:00.000000Z","value":20.5})"
            "\n"
            R"({"key":"p1/temp","time":"2013-12-02T21:11:00.000000Z","value":21.5})"
            "\n"
            R"({"key":"p2/temp","time":"2013-12-02T21:10:00.000000Z","value":1.25})"
            "\n");
  const std::string copy = directory_.path("copy");
  const auto on_copy = [&](const std::string& name, const std::string& input = "") {
    return run_varve({name, "--db", copy, "--format", "ndjson"}, input);
  };
  const RunResult imported = on_copy("import", exported.out);
  EXPECT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_NE(imported.err.find(", 1 set of labels, 0 bad"), std::string::npos) << imported.err;
  EXPECT_EQ(on_copy("export").out, exported.out);
  // What is there is not written again.
  EXPECT_EQ(on_copy("import", exported.out).err.find("of labels"), std::string::npos);
}

TEST_F(LabelsCommand, imports_labels_in_place_of_those_before) {
  ASSERT_EQ(on_db("labels", {"set", "p1/temp", "room=hall 2", "unit=C"}).exit_code, 0);
  ASSERT_EQ(on_db("labels", {"set", "p2/temp", "room=yard"}).exit_code, 0);
  const RunResult imported = on_db("import", {"--format", "ndjson", "--on-error", "skip"},
                                   R"({"key":"p1/temp","labels":{"room":"yard"}})"
                                   "\n"
                                   R"({"key":"p1/temp","labels":{"room":"hall 2","unit":"C"}})"
                                   "\n"
                                   R"({"key":"p2/temp","labels":{}})"
                                   "\n"
                                   R"({"key":"p1/temp","labels":{"room":""}})");
  EXPECT_EQ(imported.exit_code, 3);
  EXPECT_NE(imported.err.find("stdin:4: labels: 'room' has an empty value"), std::string::npos)
      << imported.err;
  EXPECT_NE(on_db("series").out.find("  {room=\"hall 2\", unit=\"C\"}\n"), std::string::npos);
  EXPECT_EQ(on_db("series").out.find("yard"), std::string::npos);
}

TEST_F(LabelsCommand, gives_series_of_line_protocol_the_labels_of_their_keys_beside_those_of_hand) {
  ASSERT_EQ(on_db("labels", {"set", "cpu_used,host=a", "mine=yes"}).exit_code, 0);
  const std::string time = " 1386018600000000000\n";
  const RunResult imported = on_db("import", {"--format", "lp"},
                                   "cpu,host=a used=1,idle=2" + time + "cpu,host=b used=1" + time);
  EXPECT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_NE(imported.err.find(", 3 sets of labels, 0 bad lines"), std::string::npos)
      << imported.err;
  EXPECT_EQ(on_db("labels", {"--values", "host"}).out, "a\nb\n");
  const auto found = [&](const std::string& matcher) {
    return on_db("query", {"--match", matcher, "--match", "host=a", "--format", "csv"}).out;
  };
  EXPECT_EQ(found("mine=yes"),
            "key,time,value\n\"cpu_used,host=a\",2013-12-02T21:10:00.000000Z,1\n");
  EXPECT_EQ(found("mine="), "key,time,value\n\"cpu_idle,host=a\",2013-12-02T21:10:00.000000Z,2\n");
}

TEST_F(LabelsCommand, deletes_the_series_that_match) {
  ASSERT_EQ(on_db("labels", {"set", "p1/temp", "room=hall 2"}).exit_code, 0);
  const std::vector<std::string> match = {"--match", "room=hall 2", "--match", "unit!=V"};
  const RunResult asked = on_db("delete", match);
  EXPECT_EQ(asked.exit_code, 2);
  EXPECT_NE(
      asked.err.find("30 records of every series where 'room=hall 2' and 'unit!=V' (1 series)."
                     " There is no terminal"),
      std::string::npos)
      << asked.err;
  EXPECT_EQ(on_db("query", {"--aggregate", "count", "--format", "csv"}).out,
            "key,value\np1/temp,30\np2/temp,10\n");

  EXPECT_EQ(
      on_db("delete", {"--prefix", "p", "--match", "room=", "--to", "2013-12-02T21:13Z", "--yes"})
          .err,
      "varve: deleted 1 record of every series under 'p' where 'room=', before 2013-12-02 "
      "21:13:00 (1 series)\n");
  EXPECT_EQ(on_db("delete", {"--key", "p2/temp", "--match", "room=hall 2", "--yes"}).err,
            "varve: nothing to delete: 0 records of 'p2/temp' where 'room=hall 2' (0 series)\n");
  EXPECT_EQ(on_db("delete", {"--match", "room=hall 2", "--yes"}).exit_code, 0);
  EXPECT_EQ(on_db("query", {"--aggregate", "count", "--format", "csv"}).out,
            "key,value\np2/temp,9\n");
  EXPECT_EQ(on_db("labels", {"--values", "room"}).out, "hall 2\n") << "labels stay";
}

TEST_F(LabelsCommand, aggregates_by_the_values_of_a_label) {
  ASSERT_EQ(on_db("labels", {"set", "p1/temp", "room=hall 2"}).exit_code, 0);
  std::string lines;
  for (const char* key : {"p3/temp", "p4/temp"}) {
    lines += std::string(R"({"key":")") + key +
             R"(","time":"2013-12-02T21:40:00Z","value":7,"labels":{"room":"hall 2"}})" + '\n';
  }
  ASSERT_EQ(on_db("import", {"--format", "ndjson"}, lines).exit_code, 0);
  const std::vector<std::string> grouped = {"--aggregate", "sum", "--group-by", "room"};
  const auto answer = [&](std::vector<std::string> more) {
    more.insert(more.begin(), grouped.begin(), grouped.end());
    return on_db("query", more).out;
  };
  // Those without the label are together, and come first.
  EXPECT_EQ(answer({"--format", "csv"}), "key,value\n\"\",12.5\nhall 2,659\n");
  EXPECT_EQ(answer({"--match", "room=~.+"}),
            "key     value\n"
            "hall 2    659\n");
  EXPECT_EQ(answer({"--every", "20m", "--from", "2013-12-02T21:20:00Z", "--format", "json"}),
            "[\n"
            R"({"key":"","time":"2013-12-02T21:20:00.000000Z","value":7.5},)"
            "\n"
            R"({"key":"hall 2","time":"2013-12-02T21:20:00.000000Z","value":431.0},)"
            "\n"
            R"({"key":"hall 2","time":"2013-12-02T21:40:00.000000Z","value":14.0})"
            "\n]\n");
}

TEST_F(LabelsCommand, shows_who_takes_most) {
  ASSERT_EQ(on_db("compact").exit_code, 0);
  const RunResult top = on_db("top", {"--by", "records"});
  EXPECT_EQ(top.exit_code, 0) << top.err;
  EXPECT_NE(top.out.find("bytes/row"), std::string::npos) << top.out;
  EXPECT_NE(top.out.find("p1/temp    30"), std::string::npos) << top.out;
  EXPECT_NE(top.out.find("75.0 %"), std::string::npos) << top.out;
  EXPECT_NE(top.err.find("40 rows, "), std::string::npos) << top.err;
  const RunResult one = on_db("top", {"--prefix", "p2/"});
  EXPECT_EQ(one.out.find("p1/"), std::string::npos) << one.out;
  EXPECT_NE(one.out.find("p2/temp    10"), std::string::npos) << one.out;
  EXPECT_EQ(on_db("top", {"--by", "size"}).exit_code, 2);
}

TEST_F(LabelsCommand, says_how_columns_of_a_table_are_encoded) {
  ASSERT_EQ(on_db("labels", {"set", "p1/temp", "room=hall 2"}).exit_code, 0);
  ASSERT_EQ(on_db("compact").exit_code, 0);
  std::string out;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path("db"))) {
    if (entry.path().extension() != ".table") continue;
    const RunResult dumped = run_varve({"dump", "table", entry.path().string()});
    EXPECT_EQ(dumped.exit_code, 0) << dumped.err;
    out += dumped.out;
  }
  for (const char* part :
       {"time steps ", "doubles decimal ", "bytes ", "bits/value", "labels of p1/temp"}) {
    EXPECT_NE(out.find(part), std::string::npos) << part << out;
  }
}

}  // namespace
}  // namespace varve::tools
