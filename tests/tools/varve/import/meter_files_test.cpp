// Files in the forms in which meters, inverters and suppliers hand out readings, with numbers made
// up: each imports right, with at most one option beside those of the key, and where one is needed
// the message names it.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/tools/varve/import/csv_reading.hpp"

namespace varve::tools {
namespace {

/// What a file gives that has nothing bad in it.
Lines taken(const std::string& text, const CsvOptions& options = {}) {
  const ReadResult result = read(text, options);
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.problems, Lines());
  EXPECT_EQ(result.bad_cells, Lines());
  return lines_of(result);
}

TEST(MeterFile, of_text_before_the_table_american_dates_and_dashes_for_nothing) {
  const std::string text =
      "Name,SOMEBODY,,,,,,\n"
      "Disclaimer,\"For you, alone.\",,,,,,\n"
      "Start Date,03/30/2024,,,,,,\n"
      ",,,,,,,\n"
      "Start Interval Date/Time,Meter Id,Usage,Units,Interval,Usage,Units,Interval\n"
      "03/30/2024 00:00,4711,2.25,kwh,60min,0.5,kwh,15min\n"
      "03/30/2024 00:15,4711,-,-,-,0.75,kwh,15min\n";
  EXPECT_TRUE(contains(read(text).failure, "--columns")) << read(text).failure;
  CsvOptions options;
  options.columns = {"3"};
  EXPECT_EQ(taken(text, options), (Lines{"Usage 2024-03-30 00:00:00 2.25"}));
  options.columns = {"6"};
  EXPECT_EQ(taken(text, options),
            (Lines{"Usage 2024-03-30 00:00:00 0.5", "Usage 2024-03-30 00:15:00 0.75"}));
}

TEST(MeterFile, of_two_times_of_day_a_decimal_comma_and_a_separator_behind_each_row) {
  EXPECT_EQ(taken("Datum;Cas od;Cas do;123-987\n"
                  "01.08.2025;00:00;00:15;0,0;\n"
                  "01.08.2025;00:15;00:30;0,25;\n"),
            (Lines{"123-987 2025-08-01 00:00:00 0", "123-987 2025-08-01 00:15:00 0.25"}));
}

TEST(MeterFile, of_a_day_a_row) {
  EXPECT_EQ(taken("Giorno;00:00-00:15;00:15-00:30;23:45-00:00\n"
                  "\"12/09/2024\";\"0,139\";\"0,258\";\"0,1\";\n"
                  "\"13/09/2024\";\"0,207\";\"\";\"0,2\";\n",
                  keyed("feed")),
            (Lines{"feed 2024-09-12 00:00:00 0.139", "feed 2024-09-12 00:15:00 0.258",
                   "feed 2024-09-12 23:45:00 0.1", "feed 2024-09-13 00:00:00 0.207",
                   "feed 2024-09-13 23:45:00 0.2"}));
}

TEST(MeterFile, of_an_app_that_signs_its_exports) {
  EXPECT_EQ(taken("Wasser;19.09.24;\n"
                  ";;\n"
                  "Datum;Zeit;Z\xC3\xA4hlerstand\n"
                  "29.10.22;11:39;381,000\n"
                  "12.08.24;05:40;515,980\n"
                  ";;\n"
                  "Created with an app v1.4.2;;\n"),
            (Lines{"Z\xC3\xA4hlerstand 2022-10-29 11:39:00 381",
                   "Z\xC3\xA4hlerstand 2024-08-12 05:40:00 515.98"}));
}

TEST(MeterFile, of_an_inverter_with_commas_between_thousands_and_a_total) {
  const ReadResult result = read(
      "Date/Time,Energy Delivered (Wh)\n10/12/2022,\"8,298\"\n10/13/2022,\"15,146\"\n"
      "11/27/2022,949\nTotal,\"24,393\"\n");
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(lines_of(result), (Lines{"Energy Delivered (Wh) 2022-10-12 00:00:00 8298",
                                     "Energy Delivered (Wh) 2022-10-13 00:00:00 15146",
                                     "Energy Delivered (Wh) 2022-11-27 00:00:00 949"}));
  ASSERT_EQ(result.problems.size(), 1U) << "--on-error skip leaves it out";
  EXPECT_TRUE(result.problems[0].starts_with("5: ")) << result.problems[0];
  EXPECT_TRUE(contains(result.problems[0], "'Total'")) << result.problems[0];
}

TEST(MeterFile, of_a_grid_operator_that_has_two_units_for_each_hour) {
  const std::string text =
      "From (date);From (time);Until (date);Until (time);EAN code;Meter;Register;Volume;Unit;Note\n"
      "22/10/2023;06:00:00;22/10/2023;07:00:00;=\"123456879123456789\";7M1;Day;0,364;m\xC2\xB3;\n"
      "22/10/2023;06:00:00;22/10/2023;07:00:00;=\"123456879123456789\";7M1;Day;4,125;kWh;\n";
  EXPECT_TRUE(contains(read(text).failure, "--key '{Unit}/{column}'")) << read(text).failure;
  EXPECT_EQ(taken(text, keyed("{EAN code}/{Unit}")),
            (Lines{"123456879123456789/m\xC2\xB3 2023-10-22 06:00:00 0.364",
                   "123456879123456789/kWh 2023-10-22 06:00:00 4.125"}));
}

TEST(MeterFile, padded_with_blanks) {
  EXPECT_EQ(taken("ean,meter,readingdate,reading1,usage1          \n"
                  "871687120061402458,E0045,12-06-2023,15626.2,               \n"
                  "871687120061402458,E0045,13-06-2023,15630.4,4.2            \n"),
            (Lines{"reading1 2023-06-12 00:00:00 15626.2", "reading1 2023-06-13 00:00:00 15630.4",
                   "usage1 2023-06-13 00:00:00 4.2"}));
}

TEST(MeterFile, of_an_inverter_that_names_its_columns_far_above_the_data) {
  EXPECT_EQ(taken("sep=,\nVersion CSV3|Tool WebUI|Delimiter comma\n\n"
                  ",STP6.0,STP6.0\n,TRIPOWER,TRIPOWER\n,Metering.Out,Metering.In\n"
                  ",Analog,Analog\nDD.MM.YYYY hh:mm:ss,[Wh],[Wh]\n"
                  "23.03.2020 00:05:00,0,NaN\n23.03.2020 00:10:00,10805,7\n"),
            (Lines{"Metering.Out 2020-03-23 00:05:00 0", "Metering.Out 2020-03-23 00:10:00 10805",
                   "Metering.In 2020-03-23 00:10:00 7"}));
}

TEST(MeterFile, of_readings_by_day_the_newest_first) {
  EXPECT_EQ(taken("datum;\"stand dal\";\"verbruik dal\"\n25-01-2024;1367;6\n31-12-2023;1063;\n"),
            (Lines{"stand dal 2024-01-25 00:00:00 1367", "verbruik dal 2024-01-25 00:00:00 6",
                   "stand dal 2023-12-31 00:00:00 1063"}));
}

TEST(MeterFile, of_bills_with_a_column_twice) {
  const std::string text =
      "Bill Date,Gas Charges,Gas Charges,Usage\n\"09/24/2025\",\"23.5\",\"23.5\",\"12\"\n";
  EXPECT_TRUE(contains(read(text).failure, "--skip-column 3")) << read(text).failure;
  CsvOptions options;
  options.skip_columns = {"3"};
  EXPECT_EQ(taken(text, options),
            (Lines{"Gas Charges 2025-09-24 00:00:00 23.5", "Usage 2025-09-24 00:00:00 12"}));
}

TEST(MeterFile, of_spans_of_time_among_lines_of_text) {
  const ReadResult result = read(
      " ====\n Usage Information\n For: somebody\n Meter Reading Information\n"
      " Start date: 2025-10-19 00:00 for 2 days\n"
      " Energy consumption time period,Usage(kWh),Events occurred\n"
      " 2025-10-19 00:00 to 2025-10-19 01:00,0.000,,\n"
      " 2025-10-19 01:00 to 2025-10-19 02:00,-0.010,,\n \n ====\n");
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.problems, Lines()) << "lines without a value are no rows";
  EXPECT_EQ(lines_of(result),
            (Lines{"Usage(kWh) 2025-10-19 00:00:00 0", "Usage(kWh) 2025-10-19 01:00:00 -0.01"}));
}

