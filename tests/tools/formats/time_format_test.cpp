#include "tools/formats/time_format.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace varve::tools {
namespace {

/// What the form reads, as RFC 3339 to the second; or the problem.
std::string read(std::string_view form, std::string_view text) {
  const auto format = parse_time_format(form);
  if (!format) return format.error().text;
  const auto written = format->read(text);
  return written ? format_time(written->ts).substr(0, 19) : written.error().text;
}

constexpr const char* new_years_eve = "2024-12-31T00:00:00";
constexpr const char* before_midnight = "2024-12-31T23:59:00";

TEST(TimeFormat, reads_dates_with_the_day_first) {
  for (const char* text : {"31.12.2024", "31/12/2024", "31-12-2024", "31.12.24", "31/12/24",
                           "31-Dec-2024", "31 December 2024", " 31.12.2024 "}) {
    EXPECT_EQ(read("dmy", text), new_years_eve) << text;
  }
  for (const char* text : {"31.12.2024 23:59", "31/12/2024 23:59:00", "31-12-2024 11:59 PM",
                           "31/12/2024, 11:59:00 p.m.", "31.12.24 11:59pm", "31.12.2024 23:59Z",
                           "31.12.2024 23:59:00.000 +00:00"}) {
    EXPECT_EQ(read("dmy", text), before_midnight) << text;
  }
  EXPECT_EQ(read("dmy", "1/2/2024"), "2024-02-01T00:00:00");
}

TEST(TimeFormat, reads_dates_with_the_month_first) {
  for (const char* text :
       {"12/31/2024", "12-31-2024", "12.31.2024", "12/31/24", "Dec 31, 2024", "December 31 2024"}) {
    EXPECT_EQ(read("mdy", text), new_years_eve) << text;
  }
  for (const char* text : {"12/31/2024 11:59 PM", "12/31/2024, 11:59:00 PM", "12/31/24 23:59"}) {
    EXPECT_EQ(read("mdy", text), before_midnight) << text;
  }
  EXPECT_EQ(read("MDY", "1/2/2024"), "2024-01-02T00:00:00");
}

TEST(TimeFormat, reads_dates_with_the_year_first) {
  for (const char* text : {"2024/12/31", "2024.12.31", "2024-12-31", "2024-Dec-31"}) {
    EXPECT_EQ(read("ymd", text), new_years_eve) << text;
  }
  EXPECT_EQ(read("ymd", "2024/1/2 3:04"), "2024-01-02T03:04:00");
}

TEST(TimeFormat, reads_the_basic_form_of_iso_8601) {
  for (const char* text : {"20241231", "20241231T0000Z", "202412310000", "20241231000000",
                           "20241231 00:00", "20241231T000000+0000"}) {
    EXPECT_EQ(read("iso-basic", text), new_years_eve) << text;
  }
  EXPECT_EQ(read("iso-basic", "20241231T235900-0130"), "2025-01-01T01:29:00");
}

TEST(TimeFormat, reads_months_years_and_the_dates_of_mails_and_logs) {
  EXPECT_EQ(read("month", "1749-01"), "1749-01-01T00:00:00");
  EXPECT_EQ(read("year", "1885"), "1885-01-01T00:00:00");
  EXPECT_EQ(read("rfc2822", "Tue, 31 Dec 2024 23:59:00 GMT"), before_midnight);
  EXPECT_EQ(read("rfc2822", "31 Dec 2024 23:59 +0000"), before_midnight);
  EXPECT_EQ(read("ctime", "Tue Dec 31 23:59:00 2024"), before_midnight);
  EXPECT_EQ(read("clf", "[31/Dec/2024:23:59:00 +0000]"), before_midnight);
  EXPECT_EQ(read("clf", "31/Dec/2024:23:59:00 +0000"), before_midnight);
}

TEST(TimeFormat, reads_days_of_excel_to_the_millisecond) {
  EXPECT_EQ(read("excel", "45657"), new_years_eve);
  EXPECT_EQ(read("excel", "45657.999305555553"), before_midnight);
  EXPECT_EQ(read("excel-1904", "44195"), new_years_eve);
  EXPECT_EQ(read("excel", "61"), "1900-03-01T00:00:00");
  EXPECT_EQ(read("excel", "60"), "'60' is no day of Excel from 1900-03-01 to 9999-12-31");
  EXPECT_EQ(read("excel", "2958466"), "'2958466' is no day of Excel from 1900-03-01 to 9999-12-31");
  EXPECT_EQ(read("excel", "nan"), "'nan' is no number of days, as 45657.5");
  EXPECT_EQ(read("excel", "1e99"), "'1e99' is no day of Excel from 1900-03-01 to 9999-12-31");
}

TEST(TimeFormat, knows_noon_from_midnight) {
  EXPECT_EQ(read("mdy", "5/1/2024 12:00 AM"), "2024-05-01T00:00:00");
  EXPECT_EQ(read("mdy", "5/1/2024 12:00 PM"), "2024-05-01T12:00:00");
  EXPECT_EQ(read("mdy", "5/1/2024 1:00 PM"), "2024-05-01T13:00:00");
}

TEST(TimeFormat, takes_24_00_for_the_end_of_a_day_and_a_leap_second_for_the_next_minute) {
  EXPECT_EQ(read("dmy", "31.12.2024 24:00"), "2025-01-01T00:00:00");
  EXPECT_EQ(read("dmy", "31.12.2024 24:01"), "'31.12.2024 24:01': there is no such time of day");
  EXPECT_EQ(read("dmy", "31.12.2016 23:59:60"), "2017-01-01T00:00:00");
}

TEST(TimeFormat, refuses_days_that_there_are_not) {
  EXPECT_EQ(read("dmy", "29.02.2023"), "'29.02.2023': there is no such day");
  EXPECT_EQ(read("dmy", "00.01.2023"), "'00.01.2023': there is no such day");
  EXPECT_EQ(read("%Y-%j", "2023-366"), "'2023-366': there is no such day");
  EXPECT_EQ(read("%Y-%j", "2024-366"), new_years_eve);
  EXPECT_EQ(read("ctime", "Mon Dec 31 23:59:00 2024"),
            "'Mon Dec 31 23:59:00 2024': that day is a Tuesday");
}

TEST(TimeFormat, refuses_another_form_and_says_which_it_has) {
  EXPECT_EQ(read("dmy", "12/31/2024"), "'12/31/2024' is no time of the form dmy");
  EXPECT_EQ(read("%d.%m.%Y", "31.12.2024 x"), "'31.12.2024 x' is no time of the form %d.%m.%Y");
  EXPECT_EQ(read("dmy", ""), "'' is no time of the form dmy");
}

TEST(TimeFormat, is_a_pattern_or_one_of_the_names) {
  EXPECT_EQ(read("%Y", "2024"), "2024-01-01T00:00:00");
  EXPECT_EQ(read("german", "x"),
            "'german' is no form of times: give a pattern as %d.%m.%Y %H:%M:%S, or dmy, mdy, ymd, "
            "iso-basic, month, year, rfc2822, ctime, clf, excel, excel-1904");
  EXPECT_EQ(read("%d.%m.", "x"), "the form '%d.%m.' has no year: %Y or %y");
}

TEST(TimeFormat, tells_an_offset_from_none) {
  const auto format = parse_time_format("%F %T[ %Z]").value();
  EXPECT_TRUE(format.read("2024-05-01 12:00:00 +02").value().has_offset);
  EXPECT_FALSE(format.read("2024-05-01 12:00:00").value().has_offset);
  EXPECT_EQ(format.read("2024-05-01 12:00:00 CEST").value().abbreviation, "CEST");
  EXPECT_TRUE(parse_time_format("%s").value().read("1714564800").value().has_offset);
}

TEST(FormsThatRead, are_those_in_which_a_text_is_a_time) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(forms_that_read("31/12/2024"), Texts{"dmy"});
  EXPECT_EQ(forms_that_read("12/31/2024"), Texts{"mdy"});
  EXPECT_EQ(forms_that_read("01/02/2024"), (Texts{"dmy", "mdy"}));
  EXPECT_EQ(forms_that_read("2024/12/31"), Texts{"ymd"});
  EXPECT_EQ(forms_that_read("noon"), Texts());
}

}  // namespace
}  // namespace varve::tools
