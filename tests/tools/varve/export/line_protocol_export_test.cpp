#include "tools/varve/export/line_protocol_export.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/tools/varve/import/reading.hpp"
#include "tests/tools/varve/running.hpp"
#include "tools/varve/import/input_format.hpp"
#include "tools/varve/import/line_formats.hpp"
#include "tools/varve/import/measurement_notes.hpp"
#include "varve/engine.hpp"

namespace varve::tools {
namespace {

class LineProtocolExport : public ::testing::Test {
 protected:
  /// As an import does.
  void read_in(const std::string& lines) {
    MeasurementNames names;
    ASSERT_TRUE(load_measurement_names(engine_, names));
    LineProtocolOptions options;
    options.time.unit = TimeUnit::nanoseconds;
    options.names = &names;
    const ReadResult result =
        read_text([&](Input& input) { return make_line_protocol_reader(input, options); }, lines);
    ASSERT_EQ(result.problems, std::vector<std::string>());
    WriteBatch batch;
    for (const Description& description : result.descriptions) {
      batch.describe(description.key, description.labels);
    }
    for (const Record& record : result.records) batch.put(record.view());
    add_measurement_notes(batch, names);
    ASSERT_TRUE(engine_.write(std::move(batch)));
  }

  /// Or what is wrong with it.
  std::string file(const Query& query = Query::all()) {
    const std::string path = directory_.path("out.lp");
    auto output = Output::create(path, directory_.path("db"));
    if (!output) return output.error().message;
    const auto done = export_line_protocol(engine_, query, ReadOptions(), *output);
    return done ? read_file(path) : done.error().message;
  }

  /// The lines, of which most here are of a time soon after 1970, without the comment on that.
  std::string exported(const Query& query = Query::all()) {
    constexpr std::string_view comment = "# varve: times in ns\n";
    const std::string text = file(query);
    return text.starts_with(comment) ? text.substr(comment.size()) : text;
  }

