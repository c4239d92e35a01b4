#include "tools/formats/tables/csv_layout.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/formats/tables/sniffing.hpp"

namespace varve::tools {
namespace {

TEST(CsvLayout, of_an_export_is_known_by_its_header) {
  const CsvLayout layout = sniff("key,time,value,type,expires_at,labels\na,x,1,double,,\n");
  EXPECT_TRUE(layout.is_export);
  EXPECT_EQ(layout.begin, 38U);
  EXPECT_EQ(layout.begin_line, 2U);
  EXPECT_EQ(layout.labels, 5U);
}

TEST(CsvLayout, has_key_time_and_value_by_their_names) {
  const CsvLayout layout = sniff("value;key;timestamp\n1,5;a;2024-05-01\n");
  EXPECT_EQ(layout.delimiter, ';');
  EXPECT_EQ(layout.key, 1U);
  EXPECT_EQ(layout.time, 2U);
  EXPECT_EQ(layout.value, 0U);
  EXPECT_EQ(layout.numbers.decimal, ',');
  EXPECT_FALSE(layout.is_wide());
}

TEST(CsvLayout, is_wide_where_columns_have_names_of_their_own) {
  const CsvLayout layout = sniff("time,temp,hum\n2024-05-01 00:00,21.5,40\n");
  EXPECT_EQ(names(layout.series), (Texts{"temp", "hum"}));
  EXPECT_EQ(layout.time, 0U);
}

TEST(CsvLayout, begins_behind_lines_of_other_things) {
  const CsvLayout layout =
      sniff("Meter,4711\nStart,2024-05-01\n\ntime,usage\n2024-05-01 00:00,2.1\n");
  EXPECT_EQ(names(layout.series), (Texts{"usage"}));
  EXPECT_EQ(layout.begin_line, 5U);
}

TEST(CsvLayout, finds_the_header_above_the_dates_where_no_name_is_usual) {
  const CsvLayout layout = sniff(
      "Name,Somebody,\nEnd,03/30/2025,\n,,\nBegin,Usage,\n03/30/2025 00:00,1.5,\n"
      "03/30/2025 00:15,1.75,\n");
  EXPECT_EQ(names(layout.series), (Texts{"Usage"}));
  EXPECT_EQ(layout.time_pattern, "%m/%d/%Y %H:%M");
}

TEST(CsvLayout, takes_a_header_further_up_where_the_nearest_gives_names_twice) {
  const CsvLayout layout = sniff(
      "sep=,\nVersion X\n\n,Out,In\n,Analog,Analog\nDD.MM.YYYY,[Wh],[Wh]\n"
      "23.03.2020 00:00:00,0,NaN\n24.03.2020 00:00:00,5,1\n");
  EXPECT_EQ(names(layout.series), (Texts{"Out", "In"}));
  EXPECT_EQ(layout.begin_line, 7U);
  EXPECT_EQ(layout.time_pattern, "%d.%m.%Y %H:%M:%S");
}

TEST(CsvLayout, joins_a_date_and_a_time_of_day) {
  const CsvLayout layout = sniff("Datum;Zeit;Temp\n24.12.2024;18:00:00;21,5\n");
  EXPECT_EQ(layout.time, 0U);
  EXPECT_EQ(layout.clock, 1U);
  EXPECT_EQ(layout.time_pattern, "%d.%m.%Y %H:%M:%S");
  EXPECT_EQ(names(layout.series), (Texts{"Temp"}));
  CsvOptions options;
  options.time_column = "Datum+Zeit";
  EXPECT_EQ(sniff("Datum;Zeit;Temp\n24.12.2024;18:00:00;21,5\n", options).clock, 1U);
}

TEST(CsvLayout, refuses_dates_that_begin_with_either_the_day_or_the_month) {
  const std::string refused = refusal("date,a\n01/02/2024,1\n02/02/2024,2\n");
  EXPECT_TRUE(contains(refused, "--time-format")) << refused;
}

TEST(CsvLayout, leaves_out_text_long_numbers_and_what_has_no_name) {
  const CsvLayout layout = sniff(
      ",timestamp,ean,kind,temp\n0,2024-05-01,871687120061402458,x,21.5\n"
      "1,2024-05-02,871687120061402458,x,22\n");
  EXPECT_EQ(names(layout.series), (Texts{"temp"}));
  EXPECT_EQ(names(layout.watched), (Texts{"kind"}));
  std::string said;
  for (const std::string& line : layout.decisions) said += line + '\n';
  EXPECT_TRUE(contains(said, "text: 'kind'")) << said;
  EXPECT_TRUE(contains(said, "over 15 digits")) << said;
  EXPECT_TRUE(contains(said, "without a name")) << said;
}

TEST(CsvLayout, takes_the_columns_that_are_asked_for_and_leaves_out_others) {
  CsvOptions options;
  options.columns = {"b", "1"};
  EXPECT_EQ(names(sniff("a,time,b,c\n1,2024-05-01,2,3\n", options).series), (Texts{"b", "a"}));
  options.columns.clear();
  options.skip_columns = {"b", "4"};
  EXPECT_EQ(names(sniff("a,time,b,c\n1,2024-05-01,2,3\n", options).series), (Texts{"a"}));
}

TEST(CsvLayout, refuses_two_columns_of_one_name_and_says_which) {
  const std::string text = "time,usage,unit,usage\n2024-05-01T00:00:00Z,2.1,1,0.56\n";
  EXPECT_TRUE(contains(refusal(text), "two columns 'usage' (2 and 4)")) << refusal(text);
  EXPECT_TRUE(contains(refusal(text), "--skip-column 4")) << refusal(text);
  CsvOptions options;
  options.skip_columns = {"4"};
  EXPECT_EQ(names(sniff(text, options).series), (Texts{"usage", "unit"}));
}

TEST(CsvLayout, refuses_rows_of_one_time_that_only_a_text_tells_apart) {
  const std::string text = "time,unit,volume\n2024-05-01 00:00,m3,1\n2024-05-01 00:00,kWh,11\n";
  const std::string refused = refusal(text);
  EXPECT_TRUE(contains(refused, "--key '{unit}/{column}'")) << refused;
  EXPECT_EQ(sniff(text, keyed("{unit}/{column}")).series.size(), 1U);
}

TEST(CsvLayout, asks_for_a_key_and_names_columns_that_would_make_one) {
  const std::string refused = refusal("code,time,value,type\na,2024-05-01,1,x\nb,2024-05-01,2,x\n");
  EXPECT_TRUE(contains(refused, "--key-column")) << refused;
  EXPECT_TRUE(contains(refused, "--key '{code}'")) << refused;
  EXPECT_TRUE(contains(refusal("20240101,14307\n20240102,14311\n"), "--key"));
}

TEST(CsvLayout, has_types_only_in_a_column_that_holds_types) {
  EXPECT_EQ(sniff("key,time,value,type\na,2024-05-01,1,int64\n").type, 3U);
  EXPECT_FALSE(sniff("time,value,type\n2024-05-01,1,hot\n", keyed()).type);
}

TEST(CsvLayout, takes_the_only_column_of_numbers_for_the_value) {
  const CsvLayout layout = sniff(
      "entity,state,changed\nx,on,2024-05-01 00:00:00\n"
      "x,21.5,2024-05-01 00:01:00\n",
      keyed("{entity}"));
  EXPECT_EQ(layout.value, 1U);
  EXPECT_EQ(layout.time, 2U);
  const std::string refused = refusal("time,a,b\n2024-05-01,1,2\n", keyed());
  EXPECT_TRUE(contains(refused, "--value-column")) << refused;
}

TEST(CsvLayout, knows_days_whose_columns_are_times_of_day) {
  const std::string text = "Giorno;00:00-00:15;00:15-00:30\n\"13/09/2024\";\"0,1\";\"0,2\";\n";
  EXPECT_TRUE(contains(refusal(text), "--key"));
  const CsvLayout layout = sniff(text, keyed());
  EXPECT_TRUE(layout.grid);
  EXPECT_EQ(names(layout.series), (Texts{"00:00", "00:15"}));
  EXPECT_EQ(layout.time_pattern, "%d/%m/%Y %H:%M");
}

TEST(CsvLayout, names_series_by_number_where_there_is_no_header) {
  CsvOptions options;
  options.wide = true;
  options.start = 0;
  EXPECT_EQ(names(sniff("0.5,1.5\n0.6,1.6\n", options).series), (Texts{"1", "2"}));
}

TEST(CsvLayout, reads_short_rows_only_where_that_is_the_writers_way) {
  const std::string header = "time,a,b\n2024-05-01,1,2\n";
  EXPECT_FALSE(sniff(header + "2024-05-02,1\n").short_rows);
  EXPECT_TRUE(sniff(header + "2024-05-02,1\n2024-05-03,1\n").short_rows);
}

TEST(CsvLayout, says_that_a_column_of_the_key_is_not_there) {
  const std::string refused = refusal("time,a\n2024-05-01,1\n", keyed("m/{meter}"));
  EXPECT_TRUE(contains(refused, "{meter}")) << refused;
  EXPECT_TRUE(contains(refused, "time, a")) << refused;
}

TEST(CsvLayout, asks_for_more_before_the_first_row_is_whole) {
  for (const std::string_view text : {"", "time,a", "time,a\n", "time,a\n2024-05-"}) {
    const auto layout = sniff_csv({}, text, false);
    ASSERT_FALSE(layout) << text;
    EXPECT_EQ(layout.error().offset, text.size()) << "what is missing is behind its end";
  }
  EXPECT_TRUE(sniff_csv({}, "time,a\n2024-05-01,1\n", false));
}

TEST(CsvLayout, leaves_out_the_lines_that_it_is_told_to) {
  CsvOptions options;
  options.skip_rows = 2;
  const CsvLayout layout = sniff("time,x\n2000-01-01,5\ntime,a\n2024-05-01,1\n", options);
  EXPECT_EQ(names(layout.series), (Texts{"a"}));
  EXPECT_EQ(layout.begin_line, 4U);
}

}  // namespace
}  // namespace varve::tools
