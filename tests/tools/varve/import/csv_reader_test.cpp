#include "tools/varve/import/csv_reader.hpp"

#include <gtest/gtest.h>

#include "tests/tools/varve/import/reading.hpp"

namespace varve::tools {
namespace {

constexpr Timestamp first = 1'386'018'900'000'000;  // 2013-12-02T21:15:00Z
constexpr Timestamp minute = 60'000'000;
using Records = std::vector<Record>;
using Texts = std::vector<std::string>;

/// Times are small numbers here, which nobody would take for microseconds by themselves.
CsvOptions plain() {
  CsvOptions options;
  options.time.unit = TimeUnit::microseconds;
  return options;
}

ReadResult read(std::string text, CsvOptions options = plain(), std::size_t piece = 1 << 18) {
  return read_text([&](Input& input) { return make_csv_reader(input, options); }, std::move(text),
                   piece);
}

CsvOptions keyed() {
  CsvOptions options = plain();
  options.key = "temp";
  return options;
}

TEST(CsvReader, knows_the_header_of_an_export) {
  const auto result = read("key,time,value\nplant/t1,2013-12-02T21:15:00.000000Z,73.9\n");
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.records, (Records{{"plant/t1", first, 73.9}}));
}

TEST(CsvReader, reads_time_and_value_under_one_key) {
  const auto result =
      read("timestamp,value\n2013-12-02 21:15:00,73.9\r\n2013-12-02 21:16:00,74\n", keyed());
  EXPECT_EQ(result.records, (Records{{"temp", first, 73.9}, {"temp", first + minute, 74.0}}));
}

TEST(CsvReader, reads_a_file_without_a_header) {
  const auto result = read("2013-12-02 21:15:00,73.9\n", keyed());
  EXPECT_EQ(result.records, (Records{{"temp", first, 73.9}}));
}

TEST(CsvReader, passes_over_a_header_that_it_does_not_know_where_the_places_say_enough) {
  const auto result = read("when,degrees\n2013-12-02 21:15:00,73.9\n", keyed());
  EXPECT_EQ(result.records, (Records{{"temp", first, 73.9}}));
}

TEST(CsvReader, takes_the_first_row_as_data_when_told_that_there_is_no_header) {
  CsvOptions options = keyed();
  options.header = false;
  const auto result = read("time,value\n2013-12-02 21:15:00,73.9\n", options);
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_TRUE(result.problems[0].starts_with("1: 'time' is no time")) << result.problems[0];
  EXPECT_EQ(result.records.size(), 1U);
}

TEST(CsvReader, finds_columns_by_name_and_by_number) {
  CsvOptions options = plain();
  options.key_column = "sensor";
  options.time_column = "3";
  options.value_column = "reading";
  const auto result = read("site,sensor,at,reading\nx,t1,7,1.5\n", options);
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.records, (Records{{"t1", 7, 1.5}}));
}

TEST(CsvReader, says_which_columns_there_are) {
  CsvOptions options = keyed();
  options.value_column = "reading";
  EXPECT_EQ(read("at,temp\n7,1\n", options).failure,
            "text:1: there is no column 'reading' in the header: at, temp");
  options.value_column = "3";
  EXPECT_EQ(read("at,temp\n7,1\n", options).failure,
            "text:1: there is no column 3: the file has 2");
  EXPECT_EQ(read("a,b,c,d\nx,y,z,1\n").failure,
            "text:1: which column is the time? Say it with --time-column; the first row is: "
            "a, b, c, d");
}

TEST(CsvReader, counts_bad_rows_by_the_line_on_which_they_begin) {
  const auto result = read(
      "key,time,value\n"
      "a,1,1\n"
      "\"two\nlines\",x,1\n"
      "\n"
      "b,2\n"
      "b,2,1.5.2\n"
      ",3,1\n"
      "c,4,\n"
      "d,5,5\n");
  ASSERT_EQ(result.problems.size(), 4U);
  EXPECT_TRUE(result.problems[0].starts_with("3: 'x' is no time")) << result.problems[0];
  EXPECT_EQ(Texts(result.problems.begin() + 1, result.problems.end()),
            (Texts{"6: 2 columns instead of 3", "7: '1.5.2' is no number", "8: an empty key"}));
  EXPECT_EQ(result.records, (Records{{"a", 1, 1.0}, {"d", 5, 5.0}}));
}

