#include "tools/formats/line_protocol.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/formats/line_protocol_text.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

using Records = std::vector<Record>;
using Texts = std::vector<std::string>;

/// Nanoseconds that somebody asked for, so that small ones are times, too.
LineProtocolOptions nanoseconds() {
  LineProtocolOptions options;
  options.time.unit = TimeUnit::nanoseconds;
  return options;
}

ReadResult read(std::string text, const LineProtocolOptions& options = nanoseconds(),
                std::size_t piece = 1 << 18) {
  return read_text([&](Input& input) { return make_line_protocol_reader(input, options); },
                   std::move(text), piece);
}

std::string problem_of(std::string text) {
  const auto result = read(std::move(text));
  return result.problems.size() == 1 ? result.problems[0] : "";
}

bool is_refused(std::string text, const std::string& begin) {
  const std::string problem = problem_of(std::move(text));
  return problem.starts_with("1: " + begin);
}

std::string key_of(std::string line) {
  const auto result = read(std::move(line));
  return result.records.size() == 1 ? result.records[0].key() : "";
}

TEST(LineProtocol, makes_a_record_of_every_field) {
  const auto result = read("cpu,host=a usage_idle=98.5,usage_user=1.25 1386018900000000000\n");
  EXPECT_EQ(result.records, (Records{{"cpu_usage_idle,host=a", 1'386'018'900'000'000, 98.5},
                                     {"cpu_usage_user,host=a", 1'386'018'900'000'000, 1.25}}));
}

TEST(LineProtocol, knows_every_type) {
  const auto result = read(R"(m a=1,b=2i,c=-3i,d=4u,e=t,f=FALSE,g="x, \"y\" \\ z=1",h=NaN 1000)");
  ASSERT_EQ(result.problems, Texts{});
  ASSERT_EQ(result.records.size(), 8U);
  EXPECT_EQ(result.records[0], Record("m_a", 1, 1.0));
  EXPECT_EQ(result.records[1], Record("m_b", 1, 2));
  EXPECT_EQ(result.records[2], Record("m_c", 1, -3));
  EXPECT_EQ(result.records[3], Record("m_d", 1, 4));
  EXPECT_EQ(result.records[4], Record("m_e", 1, true));
  EXPECT_EQ(result.records[5], Record("m_f", 1, false));
  EXPECT_EQ(result.records[6], Record("m_g", 1, R"(x, "y" \ z=1)"));
}

TEST(LineProtocol, reads_escapes_in_texts_and_leaves_other_backslashes) {
  EXPECT_EQ(read(R"(m f="a\n\r\t\x\,\\\"" 0)").records, (Records{{"m_f", 0, "a\n\r\t\\x\\,\\\""}}));
}

TEST(LineProtocol, takes_the_measurement_alone_for_the_field_value) {
  EXPECT_EQ(key_of("temp,room=a value=21.5 0\n"), "temp,room=a");
}

TEST(LineProtocol, sorts_tags_so_that_their_order_makes_no_other_series) {
  const auto result = read("m,b=2,a=1 f=1 0\nm,a=1,b=2 f=2 0\n");
  EXPECT_EQ(result.records, (Records{{"m_f,a=1,b=2", 0, 1.0}, {"m_f,a=1,b=2", 0, 2.0}}));
}

TEST(LineProtocol, describes_each_series_once_by_all_that_names_it) {
  const auto result = read(
      "cpu,host=a,k\\=y=a\\,\\ b\\c idle=1,used=2 0\n"
      "cpu,k\\=y=a\\,\\ b\\c,host=a idle=1 1000\n"
      "cpu,host=b idle=x 0\n"
      "cpu idle=1 0\n"
      "varve,key=flat value=1,other=1 0\n");
  const auto labels = [](const char* name) {
    return Labels{{"__name__", name}, {"host", "a"}, {"k=y", "a, b\\c"}};
  };
  EXPECT_EQ(result.descriptions,
            (std::vector<Description>{
                {R"(cpu_idle,host=a,k\=y=a\,\ b\c)", labels("cpu_idle"), true},
                {R"(cpu_used,host=a,k\=y=a\,\ b\c)", labels("cpu_used"), true},
                {"cpu_idle", {{"__name__", "cpu_idle"}}, true},
                {"varve_other,key=flat", {{"__name__", "varve_other"}, {"key", "flat"}}, true}}));
}

TEST(LineProtocol, describes_a_series_again_to_a_list_that_has_forgotten) {
  LineProtocolParser parser(nanoseconds());
  RecordList records;
  Texts bad;
  ASSERT_TRUE(parser.parse("m f=1 0", records, bad));
  records.next_batch();
  ASSERT_TRUE(parser.parse("m f=1 0", records, bad));
  EXPECT_TRUE(records.descriptions().empty());
  records.clear();
  ASSERT_TRUE(parser.parse("m f=1 0", records, bad));
  EXPECT_EQ(records.descriptions().size(), 1U);
}

TEST(LineProtocol, lets_a_backslash_take_only_a_separator_along) {
  EXPECT_EQ(key_of(R"(cpu,host=two\\ words f=1 0)"), R"(cpu_f,host=two\\ words)");
  EXPECT_EQ(key_of(R"(cpu,reg\\=ion=east f=1 0)"), R"(cpu_f,reg\\=ion=east)");
  EXPECT_EQ(key_of(R"(disk,path=C:\Temp f=1 0)"), R"(disk_f,path=C:\Temp)");
  EXPECT_EQ(key_of(R"(u,t=a\  e=1 1000)"), R"(u_e,t=a\ )");
  EXPECT_EQ(key_of(R"(cpu=load,equals\=foo=tag\=value value=1i 0)"),
            R"(cpu=load,equals\=foo=tag\=value)");
  EXPECT_EQ(read(R"(u,s=east\\  e=1 0)").descriptions[0].labels.value_of("s"), "east\\ ");
}

TEST(LineProtocol, finds_a_field_whatever_the_order) {
  const auto result = read("m a=1,b=2,c=3 0\nm c=6,a=4 1000\nm b=7,b=8 2000\nm aa=1,a\\==2 0\n");
  EXPECT_EQ(result.records, (Records{{"m_a", 0, 1.0},
                                     {"m_b", 0, 2.0},
                                     {"m_c", 0, 3.0},
                                     {"m_c", 1, 6.0},
                                     {"m_a", 1, 4.0},
                                     {"m_b", 2, 7.0},
                                     {"m_b", 2, 8.0},
                                     {"m_aa", 0, 1.0},
                                     {"m_a=", 0, 2.0}}));
}

TEST(LineProtocol, gives_pairs_that_meet_in_a_name_keys_of_their_own) {
  MeasurementNames names;
  LineProtocolOptions options = nanoseconds();
  options.names = &names;
  const auto result = read("a_b,host=x c=1 0\na,host=x b_c=2 0\n", options);
  EXPECT_EQ(result.records,
            (Records{{"a_b_c,host=x", 0, 1.0}, {"a_b_c,_measurement=a,host=x", 0, 2.0}}));
  EXPECT_EQ(names.take_messages().size(), 1U);
  EXPECT_EQ(names.owed().size(), 1U);
}

TEST(LineProtocol, gives_no_name_for_a_line_that_is_bad) {
  MeasurementNames names;
  LineProtocolOptions options = nanoseconds();
  options.names = &names;
  EXPECT_EQ(read("a b=1 12x\na b=1,c=x 0\n", options).problems.size(), 2U);
  EXPECT_TRUE(names.owed().empty());
}

TEST(LineProtocol, puts_the_prefix_before_the_measurement) {
  LineProtocolOptions options = nanoseconds();
  options.prefix = "p/";
  const auto result = read("cpu,host=a idle=1 0\nvarve,key=flat value=1 0\n", options);
  EXPECT_EQ(result.records, (Records{{"p/cpu_idle,host=a", 0, 1.0}, {"p/flat", 0, 1.0}}));
  EXPECT_EQ(result.descriptions[0].labels, (Labels{{"__name__", "p/cpu_idle"}, {"host", "a"}}));
}

TEST(LineProtocol, reads_times_in_nanoseconds_unless_told) {
  EXPECT_EQ(read("m f=1 1714564800123456789\n", {}).records,
            (Records{{"m_f", 1'714'564'800'123'456, 1.0}}));
  EXPECT_EQ(read("m f=1 1999\nm f=1 -1\nm f=1 -1000\n").records,
            (Records{{"m_f", 1, 1.0}, {"m_f", -1, 1.0}, {"m_f", -1, 1.0}}));
  LineProtocolOptions options;
  options.time.unit = TimeUnit::seconds;
  EXPECT_EQ(read("m f=1 2\nm f=1 3\n", options).records,
            (Records{{"m_f", 2'000'000, 1.0}, {"m_f", 3'000'000, 1.0}}));
  options.time.unit = TimeUnit::milliseconds;
  EXPECT_EQ(read("m f=1 2\nm f=1 -3\n", options).records,
            (Records{{"m_f", 2'000, 1.0}, {"m_f", -3'000, 1.0}}));
  options.time.unit = TimeUnit::microseconds;
  EXPECT_EQ(read("m f=1 2\nm f=1 3\n", options).records,
            (Records{{"m_f", 2, 1.0}, {"m_f", 3, 1.0}}));
}

TEST(LineProtocol, refuses_a_first_time_that_fits_no_unit_that_was_given) {
  const auto result = read("gw,site=a temp=21.5 1558025088636\ngw,site=a temp=1 0\n", {});
  EXPECT_TRUE(result.records.empty());
  EXPECT_TRUE(result.failure.starts_with("text:1: ")) << result.failure;
  EXPECT_TRUE(result.failure.contains("ms")) << result.failure;
}

TEST(LineProtocol, believes_a_comment_that_says_the_unit_unless_somebody_gave_another) {
  const std::string text = "# varve: times in ns\nm f=1 2000\n";
  EXPECT_EQ(read(text, {}).records, (Records{{"m_f", 2, 1.0}}));
  LineProtocolOptions options;
  options.time.unit = TimeUnit::seconds;
  EXPECT_EQ(read(text, options).records, (Records{{"m_f", 2'000'000'000, 1.0}}));
}

TEST(LineProtocol, refuses_times_beyond_an_int64) {
  EXPECT_TRUE(is_refused("m f=1 9223372036854775808", "'9223372036854775808' is no time"));
  EXPECT_EQ(read("m f=1 9223372036854775807").records,
            (Records{{"m_f", 9'223'372'036'854'775, 1.0}}));
  LineProtocolOptions options;
  options.time.unit = TimeUnit::seconds;
  const auto result = read("m f=1 1\nm f=1 9223372036854775\n", options);
  EXPECT_EQ(result.problems, Texts{"2: '9223372036854775' is beyond the times that exist here"});
}

TEST(LineProtocol, takes_now_for_a_line_without_a_time) {
  LineProtocolOptions options;
  options.now = 77;
  EXPECT_EQ(read("m f=1", options).records, (Records{{"m_f", 77, 1.0}}));
}

TEST(LineProtocol, passes_over_what_is_no_line) {
  const auto result = read(
      "\xEF\xBB\xBF# INFLUXDB EXPORT: 2018-08-05T00:00:00Z, a \" quote\n# DDL\n"
      "CREATE DATABASE plant WITH NAME autogen\n\n  \n"
      "CREATE RETENTION POLICY autogen ON plant DURATION 0s REPLICATION 1\n"
      "# DML\n# CONTEXT-DATABASE:plant\nm f=1 0\r\n");
  EXPECT_EQ(result.records, (Records{{"m_f", 0, 1.0}}));
  EXPECT_EQ(result.problems, Texts{});
}

TEST(LineProtocol, passes_over_a_byte_order_mark) {
  EXPECT_EQ(read("\xEF\xBB\xBFgw,site=a temp=21.5 0\n", nanoseconds(), 1).records,
            (Records{{"gw_temp,site=a", 0, 21.5}}));
}

TEST(LineProtocol, takes_lines_as_a_test_of_telegraf_prints_them) {
  const auto result = read(
      "> cpu,host=gw1 idle=97.2,user=1.5 0\n"
      "> mem used=\"a b=c\" 0\n"
      "> v=1 0\n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"cpu_idle,host=gw1", 0, 97.2},
                                     {"cpu_user,host=gw1", 0, 1.5},
                                     {"mem_used", 0, "a b=c"},
                                     {">_v", 0, 1.0}}))
      << "the last is a line of the measurement >";
}

TEST(LineProtocol, lets_strings_hold_line_breaks_and_counts_them) {
  const auto result = read("m f=\"two\nlines\" 0\nm g=x 0\n");
  EXPECT_EQ(result.records, (Records{{"m_f", 0, "two\nlines"}}));
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_TRUE(result.problems[0].starts_with("3: 'x' is no number")) << result.problems[0];
}

TEST(LineProtocol, gives_up_one_line_for_a_string_that_never_closes) {
  const auto result = read("m f=\"oops 0\nm g=1 0\n");
  EXPECT_EQ(result.problems, (Texts{"1: a string that never closes"}));
  EXPECT_EQ(result.records, (Records{{"m_g", 0, 1.0}}));
}

TEST(LineProtocol, waits_for_the_end_of_a_string_for_a_thousand_lines_only) {
  const std::string open = "m f=\"oops 0\n";
  std::string lines;
  for (int i = 0; i < 999; ++i) lines += "m g=1 0\n";
  EXPECT_EQ(find_line_protocol_end(open + lines, false), std::string_view::npos);
  EXPECT_EQ(find_line_protocol_end(open + lines + lines, false), open.size() - 1);
  EXPECT_EQ(find_line_protocol_end(open + std::string(1 << 20, 'x'), false), open.size() - 1);
  EXPECT_EQ(find_line_protocol_end(open + lines + "\" 0\n", false), open.size() + lines.size() + 3);
  const std::string long_string = "m f=\"" + std::string(3 << 20, 'x') + "\" 0\n";
  EXPECT_EQ(find_line_protocol_end(long_string, false), long_string.size() - 1)
      << "one line may be longer";
}

TEST(LineProtocol, names_what_is_wrong) {
  EXPECT_TRUE(is_refused("m", "no field: behind a blank comes NAME=VALUE"));
  EXPECT_TRUE(is_refused("m f", "no field"));
  EXPECT_TRUE(is_refused("m f= 0", "a field without a value"));
  EXPECT_TRUE(is_refused("m =1 0", "a field without a name"));
  EXPECT_TRUE(is_refused("m f=1, 0", "no field"));
  EXPECT_TRUE(is_refused(",a=b f=1", "no measurement"));
  EXPECT_TRUE(is_refused("m,a f=1", "'a' is no tag: NAME=VALUE is, as in host=a"));
  EXPECT_TRUE(is_refused("m,a= f=1", "'a=' is no tag"));
  EXPECT_TRUE(is_refused("m,a=b=c f=1", "'a=b=c' is no tag"));
  EXPECT_TRUE(is_refused("m,a=1,a=2 f=1", "two tags 'a'"));
  EXPECT_TRUE(is_refused("m,__name__=1 f=1", "a tag '__name__'"));
  EXPECT_TRUE(is_refused("m f=1 12x", "'12x' is no time"));
  EXPECT_TRUE(is_refused("m f=1 +12", "'+12' is no time"));
  EXPECT_TRUE(is_refused("m f=on 0", "'on' is no number; texts stand in quotes"));
  EXPECT_TRUE(is_refused("m f=9223372036854775808i 0", "'9223372036854775808' is beyond what an"));
  EXPECT_TRUE(is_refused("m f=\"a\"b 0", "text behind a closing quote"));
}

TEST(LineProtocol, leaves_out_every_field_of_a_bad_line) {
  EXPECT_EQ(read("m a=1,b=x 0\nm c=1 0\n").records, (Records{{"m_c", 0, 1.0}}));
}

TEST(LineProtocol, leaves_out_a_field_that_no_int64_holds_and_names_it) {
  LineProtocolParser parser(nanoseconds());
  RecordList records;
  Texts bad;
  ASSERT_TRUE(parser.parse("ifc,if=6 broadcast=18446744073708291555u,ok=1i 0", records, bad));
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0], RecordView("ifc_ok,if=6", 0, 1));
  EXPECT_EQ(bad, Texts{"field 'broadcast': 18446744073708291555u is beyond what an int64 holds, "
                       "9223372036854775807"});
}

TEST(LineProtocol, has_limits_of_tags_and_fields) {
  std::string tags = "m";
  for (int i = 0; i <= 1'000; ++i) tags += ",t" + std::to_string(i) + "=x";
  EXPECT_TRUE(is_refused(tags + " f=1 0", "over 1,000 tags"));
  std::string fields = "m ";
  for (int i = 0; i < 100'000; ++i) fields += "f=1,";
  EXPECT_TRUE(is_refused(fields + "f=1 0", "over 100,000 fields"));
  const std::string name(65'536, 'n');
  EXPECT_TRUE(is_refused(name + " f=1 0", "a key of "));
}

TEST(LineProtocol, gives_the_same_however_the_bytes_come_in) {
  const std::string text =
      "\xEF\xBB\xBF# c\nm,b=1\\ 2 f=\"a\\\\\\\"\nb\",g=2i 1000\r\n\nm h=tx 0\nm i=true 3000";
  const auto whole = read(text);
  ASSERT_EQ(whole.records.size(), 3U);
  ASSERT_EQ(whole.problems.size(), 1U);
  ASSERT_TRUE(whole.problems[0].starts_with("5: 'tx' is no number")) << whole.problems[0];
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    const auto result = read(text, nanoseconds(), piece);
    EXPECT_EQ(result.records, whole.records) << piece;
    EXPECT_EQ(result.problems, whole.problems) << piece;
  }
}

TEST(LineProtocol, reads_back_every_key_that_is_written_as_such) {
  for (const std::string key : {"temp",
                                "a/b",
                                "/",
                                "#/x",
                                "m_f,a=1",
                                "m,a=",
                                "a b/c",
                                "a\\ b/c",
                                "\\",
                                "x\\",
                                "x\\\\",
                                "a\nb/c",
                                "varve,key=x/value",
                                "varve,key=x",
                                "a\\=b",
                                "\\;",
                                "\"/\"",
                                " ",
                                "\t/x",
                                "x/ ",
                                "\r/x",
                                "x/\r",
                                "\\n",
                                "value",
                                "\xFF"}) {
    const Record record(key, -12'345'678, 1.5);
    std::string line;
    append_line_protocol(line, record.view());
    EXPECT_EQ(read(line).records, (Records{record})) << line;
    EXPECT_TRUE(read(line).descriptions.empty()) << line;
  }
}

std::optional<std::size_t> offset_of_problem(std::string_view line) {
  LineProtocolParser parser(nanoseconds());
  RecordList records;
  Texts bad;
  const auto parsed = parser.parse(line, records, bad);
  EXPECT_FALSE(parsed);
  return parsed ? std::nullopt : parsed.error().offset;
}

TEST(LineProtocol, says_where_in_the_line_the_problem_is) {
  EXPECT_EQ(offset_of_problem(",a=b f=1"), 0U);
  EXPECT_EQ(offset_of_problem("m,a=1,b f=1"), 6U);
  EXPECT_EQ(offset_of_problem("m,b=1,a=1,b=2 f=1"), 10U);
  EXPECT_EQ(offset_of_problem("m f=1,g=x"), 8U);
  EXPECT_EQ(offset_of_problem("m f=1,=2"), 6U);
  EXPECT_EQ(offset_of_problem("m f=1,g=\"x"), 8U);
  EXPECT_EQ(offset_of_problem("m f=\"a\"b 0"), 7U);
  EXPECT_EQ(offset_of_problem("m f=1  12x"), 7U);
}

}  // namespace
}  // namespace varve::tools