TEST(MeterFile, of_spans_with_a_separator_behind_the_header_too) {
  EXPECT_EQ(taken("Vanaf;Tot;Laag;Hoog;\n2013-04-29 00:00;2013-04-30 00:00;4,76500;7,52300;\n"
                  "2013-04-30 00:00;2013-05-01 00:00;;-0,05400;\n"),
            (Lines{"Laag 2013-04-29 00:00:00 4.765", "Hoog 2013-04-29 00:00:00 7.523",
                   "Hoog 2013-04-30 00:00:00 -0.054"}));
}

TEST(MeterFile, of_dates_in_one_number_without_a_header) {
  const std::string text = "20240101,14307\n20240102,14311\n";
  EXPECT_TRUE(contains(read(text).failure, "--key")) << read(text).failure;
  EXPECT_EQ(taken(text, keyed("pv")),
            (Lines{"pv 2024-01-01 00:00:00 14307", "pv 2024-01-02 00:00:00 14311"}));
}

TEST(MeterFile, of_registers_in_rows_with_a_column_type_of_its_own) {
  const std::string text =
      "\nname;ean;code;moment;moment-date;value;factor;type\n"
      "Hof18;871717720000051862;7agas;1367186400;2013-04-29 00:00:00;7.439;1;0\n"
      "Hof18;871717720000051862;8bgas;1367186400;2013-04-29 00:00:00;7.484;1;0\n";
  EXPECT_TRUE(contains(read(text).failure, "--key '{code}'")) << read(text).failure;
  EXPECT_EQ(taken(text, keyed("{code}")),
            (Lines{"7agas 2013-04-29 00:00:00 7.439", "8bgas 2013-04-29 00:00:00 7.484"}));
}