TEST(CsvReader, reads_the_type_that_was_asked_for) {
  CsvOptions options = plain();
  options.type = ColumnType::int64;
  EXPECT_EQ(read("k,1,9007199254740993\n", options).records, (Records{{"k", 1, 9007199254740993}}));
  options.type = ColumnType::bytes;
  EXPECT_EQ(read("k,1,\" on, off\"\nk,2,\"\"\n", options).records,
            (Records{{"k", 1, " on, off"}, {"k", 2, ""}}));
  options.type = ColumnType::automatic;
  EXPECT_EQ(read("k,1,true\nk,2,x\nk,3,3\nk,4,.5\n", options).records,
            (Records{{"k", 1, true}, {"k", 2, "x"}, {"k", 3, 3}, {"k", 4, 0.5}}));
}

TEST(CsvReader, takes_types_from_a_column_of_that_name) {
  const auto result = read(
      "key,time,value,type\na,1,1,double\na,2,1,int64\na,3,1,bool\na,4,1,bytes\na,5,1,float\n");
  EXPECT_EQ(result.records, (Records{{"a", 1, 1.0}, {"a", 2, 1}, {"a", 3, true}, {"a", 4, "1"}}));
  EXPECT_EQ(result.problems.size(), 1U);
}

TEST(CsvReader, makes_a_series_of_every_column_of_a_wide_file) {
  CsvOptions options = plain();
  options.wide = true;
  options.prefix = "plant/";
  const auto result = read("time,t1,\"t 2\",t3\n1,1.5,,3\n2,4,x,6\n3,,5,\n", options);
  EXPECT_EQ(result.records, (Records{{"plant/t1", 1, 1.5},
                                     {"plant/t3", 1, 3.0},
                                     {"plant/t1", 2, 4.0},
                                     {"plant/t3", 2, 6.0},
                                     {"plant/t 2", 3, 5.0}}));
  EXPECT_EQ(result.problems, Texts());
  EXPECT_EQ(result.bad_cells, (Texts{"3: column 't 2': 'x' is no number"}));
}

TEST(CsvReader, gives_times_to_a_file_without_any) {
  CsvOptions options = keyed();
  options.start = first;
  options.step = std::chrono::minutes(1);
  const auto result = read("0.76\nx\n0.77\n", options);
  EXPECT_EQ(result.records, (Records{{"temp", first, 0.76}, {"temp", first + 2 * minute, 0.77}}))
      << "a bad row keeps its place";
  EXPECT_EQ(read("degrees\n0.76\n", options).records, (Records{{"temp", first, 0.76}}));
}

TEST(CsvReader, takes_epoch_times_in_the_unit_it_is_told) {
  CsvOptions options = keyed();
  options.time.unit = TimeUnit::seconds;
  EXPECT_EQ(read("1386018900.25,1\n", options).failure, "");
  EXPECT_EQ(read("1386018900.25,1\n", options).records, (Records{{"temp", first + 250'000, 1.0}}));
}

TEST(CsvReader, reads_other_delimiters_and_passes_over_a_byte_order_mark) {
  CsvOptions options = plain();
  options.delimiter = '\t';
  EXPECT_EQ(read("\xEF\xBB\xBFkey\ttime\tvalue\na\t1\t2\n", options).records,
            (Records{{"a", 1, 2.0}}));
}

TEST(CsvReader, gives_the_same_however_the_bytes_come_in) {
  const std::string text =
      "\xEF\xBB\xBFkey,time,value\r\n\"a\"\"\r\n,b\",1,1.5\r\n\r\n\"bad\"x,2,2\nc,3,3.25";
  const auto whole = read(text);
  ASSERT_EQ(whole.records, (Records{{"a\"\r\n,b", 1, 1.5}, {"c", 3, 3.25}}));
  ASSERT_EQ(whole.problems, (Texts{"5: text behind a closing quote"}));
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    const auto result = read(text, plain(), piece);
    EXPECT_EQ(result.records, whole.records) << piece;
    EXPECT_EQ(result.problems, whole.problems) << piece;
  }
}

TEST(CsvReader, refuses_keys_over_the_limit_by_line) {
  const auto result = read("key,time,value\n" + std::string(65'536, 'k') + ",1,1\na,2,2\n");
  EXPECT_EQ(result.problems, (Texts{"2: a key of 65536 bytes; at most 65535"}));
  EXPECT_EQ(result.records, (Records{{"a", 2, 2.0}}));
}

TEST(CsvReader, has_nothing_to_say_of_an_empty_file) {
  const auto result = read("");
  EXPECT_TRUE(result.records.empty() && result.problems.empty() && result.failure.empty());
}

}  // namespace
}  // namespace varve::tools
