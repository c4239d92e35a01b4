// Tables of other programs: what a cell, a row and a key of columns are.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/varve/import/csv_reader.hpp"

namespace varve::tools {
namespace {

using Records = std::vector<Record>;
using Texts = std::vector<std::string>;

CsvOptions plain() {
  CsvOptions options;
  options.time.unit = TimeUnit::microseconds;
  return options;
}

ReadResult read(std::string text, const CsvOptions& options = plain()) {
  return read_text([&](Input& input) { return make_csv_reader(input, options); }, std::move(text));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CsvCells, that_are_empty_are_no_record_in_any_layout) {
  EXPECT_EQ(read("time,key,value\n1,a,5\n2,a,\n3,a,6\n").records,
            (Records{{"a", 1, 5.0}, {"a", 3, 6.0}}));
  CsvOptions options = plain();
  options.type = ColumnType::automatic;
  EXPECT_EQ(read("time,key,value\n1,a,5\n2,a,\n3,a,6\n", options).records,
            (Records{{"a", 1, 5}, {"a", 3, 6}}));
  EXPECT_EQ(read("time,a,b\n1,5,\n2,,6\n").records, (Records{{"a", 1, 5.0}, {"b", 2, 6.0}}));
}

TEST(CsvCells, that_cannot_be_read_lose_nothing_but_themselves) {
  const auto result = read("time,t1,t2,t3\n1,1,2,3\n2,unavailable,22,23\n3,31,32,33\n");
  EXPECT_EQ(result.records.size(), 8U);
  EXPECT_EQ(result.problems, Texts());
  EXPECT_EQ(result.bad_cells, (Texts{"3: column 't1': 'unavailable' is no number"}));
}

TEST(CsvCells, say_that_there_is_no_value_in_the_usual_words_and_in_given_ones) {
  EXPECT_EQ(read("time,a\n1,NA\n2,-\n3,NaN\n4,null\n5,1\n").records, (Records{{"a", 5, 1.0}}));
  CsvOptions options = plain();
  options.nulls = {"unavailable", "-200"};
  const auto result = read("time,a\n1,unavailable\n2,-200\n3,-200.5\n", options);
  EXPECT_EQ(result.records, (Records{{"a", 3, -200.5}}));
  EXPECT_EQ(result.bad_cells, Texts());
}

TEST(CsvCells, keep_what_is_no_usual_word_for_nothing) {
  const auto result = read("time,a\n1,nan\n2,-1\n");
  EXPECT_EQ(result.records.size(), 2U) << "nan is a double, as exports have it";
}

TEST(CsvCells, of_text_become_a_series_with_the_first_number) {
  std::string text = "time,a,state\n";
  for (int i = 1; i <= 3; ++i) text += std::to_string(i) + ",1,idle\n";
  CsvOptions options = plain();
  options.columns = {"a"};
  EXPECT_EQ(read(text + "4,1,7\n", options).records.size(), 4U) << "not asked for";
  // The number comes behind the rows by which the layout is settled.
  std::string rows;
  for (int i = 4; i < 25'000; ++i) rows += std::to_string(i) + ",1,idle\n";
  const auto result = read(text + rows + "25000,1,7\n");
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.records.size(), 25'001U);
  EXPECT_EQ(result.records.back(), Record("state", 25'000, 7.0));
  EXPECT_EQ(result.bad_cells, Texts());
}

TEST(CsvRows, without_any_value_need_no_time) {
  const auto result = read("time,a,b\n1,2,3\nmade by a program,,\n,,\n");
  EXPECT_EQ(result.problems, Texts());
  EXPECT_EQ(result.records.size(), 2U);
}

TEST(CsvRows, that_are_bad_say_where_in_their_line) {
  Input input = Input::of("time,key,value\n1,a,5\n2,a,x\n\"y\",a,5\n");
  const auto reader = make_csv_reader(input, plain());
  RecordList records;
  ASSERT_TRUE(reader->next(records).value());
  EXPECT_EQ(reader->next(records).value()->column, 5U);
  EXPECT_EQ(reader->next(records).value()->column, 2U) << "behind the quote";
}

TEST(CsvRows, may_have_empty_cells_behind_them_and_nothing_else) {
  const auto result = read("time,a\n1,2,\n2,3,,\n3,4,5\n");
  EXPECT_EQ(result.records, (Records{{"a", 1, 2.0}, {"a", 2, 3.0}}));
  EXPECT_EQ(result.problems, (Texts{"4: 3 columns instead of 2"}));
}

TEST(CsvRows, that_are_torn_are_bad_and_those_of_a_ragged_table_are_not) {
  EXPECT_EQ(read("time,a,b\n1,2,3\n2,3\n").problems, (Texts{"3: 2 columns instead of 3"}));
  const auto ragged = read("time,a,b\n1,2,3\n2,3\n3,4\n");
  EXPECT_EQ(ragged.problems, Texts());
  EXPECT_EQ(ragged.records.size(), 4U);
}

TEST(CsvRows, may_be_longer_than_what_a_layout_is_settled_by) {
  std::string header = "time";
  std::string row = "1";
  for (int i = 0; i < 30'000; ++i) {
    header += ',' + std::to_string(i) + std::string(40, 'x');
    row += ",5";
  }
  const auto result = read(header + '\n' + row + '\n');
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.records.size(), 30'000U);
}

TEST(CsvRows, of_a_quote_that_never_closes_cost_one_line_and_no_memory) {
  std::string text = "time,a\n1,\"2\n";
  for (int i = 2; i < 2'000; ++i) text += std::to_string(i) + ",1\n";
  const auto result = read(text);
  EXPECT_EQ(result.problems, (Texts{"2: a quote that never closes"}));
  EXPECT_EQ(result.records.size(), 1'998U);
}

TEST(CsvKeys, are_made_of_columns) {
  CsvOptions options = plain();
  options.key = "meter/{meter}/{register}";
  options.prefix = "site/";
  EXPECT_EQ(read("time,meter,register,value\n1,871,low,5\n1,871,high,6\n", options).records,
            (Records{{"site/meter/871/low", 1, 5.0}, {"site/meter/871/high", 1, 6.0}}));
}

TEST(CsvKeys, name_the_column_of_the_value) {
  CsvOptions options = plain();
  options.key = "{id}/{column}";
  EXPECT_EQ(read("time,id,a,b\n1,x,5,6\n1,y,7,8\n", options).records,
            (Records{{"x/a", 1, 5.0}, {"x/b", 1, 6.0}, {"y/a", 1, 7.0}, {"y/b", 1, 8.0}}));
}

TEST(CsvKeys, that_would_be_one_for_several_columns_are_refused) {
  CsvOptions options = plain();
  options.key = "k";
  options.wide = true;
  const auto result = read("time,a,b\n1,5,6\n", options);
  EXPECT_TRUE(contains(result.failure, "{column}")) << result.failure;
}

TEST(CsvKeys, are_described_by_labels_of_columns) {
  CsvOptions options = plain();
  options.key = "t/{room}";
  options.labels = {{"room", "{room}"}, {"unit", "C"}};
  const auto result = read("time,room,value\n1,hall 1,5\n2,hall 1,6\n3,hall 2,7\n", options);
  EXPECT_EQ(result.records.size(), 3U);
  EXPECT_EQ(result.descriptions,
            (std::vector<Description>{{"t/hall 1", {{"room", "hall 1"}, {"unit", "C"}}, true},
                                      {"t/hall 2", {{"room", "hall 2"}, {"unit", "C"}}, true}}));
}

TEST(CsvKeys, are_made_of_labels_where_nothing_else_is_said) {
  CsvOptions options = plain();
  options.labels = {{"room", "{room}"}};
  const auto result = read("time,room,temp\n1,a,5\n2,a,6\n", options);
  EXPECT_EQ(result.records, (Records{{"temp,room=a", 1, 5.0}, {"temp,room=a", 2, 6.0}}));
  EXPECT_EQ(
      result.descriptions,
      (std::vector<Description>{{"temp,room=a", {{"__name__", "temp"}, {"room", "a"}}, true}}));
}

TEST(CsvTimes, of_a_unit_that_nobody_said_are_refused_before_anything_is_taken) {
  CsvOptions options;
  options.key = "t";
  const auto result = read("time,value\n1714564800,21.5\n1714564860,21.7\n", options);
  EXPECT_TRUE(result.failure.starts_with("text:2: ")) << result.failure;
  EXPECT_TRUE(contains(result.failure, "--time-unit s")) << result.failure;
  EXPECT_EQ(result.records, Records());
}

TEST(CsvBytes, that_are_no_text_are_named_with_what_to_do) {
  EXPECT_TRUE(contains(read("\x1f\x8b\x08junk").failure, "zcat"));
  EXPECT_TRUE(contains(read("time,a\r1,2\r").failure, "tr '\\r' '\\n'"));
}

TEST(CsvDecisions, are_said_line_by_line) {
  const auto result = read("Datum;Zeit;Temp\n24.12.2024;18:00:00;21,5\n", CsvOptions());
  EXPECT_EQ(result.decisions,
            (Texts{"delimiter ';'", "header: Datum, Zeit, Temp", "data from line 2",
                   "time: column 'Datum' and 'Zeit', as %d.%m.%Y %H:%M:%S, first "
                   "'24.12.2024 18:00:00'",
                   "decimal comma", "1 column, each a series: 'Temp'"}));
}

}  // namespace
}  // namespace varve::tools
