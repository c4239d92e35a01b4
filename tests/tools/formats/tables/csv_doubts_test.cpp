// Tables that would be read wrong by a guess: each is refused with the option that settles it, and
// what is next to it is not.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/formats/tables/sniffing.hpp"

namespace varve::tools {
namespace {

CsvOptions without(const char* column) {
  CsvOptions options;
  options.skip_columns = {column};
  return options;
}

TEST(CsvHeader, is_refused_with_fewer_names_than_the_rows_have_columns) {
  const std::string of_r =
      "\"Zeit\",\"Temp\",\"Feuchte\"\n\"1\",\"2024-05-01 00:00:00\",21.5,55\n"
      "\"2\",\"2024-05-01 00:15:00\",21.6,56\n";
  EXPECT_TRUE(contains(refusal(of_r), "names 3 columns and the rows have 4")) << refusal(of_r);
  const std::string of_commas =
      "Datum,Leistung\n01.05.2024 00:00,1,5\n01.05.2024 00:15,2,5\n01.05.2024 00:30,3,25\n";
  EXPECT_TRUE(contains(refusal(of_commas), "decimal comma")) << refusal(of_commas);
  EXPECT_TRUE(contains(refusal(of_commas), "--skip-column 3")) << refusal(of_commas);
  EXPECT_EQ(names(sniff(of_commas, without("3")).series), Texts{"Leistung"});
}

TEST(CsvHeader, may_have_an_empty_name_and_rows_an_empty_end) {
  EXPECT_EQ(names(sniff(",time,v\n0,2024-05-01,1\n1,2024-05-02,2\n").series), Texts{"v"});
  EXPECT_EQ(names(sniff("time;a;b\n2024-05-01;1;2;\n2024-05-02;1;2;\n").series), (Texts{"a", "b"}));
}

TEST(CsvHeader, is_above_a_row_of_units) {
  const CsvLayout layout = sniff("Zeit;P;Q\n;kW;kvar\n2024-05-01 00:00;1;2\n");
  EXPECT_EQ(names(layout.series), (Texts{"P", "Q"}));
  EXPECT_EQ(layout.begin_line, 3U);
  EXPECT_EQ(names(sniff("Zeit;P\n;kW\n2024-05-01 00:00;1\n").series), Texts{"P"});
}

TEST(CsvHeader, that_is_not_utf8_is_named_with_what_to_do) {
  const std::string refused = refusal("Datum;Au\xDF\x65n\n01.05.2024 00:00;1,5\n");
  EXPECT_TRUE(contains(refused, "iconv -f WINDOWS-1252 -t UTF-8")) << refused;
  EXPECT_TRUE(contains(refusal("time;key;value\n2024-05-01;s\xFC\x64;1\n"), "keys are not in"));
}

TEST(CsvNumbers, keep_their_decimal_point_beside_addresses) {
  const CsvLayout layout = sniff(
      "time,ip,temp\n2024-05-01 00:00,192.168.178.123,21.375\n"
      "2024-05-01 00:15,192.168.178.123,21.250\n");
  EXPECT_EQ(layout.numbers, NumberForm());
  EXPECT_EQ(names(layout.series), Texts{"temp"});
}

TEST(CsvNumbers, of_both_signs_are_refused_until_one_column_is_left_out) {
  const std::string text = "Zeit;fw;temp\n01.05.2024;1.5;23,5\n02.05.2024;1.5;24,5\n";
  EXPECT_TRUE(contains(refusal(text), "--decimal")) << refusal(text);
  EXPECT_EQ(sniff(text, without("fw")).numbers.decimal, ',');
  CsvOptions options;
  options.columns = {"temp"};
  EXPECT_EQ(sniff(text, options).numbers.decimal, ',');
}

TEST(CsvNumbers, may_be_padded_with_blanks_in_quotes) {
  const CsvLayout layout =
      sniff("\"time\";\"v\";\"w\"\n\" 2024-05-01 00:00\";\"  21,5\";\"1,5\"\n");
  EXPECT_EQ(names(layout.series), (Texts{"v", "w"}));
  EXPECT_EQ(layout.first_time, "2024-05-01 00:00");
}

TEST(CsvNumbers, that_are_nowhere_make_no_table_of_numbers) {
  const std::string text =
      "time,state,load\n2024-05-01 00:00,on,N/A\n2024-05-01 00:15,off,12.5 kW\n";
  EXPECT_TRUE(contains(refusal(text), "no column holds numbers; --type bytes")) << refusal(text);
  CsvOptions options;
  options.type = ColumnType::automatic;
  EXPECT_EQ(names(sniff(text, options).series), (Texts{"state", "load"}));
  EXPECT_EQ(names(sniff("time,a\n2024-05-01,N/A\n").watched), Texts{"a"}) << "some may come";
}

TEST(CsvValue, is_asked_for_where_a_column_has_numbers_with_units) {
  CsvOptions options;
  options.key_column = "meter";
  const std::string text =
      "meter,timestamp,reading,quality\nA,2024-05-01 00:00,12.5 kWh,192\n"
      "A,2024-05-01 00:15,12.6 kWh,192\n";
  EXPECT_TRUE(contains(refusal(text, options), "--value-column")) << refusal(text, options);
}

TEST(CsvSameTimes, that_a_number_tells_apart_are_refused) {
  const std::string sensors =
      "sensor_id,timestamp,temp,hum\n101,2024-05-01 00:00,1,5\n102,2024-05-01 00:00,2,6\n"
      "101,2024-05-01 00:15,3,7\n";
  EXPECT_TRUE(contains(refusal(sensors), "--key '{sensor_id}/{column}'")) << refusal(sensors);
  EXPECT_EQ(names(sniff(sensors, keyed("{sensor_id}/{column}")).series), (Texts{"temp", "hum"}));
  const std::string epochs =
      "date,moment,value\n2024-05-01,1714521600,5\n2024-05-01,1714522500,6\n";
  EXPECT_TRUE(contains(refusal(epochs, keyed()), "--time-column 'date+moment'"))
      << refusal(epochs, keyed());
}

TEST(CsvSameTimes, of_one_key_are_refused_where_a_text_tells_them_apart) {
  const std::string text = "time,register,value\n2024-05-01 00:00,low,1\n2024-05-01 00:00,high,2\n";
  EXPECT_TRUE(contains(refusal(text, keyed()), "--key '{register}'")) << refusal(text, keyed());
  EXPECT_EQ(sniff(text, keyed("{register}")).value, 2U);
}

TEST(CsvSameTimes, are_taken_where_no_value_would_be_lost) {
  EXPECT_EQ(names(sniff("time,a,b\n2024-05-01,1,\n2024-05-01,,2\n").series), (Texts{"a", "b"}));
  EXPECT_EQ(names(sniff("time,a\n2024-05-01,1\n2024-05-01,1\n").series), Texts{"a"});
  CsvOptions options;
  options.columns = {"a"};
  EXPECT_EQ(names(sniff("time,a\n2024-05-01,1\n2024-05-01,2\n", options).series), Texts{"a"})
      << "by somebody's word";
}

TEST(CsvSameTimes, are_two_in_the_hour_that_clocks_show_twice) {
  CsvOptions options;
  options.time.zone = TimeZone::find("Europe/Berlin");
  ASSERT_NE(options.time.zone, nullptr);
  const std::string text =
      "time,a\n2024-10-27 02:00,1\n2024-10-27 02:30,2\n2024-10-27 02:00,3\n2024-10-27 02:30,4\n";
  EXPECT_EQ(names(sniff(text, options).series), Texts{"a"});
  EXPECT_TRUE(contains(refusal(text), "4 of 4 rows have a time")) << refusal(text);
}

TEST(CsvGrid, leaves_out_texts_and_asks_about_numbers) {
  const std::string total = "Date,00:30,01:00,Total,Note\n2024-05-01,1.5,2.5,4,x\n";
  EXPECT_TRUE(contains(refusal(total, keyed()), "'Total' is none: --skip-column"));
  CsvOptions options = keyed();
  options.skip_columns = {"Total"};
  EXPECT_TRUE(sniff(total, options).grid);
  EXPECT_EQ(names(sniff(total, options).series), (Texts{"00:30", "01:00"}));
}

TEST(CsvGrid, may_have_the_key_in_a_column) {
  const std::string text =
      "MPAN,Date,00:30,01:00\n1200012345678,2024-05-01,1.5,2.5\n"
      "1200012345678,2024-05-02,1.6,2.6\n";
  EXPECT_TRUE(contains(refusal(text), "--key '{MPAN}'")) << refusal(text);
  const CsvLayout layout = sniff(text, keyed("{MPAN}"));
  EXPECT_TRUE(layout.grid);
  EXPECT_EQ(names(layout.series), (Texts{"00:30", "01:00"}));
}

TEST(CsvGrid, ends_with_the_midnight_of_the_next_day) {
  const CsvLayout layout = sniff("Datum;00:15;12:00;00:00\n01.05.2024;1;2;3\n", keyed());
  EXPECT_EQ(names(layout.series), (Texts{"00:15", "12:00", "24:00"}));
  EXPECT_TRUE(contains(refusal("Datum;12:00;00:15\n01.05.2024;1;2\n", keyed()), "later one"));
}

TEST(CsvGrid, is_none_where_one_column_is_asked_for) {
  CsvOptions options = keyed();
  options.value_column = "00:30";
  EXPECT_FALSE(sniff("Date,00:30,01:00\n2024-05-01,1.5,2.5\n", options).grid);
}

TEST(CsvClock, is_read_in_the_spanish_form) {
  const CsvLayout layout =
      sniff("Fecha,Hora,kW\n01/05/2024,12:15 a. m.,1\n13/05/2024,01:15 p. m.,2\n");
  EXPECT_EQ(layout.clock, 1U);
  EXPECT_EQ(layout.time_pattern, "%d/%m/%Y %I:%M %p");
}

TEST(CsvClock, that_does_not_read_as_one_is_refused) {
  const std::string hours = "Date,Hour,Price\n2024-05-01,1,50.5\n2024-05-02,2,51.5\n";
  EXPECT_TRUE(contains(refusal(hours), "--time-column 'Date+Hour'")) << refusal(hours);
  EXPECT_EQ(names(sniff(hours, without("Hour")).series), Texts{"Price"});
  const std::string short_hours = "Date,Time,kW\n20240501,0015,1.5\n20240501,0030,2.5\n";
  EXPECT_TRUE(contains(refusal(short_hours), "--skip-column 'Time'")) << refusal(short_hours);
}

TEST(CsvClock, is_no_duration) {
  const CsvLayout layout =
      sniff("Date,Distance,Duration\n2024-05-01,10.5,00:45:10\n2024-05-03,8.5,00:35:10\n");
  EXPECT_FALSE(layout.clock);
  EXPECT_EQ(names(layout.series), Texts{"Distance"});
  EXPECT_FALSE(sniff("Date,Duration,v\n2024-05-01,00:45:10,1\n").clock);
}

TEST(CsvYears, need_three_rows_where_more_may_come) {
  EXPECT_FALSE(sniff_csv(keyed(), "time,value\n1500,1\n1600,2\n", false));
  EXPECT_EQ(sniff_csv(keyed(), "time,value\n1500,1\n1600,2\n1700,3\n", false)->time_pattern, "%Y");
  EXPECT_EQ(sniff("time,value\n1500,1\n", keyed()).time_pattern, "%Y");
}

}  // namespace
}  // namespace varve::tools