  Engine engine_ = Engine::open_in_memory().value();
  const TestDirectory directory_;
};

TEST_F(LineProtocolExport, writes_all_fields_of_one_time_on_one_line) {
  const std::string lines =
      "cpu,host=a idle=98.5,name=\"x y\",used=12i 1000\n"
      "cpu,host=a idle=98,used=13i 2000\n"
      "cpu,host=a name=\"z\" 3000\n"
      "cpu,host=b up=true 1000\n"
      "temp,room=hall\\ 2 value=21.5 -5000\n";
  read_in(lines);
  EXPECT_EQ(exported(), lines);
}

TEST_F(LineProtocolExport, merges_what_was_written_apart) {
  read_in("m,a=1 x=1 1000\nm,a=1 x=2 3000\nm,a=1 y=5 2000\nm,a=1 y=6 3000\n");
  EXPECT_EQ(exported(), "m,a=1 x=1 1000\nm,a=1 y=5 2000\nm,a=1 x=2,y=6 3000\n");
}

TEST_F(LineProtocolExport, keeps_measurement_and_field_where_names_meet) {
  const std::string lines =
      "a_b,host=x c=1 0\n"
      "a,host=x b_c=2 0\n";
  read_in(lines);
  EXPECT_EQ(engine_.latest("a_b_c,_measurement=a,host=x").value()->value(), Value(2.0));
  EXPECT_EQ(exported(), lines) << "the second comes last";
}

TEST_F(LineProtocolExport, carries_any_tag_that_line_protocol_has_words_for) {
  const std::string lines =
      "u,_measurement=v0,p=C:\\Temp,t=a\\  e=1 0\n"
      "u,t=a\\\\\\ b\\,\\=c\\ \\  e\\ f\\=g=\"a\\n\\\\\\\"\" 1000\n";
  read_in(lines);
  EXPECT_EQ(exported(), lines);
}

TEST_F(LineProtocolExport, writes_keys_that_no_labels_made_as_such) {
  WriteBatch batch;
  batch.put("plant/press1/temp", 1, 21.5);
  batch.put("cpu,host=b", 1, 1.5);
  batch.put("by hand", 1, 7);
  batch.describe("by hand", {{"room", "hall 2"}});
  batch.put("up", 1, 1.0);
  batch.describe("up", {{"__name__", "up"}, {"mine", "x"}});
  batch.put("n,path=C:\\;", 1, 2.0);
  batch.describe("n,path=C:\\;", {{"__name__", "n"}, {"path", "C:\\"}});
  ASSERT_TRUE(engine_.write(std::move(batch)));
  EXPECT_EQ(exported(),
            "up value=1 1000\n"
            "varve,key=by\\ hand value=7i 1000\n"
            "varve,key=cpu\\,host\\=b value=1.5 1000\n"
            "varve,key=n\\,path\\=C:\\;; value=2 1000\n"
            "varve,key=plant/press1/temp value=21.5 1000\n");
}

TEST_F(LineProtocolExport, keeps_a_label_that_is_called_as_that_of_a_measurement) {
  WriteBatch batch;
  batch.put("a_b,_measurement=a", 1, 1.0);
  batch.describe("a_b,_measurement=a", {{"__name__", "a_b"}, {"_measurement", "a"}});
  ASSERT_TRUE(engine_.write(std::move(batch)));
  EXPECT_EQ(exported(), "varve,key=a_b\\,_measurement\\=a value=1 1000\n")
      << "as a line of the measurement a it would come back as a_b";
}

TEST_F(LineProtocolExport, says_the_unit_where_the_first_time_would_be_doubted) {
  read_in("m x=1 1000\nm x=2 1714521600000000000\n");
  EXPECT_EQ(file(), "# varve: times in ns\nm x=1 1000\nm x=2 1714521600000000000\n");
  EXPECT_EQ(file(Query::all().newest_first()), "m x=2 1714521600000000000\nm x=1 1000\n");
}

TEST_F(LineProtocolExport, comes_back_whatever_its_times_without_an_option) {
  read_in("m x=1 -86400000000000\nm x=2 1714521600000000000\n");
  const std::string text = file();
  EXPECT_EQ(format_of_text(text, true), InputFormat::line_protocol);
  const ReadResult result =
      read_text([](Input& input) { return make_line_protocol_reader(input, {}); }, text);
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.records, (std::vector<Record>{{"m_x", -86'400'000'000, 1.0},
                                                 {"m_x", 1'714'521'600'000'000, 2.0}}));
}

TEST_F(LineProtocolExport, leaves_out_stale_markers) {
  WriteBatch batch;
  for (const Timestamp ts : {1, 2, 3}) batch.put("up", ts, ts == 2 ? stale_marker : 1.0);
  batch.describe("up", {{"__name__", "up"}});
  ASSERT_TRUE(engine_.write(std::move(batch)));
  EXPECT_EQ(exported(), "up value=1 1000\nup value=1 3000\n");
}

TEST_F(LineProtocolExport, gives_what_the_query_chooses) {
  read_in("m x=1,y=2 1000\nm x=3,y=4 2000\nm x=5,y=6 3000\n");
  EXPECT_EQ(exported(Query::key("m_y")), "m y=2 1000\nm y=4 2000\nm y=6 3000\n");
  EXPECT_EQ(exported(Query::all().between(2, 3)), "m x=3,y=4 2000\n");
  EXPECT_EQ(exported(Query::all().newest_first().per_series(1)), "m x=5,y=6 3000\n");
  EXPECT_EQ(exported(Query::all().newest_first()),
            "m x=5,y=6 3000\nm x=3,y=4 2000\nm x=1,y=2 1000\n");
  EXPECT_EQ(exported(Query::all().limit(3)), "m x=1,y=2 1000\nm x=3 2000\n");
}

TEST_F(LineProtocolExport, reads_so_many_series_at_once_and_no_more) {
  std::string line = "m ";
  for (std::size_t i = 0; i <= line_fields_max; ++i) {
    line += (i == 0 ? "f" : ",f") + std::to_string(100 + i) + "=1";
  }
  read_in(line + " 1000\n");
  EXPECT_EQ(exported(), line.substr(0, line.rfind(',')) + " 1000\nm f164=1 1000\n");
}

TEST_F(LineProtocolExport, refuses_a_time_that_nanoseconds_do_not_reach) {
  WriteBatch batch;
  batch.put("k", std::numeric_limits<Timestamp>::max(), 1.0);
  ASSERT_TRUE(engine_.write(std::move(batch)));
  EXPECT_TRUE(exported().starts_with("'k' has a record at +294247-01-10T04:00:54.775807Z"))
      << exported();
}

}  // namespace
}  // namespace varve::tools