TEST(MeterFile, of_quotes_around_everything_and_a_type_in_words) {
  EXPECT_EQ(
      taken("\"Datum\",\"EAN\",\"Verbruik\",\"Type\",\"Piek\"\n"
            "\"2021-12-25T00:00:00+01:00\",\"871687120061402458\",\"0.742\",\"Stroom\","
            "\"false\"\n"
            "\"2021-12-25T01:00:00+01:00\",\"871687120061402458\",\"\",\"Stroom\",\"false\"\n"),
      (Lines{"Verbruik 2021-12-24 23:00:00 0.742"}));
}

TEST(MeterFile, of_a_charger_with_its_serial_number_in_front) {
  EXPECT_EQ(taken("Serial Number,Timestamp,Import,Export\nA-17,2024-05-01 00:00,5.5,0\n"),
            (Lines{"Import 2024-05-01 00:00:00 5.5", "Export 2024-05-01 00:00:00 0"}));
}

TEST(MeterFile, of_the_forms_that_need_nothing) {
  EXPECT_EQ(taken("hour_start,electricity1,gas\n2024-05-01T00:00:00+02:00,1.5,0.25\n"),
            (Lines{"electricity1 2024-04-30 22:00:00 1.5", "gas 2024-04-30 22:00:00 0.25"}));
  EXPECT_EQ(taken("\"Time\",\"pv\"\n2024-05-01 00:00:00,12\n"),
            (Lines{"pv 2024-05-01 00:00:00 12"}));
  EXPECT_EQ(taken("time,Import T1 kWh,L1 max W\n2025-03-01 00:00,100.5,\n"),
            (Lines{"Import T1 kWh 2025-03-01 00:00:00 100.5"}));
  EXPECT_EQ(taken("datum;stand\n2023-05-01;7\n"), (Lines{"stand 2023-05-01 00:00:00 7"}));
}

TEST(MeterFile, of_states_names_what_was_none) {
  const ReadResult result = read(
      "entity_id,state,last_changed\ns.a,21.5,2024-05-01T00:00:00.000Z\n"
      "s.a,unavailable,2024-05-01T00:01:00.000Z\ns.a,,2024-05-01T00:02:00.000Z\n");
  EXPECT_EQ(lines_of(result), (Lines{"state 2024-05-01 00:00:00 21.5"}));
  EXPECT_EQ(result.bad_cells, (Lines{"3: column 'state': 'unavailable' is no number"}));
}

}  // namespace
}  // namespace varve::tools
