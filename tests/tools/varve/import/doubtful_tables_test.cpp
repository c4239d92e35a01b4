// Tables of which the first rows do not show all: what comes behind them is read right, or ends the
// import with the option that settles it.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/varve/import/csv_reading.hpp"

namespace varve::tools {
namespace {

/// More rows than a layout is settled by, a second apart.
std::string rows_behind(int first, const std::string& cells) {
  std::string text;
  for (int i = 0; i < static_cast<int>(sniffed_rows_max) + 10; ++i) {
    text += std::to_string(1'714'521'600 + first + i) + cells + '\n';
  }
  return text;
}

CsvOptions in_seconds() {
  CsvOptions options;
  options.time.unit = TimeUnit::seconds;
  return options;
}

TEST(MixedRows, that_take_turns_behind_the_first_rows_end_the_import) {
  const std::string text = "timestamp,meter,kwh,volt\n" + rows_behind(0, ",A,1,230");
  const auto result = read(text + "1714721600,A,1,230\n1714721600,B,2,231\n", in_seconds());
  EXPECT_TRUE(result.failure.starts_with("text:20013: two rows have the time")) << result.failure;
  EXPECT_TRUE(contains(result.failure, "--key '{meter}/{column}'")) << result.failure;
}

TEST(MixedRows, that_follow_each_other_block_by_block_end_the_import) {
  const std::string text = "timestamp,meter,kwh,volt\n" + rows_behind(0, ",north,1,230");
  const auto result = read(text + "1714521600,south,2,231\n", in_seconds());
  EXPECT_TRUE(contains(result.failure, "times begin anew")) << result.failure;
  EXPECT_TRUE(contains(result.failure, "--key '{meter}/{column}'")) << result.failure;
}

TEST(MixedRows, are_not_those_of_a_note_that_comes_and_goes) {
  const std::string text = "timestamp,kwh,note\n" + rows_behind(0, ",1,ok");
  EXPECT_EQ(read(text + "1714721600,2,changed\n1714721500,3,ok\n", in_seconds()).failure, "");
}

TEST(TextColumns, that_turn_to_numbers_under_a_name_that_is_taken_end_the_import) {
  const std::string text = "time,usage,unit,usage\n" + rows_behind(0, ",1,x,-");
  const auto result = read(text + "1714721600,2,x,5\n", in_seconds());
  EXPECT_TRUE(contains(result.failure, "two columns 'usage' (2 and 4)")) << result.failure;
}

TEST(TextColumns, are_left_out_as_long_as_they_hold_no_number) {
  const std::string text = "time,a,state,unit\n" + rows_behind(0, ",1,idle,W");
  EXPECT_EQ(read(text, in_seconds()).decisions.back(), "left out, text: 'state', 'unit'");
  EXPECT_EQ(read(text + "1714721600,1,7,W\n", in_seconds()).decisions.back(),
            "left out, text: 'unit'");
}

TEST(PaddedCells, are_read_in_quotes_too) {
  EXPECT_EQ(lines_of(read("\"time\",\"v\",\"w\"\n\" 2024-05-01 00:00\",\"  21.5\",\"1\"\n")),
            (Lines{"v 2024-05-01 00:00:00 21.5", "w 2024-05-01 00:00:00 1"}));
  EXPECT_EQ(lines_of(read("\"time\";\"v\"\n\"2024-05-01 00:00\";\"  21,5\"\n")),
            (Lines{"v 2024-05-01 00:00:00 21.5"}));
}

TEST(Grids, end_with_the_midnight_of_the_next_day) {
  EXPECT_EQ(lines_of(read("Datum;00:15;00:00\n01.05.2024;1;2\n02.05.2024;3;4\n", keyed("k"))),
            (Lines{"k 2024-05-01 00:15:00 1", "k 2024-05-02 00:00:00 2", "k 2024-05-02 00:15:00 3",
                   "k 2024-05-03 00:00:00 4"}));
}

TEST(Clocks, of_half_days_are_read_in_the_spanish_form) {
  EXPECT_EQ(lines_of(read("Fecha,Hora,kW\n01/05/2024,12:15 a. m.,1\n13/05/2024,01:15 p. m.,2\n")),
            (Lines{"kW 2024-05-01 00:15:00 1", "kW 2024-05-13 13:15:00 2"}));
}

TEST(Clocks, may_have_hours_of_one_digit_and_of_two) {
  const Lines expected = {"v 2024-05-01 09:00:00 1", "v 2024-05-01 10:00:00 2",
                          "v 2024-05-01 11:00:00 3"};
  EXPECT_EQ(lines_of(read("Time,v\n2024-05-01 9:00,1\n2024-05-01 10:00,2\n2024-05-01 11:00,3\n")),
            expected);
  EXPECT_EQ(
      lines_of(read("Date,Time,v\n2024-05-01,9:00,1\n2024-05-01,10:00,2\n2024-05-01,11:00,3\n")),
      expected);
}

TEST(KeyOfColumns, that_lacks_a_part_is_the_fault_of_its_row) {
  const auto result = read("meter,time,kwh\nA,2024-05-01 00:00,1\n,2024-05-01 00:00,2\n",
                           keyed("{meter}/{column}"));
  EXPECT_EQ(lines_of(result), (Lines{"A/kwh 2024-05-01 00:00:00 1"}));
  EXPECT_EQ(result.problems, (Lines{"3: column 1, a part of the key, is empty"}));
  EXPECT_EQ(read("meter,time,value\n,2024-05-01 00:00,2\n", keyed("{meter}")).problems.size(), 1U);
}

TEST(StrayQuotes, that_meet_another_further_down_cost_one_line) {
  const auto result = read(
      "time,note,v\n2024-05-01 00:00,ok,1\n2024-05-01 00:01,\"open,2\n2024-05-01 00:02,ok,3\n"
      "2024-05-01 00:03,\"fine\",4\n");
  EXPECT_EQ(result.problems, (Lines{"3: a quote that never closes"}));
  EXPECT_EQ(lines_of(result), (Lines{"v 2024-05-01 00:00:00 1", "v 2024-05-01 00:02:00 3",
                                     "v 2024-05-01 00:03:00 4"}));
}

TEST(StrayBlanks, before_a_quote_do_not_count) {
  EXPECT_EQ(lines_of(read("\"time\", \"temp\", \"note\"\n"
                          "\"2024-05-01 00:00\", \"21.5\", \"a, b\"\n")),
            (Lines{"temp 2024-05-01 00:00:00 21.5"}));
}

TEST(Preambles, with_a_usual_name_of_a_time_among_them_are_no_header) {
  EXPECT_EQ(lines_of(read("Timezone,UTC\nStation,Foo\n\ntimestamp,temp\n2024-05-01 00:00,1.5\n"
                          "2024-05-01 00:15,2.5\n")),
            (Lines{"temp 2024-05-01 00:00:00 1.5", "temp 2024-05-01 00:15:00 2.5"}));
}

TEST(Counters, of_eight_digits_are_no_dates) {
  EXPECT_EQ(
      lines_of(read("timestamp,counter\n2024-05-01 00:00,20120105\n"
                    "2024-05-01 00:15,20120107\n")),
      (Lines{"counter 2024-05-01 00:00:00 20120105", "counter 2024-05-01 00:15:00 20120107"}));
  EXPECT_EQ(lines_of(read("meter,readingdate,kwh\n4,20240501,1\n4,20240502,2\n")).back(),
            "kwh 2024-05-02 00:00:00 2");
}

}  // namespace
}  // namespace varve::tools
