#include "tools/formats/time_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::tools {
namespace {

using Texts = std::vector<std::string>;

/// What the reader makes of each text, in their order: RFC 3339, or the problem.
Texts read(TimeForm form, const Texts& texts) {
  TimeReader reader(std::move(form));
  Texts out;
  for (const std::string& text : texts) {
    const auto ts = reader.read(text);
    out.push_back(ts ? format_time(*ts) : ts.error().text);
  }
  return out;
}

TimeForm in_zone(std::string_view name) {
  TimeForm form;
  form.zone = TimeZone::find(name);
  EXPECT_NE(form.zone, nullptr);
  return form;
}

TimeForm of_format(std::string_view text) {
  TimeForm form;
  form.format = parse_time_format(text).value();
  return form;
}

TEST(TimeReader, reads_rfc_3339_and_likely_microseconds_without_being_told) {
  EXPECT_EQ(read({}, {"2024-05-01T12:00:00Z", "1714564800000000", "2024-05-01 14:00+02:00", "5"}),
            (Texts{"2024-05-01T12:00:00.000000Z", "2024-05-01T12:00:00.000000Z",
                   "2024-05-01T12:00:00.000000Z", "1970-01-01T00:00:00.000005Z"}));
}

TEST(TimeReader, refuses_a_first_number_of_another_unit_and_names_the_one_that_fits) {
  EXPECT_EQ(read({}, {"1714564800"}),
            Texts{"'1714564800' would be 1970-01-01 00:28:34.5648 in microseconds: give "
                  "--time-unit s, or --time-unit us if it is meant so"});
  EXPECT_EQ(read({}, {"1714564800.25"}),
            Texts{"'1714564800.25' is no time in microseconds: give --time-unit s, or --time-unit "
                  "us if it is meant so"});
  TimeForm form;
  form.unit_if_not_given = TimeUnit::nanoseconds;
  EXPECT_EQ(read(form, {"1714564800123"}),
            Texts{"'1714564800123' would be 1970-01-01 00:28:34.5648 in nanoseconds: give "
                  "--time-unit ms, or --time-unit ns if it is meant so"});
}

TEST(TimeReader, names_the_form_of_numbers_that_are_dates) {
  EXPECT_EQ(read({}, {"20240501"}),
            Texts{"'20240501' would be 1970-01-01 00:00:20.240501 in microseconds: give "
                  "--time-format iso-basic, or --time-unit us if it is meant so"});
  EXPECT_NE(read({}, {"2024"})[0].find("give --time-format year, or"), std::string::npos);
  EXPECT_NE(read({}, {"45413"})[0].find("give --time-format excel, or"), std::string::npos);
  EXPECT_NE(read({}, {"0"})[0].find("give its unit (s, ms, us or ns), or --time-unit us if"),
            std::string::npos);
}

TEST(TimeReader, refuses_all_numbers_after_a_first_one_that_it_refused) {
  TimeReader reader{TimeForm()};
  EXPECT_TRUE(reader.read("2024-05-01"));
  EXPECT_FALSE(reader.is_refused());
  EXPECT_FALSE(reader.read("1714564800"));
  EXPECT_TRUE(reader.is_refused());
  EXPECT_FALSE(reader.read("1714564800000000"));
}

TEST(TimeReader, never_doubts_a_unit_that_was_given) {
  TimeForm form;
  form.unit = TimeUnit::seconds;
  EXPECT_EQ(read(form, {"5", "1714564800", "2024-05-01"}),
            (Texts{"1970-01-01T00:00:05.000000Z", "2024-05-01T12:00:00.000000Z",
                   "2024-05-01T00:00:00.000000Z"}));
}

TEST(TimeReader, says_which_form_would_read_a_text) {
  EXPECT_EQ(read({}, {"31.12.2024", "01/02/2024", "noon"}),
            (Texts{"'31.12.2024' is no time: it reads as dmy: give --time-format dmy",
                   "'01/02/2024' is no time: it reads as dmy and as mdy: say which with "
                   "--time-format, as --time-format dmy",
                   "'noon' is no time: give times as 2024-05-01T12:00:00Z, numbers since 1970, or "
                   "say their form with --time-format, as %d.%m.%Y %H:%M:%S"}));
}

TEST(TimeReader, reads_the_form_that_was_given_and_no_other) {
  EXPECT_EQ(read(of_format("dmy"), {"01.02.2024", "2024-02-01", "1714564800"}),
            (Texts{"2024-02-01T00:00:00.000000Z", "'2024-02-01' is no time of the form dmy",
                   "'1714564800' is no time of the form dmy"}));
}

TEST(TimeReader, takes_times_without_an_offset_in_its_zone) {
  EXPECT_EQ(read(in_zone("Europe/Berlin"),
                 {"2024-05-01 12:00", "2024-01-01", "2024-05-01T12:00Z", "1714564800000000"}),
            (Texts{"2024-05-01T10:00:00.000000Z", "2023-12-31T23:00:00.000000Z",
                   "2024-05-01T12:00:00.000000Z", "2024-05-01T12:00:00.000000Z"}));
  TimeForm form = in_zone("America/New_York");
  form.format = parse_time_format("mdy").value();
  EXPECT_EQ(read(form, {"5/1/2024 8:00 AM"}), Texts{"2024-05-01T12:00:00.000000Z"});
}

TEST(TimeReader, settles_the_hour_that_comes_twice_by_the_order) {
  EXPECT_EQ(read(in_zone("Europe/Amsterdam"), {"2025-10-26 02:00:00", "2025-10-26 02:30:00",
                                               "2025-10-26 02:00:00", "2025-10-26 02:30:00"}),
            (Texts{"2025-10-26T00:00:00.000000Z", "2025-10-26T00:30:00.000000Z",
                   "2025-10-26T01:00:00.000000Z", "2025-10-26T01:30:00.000000Z"}));
}

TEST(TimeReader, refuses_the_hour_that_clocks_are_set_on_over) {
  EXPECT_EQ(read(in_zone("Europe/Berlin"), {"2024-03-31 02:30"}),
            Texts{"'2024-03-31 02:30' is no time of Europe/Berlin, whose clocks are set on over "
                  "it: they were not of this zone; where they kept one offset all year, give that, "
                  "as --time-zone +01:00"});
}

TEST(TimeReader, takes_a_day_whose_midnight_is_missing_from_its_first_moment) {
  EXPECT_EQ(read(in_zone("America/Sao_Paulo"), {"2018-11-04"}),
            Texts{"2018-11-04T03:00:00.000000Z"});
}

TEST(TimeReader, refuses_times_beyond_the_table_of_a_zone) {
  EXPECT_EQ(read(in_zone("Europe/Berlin"), {"2040-07-01 12:00"}),
            Texts{"'2040-07-01 12:00' is beyond 2037, where the table of Europe/Berlin ends: give "
                  "times with an offset, or --time-zone with one, as +01:00"});
}

TEST(TimeReader, reads_a_name_of_an_offset_in_a_zone_alone) {
  EXPECT_EQ(read(of_format("%F %T %Z"), {"2024-05-01 12:00:00 CEST"}),
            Texts{"'2024-05-01 12:00:00 CEST': 'CEST' names no offset for sure: say the zone with "
                  "--time-zone, as Europe/Berlin"});
  EXPECT_EQ(
      read({}, {"2024-05-01 12:00:00 CEST"}),
      Texts{"'2024-05-01 12:00:00 CEST' is no time: it reads as ymd: give --time-format ymd"});
  TimeForm form = in_zone("Europe/Berlin");
  form.format = parse_time_format("ymd").value();
  EXPECT_EQ(read(form, {"2024-10-27 02:30:00 CET", "2024-10-27 02:30:00 CEST",
                        "2024-05-01 12:00:00 CET"}),
            (Texts{"2024-10-27T01:30:00.000000Z", "2024-10-27T00:30:00.000000Z",
                   "'2024-05-01 12:00:00 CET': 'CET' is no name of the offset of Europe/Berlin at "
                   "that time"}));
}

TEST(ParseTimeZone, says_which_names_are_like_one_that_there_is_not) {
  EXPECT_TRUE(parse_time_zone("Europe/Berlin"));
  EXPECT_EQ(parse_time_zone("berlin").error().text, "'berlin' is no time zone: give Europe/Berlin");
  EXPECT_EQ(parse_time_zone("CEST").error().text,
            "'CEST' is no time zone: give a name as Europe/Berlin, or an offset as +01:00");
}

}  // namespace
}  // namespace varve::tools
