#include "tools/formats/time_text.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace varve::tools {
namespace {

constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();
constexpr Timestamp nab_start = 1'386'018'900'000'000;  // 2013-12-02T21:15:00Z

Timestamp date(std::string_view text) { return parse_time(text, TimeUnit::microseconds).value(); }
bool refuses(std::string_view text) { return !parse_time(text, TimeUnit::microseconds); }

TEST(ParseTime, takes_a_date_without_a_zone_as_utc) {
  EXPECT_EQ(date("2013-12-02 21:15:00"), nab_start);
  EXPECT_EQ(date("2013-12-02T21:15:00"), nab_start);
  EXPECT_EQ(date("2013-12-02T21:15:00Z"), nab_start);
  EXPECT_EQ(date("2013-12-02t21:15z"), nab_start);
  EXPECT_EQ(date("1970-01-01"), 0);
}

TEST(ParseTime, applies_offsets) {
  EXPECT_EQ(date("2013-12-02T22:15:00+01:00"), nab_start);
  EXPECT_EQ(date("2013-12-02T16:45:00-0430"), nab_start);
  EXPECT_EQ(date("2013-12-03 02:15:00+05"), nab_start);
}

TEST(ParseTime, takes_utc_and_gmt_for_an_offset_also_after_a_blank) {
  EXPECT_EQ(date("2013-12-02 21:15:00 UTC"), nab_start);
  EXPECT_EQ(date("2013-12-02 21:15:00 Z"), nab_start);
  EXPECT_EQ(date("2013-12-02T22:15:00GMT+0100"), nab_start);
  EXPECT_EQ(date("2013-12-02 22:15:00 +01:00"), nab_start);
  EXPECT_TRUE(refuses("2013-12-02 21:15:00 CET"));
}

TEST(ParseTime, keeps_six_places_of_a_fraction_and_cuts_the_rest) {
  EXPECT_EQ(date("2013-12-02 21:15:00.5"), nab_start + 500'000);
  EXPECT_EQ(date("2013-12-02 21:15:00.000001"), nab_start + 1);
  EXPECT_EQ(date("2013-12-02 21:15:00.123456999Z"), nab_start + 123'456);
  EXPECT_EQ(date("1969-12-31T23:59:59.9999999Z"), -1);
}

TEST(ParseTime, knows_leap_years_and_leap_seconds) {
  EXPECT_EQ(date("2024-02-29"), date("2024-03-01") - 86'400'000'000);
  EXPECT_TRUE(refuses("2023-02-29"));
  EXPECT_TRUE(refuses("1900-02-29"));
  EXPECT_EQ(date("2000-02-29T00:00:00Z"), 951'782'400'000'000);
  EXPECT_EQ(date("2016-12-31T23:59:60Z"), date("2017-01-01"));
}

TEST(ParseTime, refuses_what_is_no_date) {
  for (const char* text : {"",
                           " ",
                           "x",
                           "2013",
                           "2013-",
                           "2013-13-01",
                           "2013-00-01",
                           "2013-01-32",
                           "2013-12-02T",
                           "2013-12-02T24:00:00",
                           "2013-12-02T21:60",
                           "2013-12-02T21:15:61",
                           "2013-12-02T21:15:00.",
                           "2013-12-02T21:15:00+24:00",
                           "2013-12-02T21:15:00ZZ",
                           "2013-12-02T21:15:00  Z",
                           "13-12-02",
                           "2013-12-02X21:15",
                           "+2013-12-02",
                           "1-2",
                           "0x10",
                           "1e",
                           "1e+",
                           "1e100",
                           "nan",
                           "--1",
                           "1."}) {
    if (std::string_view(text) == "2013") continue;  // A number of microseconds.
    EXPECT_TRUE(refuses(text)) << text;
  }
}

TEST(ParseTime, says_when_a_date_is_beyond_int64) {
  const auto beyond = parse_time("+294247-01-10T04:00:54.775808Z", TimeUnit::microseconds);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().text,
            "'+294247-01-10T04:00:54.775808Z' is beyond the times that exist here");
  EXPECT_TRUE(refuses("-290308-12-21T19:59:05.224191Z"));
  EXPECT_TRUE(refuses("+999999-01-01"));
}

TEST(ParseEpoch, scales_every_unit_exactly) {
  EXPECT_EQ(parse_epoch("1386018900", TimeUnit::seconds), nab_start);
  EXPECT_EQ(parse_epoch("1386018900.123456", TimeUnit::seconds), nab_start + 123'456);
  EXPECT_EQ(parse_epoch("1386018900123.4", TimeUnit::milliseconds), nab_start + 123'400);
  EXPECT_EQ(parse_epoch("+7", TimeUnit::microseconds), 7);
  EXPECT_EQ(parse_epoch("1386018900000000999", TimeUnit::nanoseconds), nab_start);
  EXPECT_EQ(parse_epoch("999", TimeUnit::nanoseconds), 0);
}

TEST(ParseEpoch, cuts_towards_the_past_on_both_sides_of_1970) {
  EXPECT_EQ(parse_epoch("-1", TimeUnit::nanoseconds), -1);
  EXPECT_EQ(parse_epoch("-1000", TimeUnit::nanoseconds), -1);
  EXPECT_EQ(parse_epoch("-1001", TimeUnit::nanoseconds), -2);
  EXPECT_EQ(parse_epoch("-0.0000001", TimeUnit::seconds), -1);
  EXPECT_EQ(parse_epoch("-1.5", TimeUnit::seconds), -1'500'000);
}

TEST(ParseEpoch, reaches_the_ends_of_int64) {
  EXPECT_EQ(parse_epoch("9223372036854775807", TimeUnit::microseconds), greatest);
  EXPECT_EQ(parse_epoch("-9223372036854775808", TimeUnit::microseconds), least);
  EXPECT_EQ(parse_epoch("9223372036854775807999", TimeUnit::nanoseconds), greatest);
  EXPECT_EQ(parse_epoch("-9223372036854775808000", TimeUnit::nanoseconds), least);
  EXPECT_FALSE(parse_epoch("-9223372036854775808001", TimeUnit::nanoseconds));
  EXPECT_FALSE(parse_epoch("9223372036854775808", TimeUnit::microseconds));
  EXPECT_FALSE(parse_epoch("9223372036854.775808", TimeUnit::seconds));
}

TEST(ParseEpoch, reads_numbers_with_an_exponent_as_json_writes_them) {
  EXPECT_EQ(parse_epoch("1.7145648e9", TimeUnit::seconds), date("2024-05-01T12:00:00Z"));
  EXPECT_EQ(parse_epoch("1.7145648E+15", TimeUnit::microseconds), date("2024-05-01T12:00:00Z"));
  EXPECT_EQ(parse_epoch("17145648000e-1", TimeUnit::seconds), date("2024-05-01T12:00:00Z"));
  EXPECT_EQ(parse_epoch("-15e-7", TimeUnit::seconds), -2);
  EXPECT_FALSE(parse_epoch("1e99", TimeUnit::nanoseconds));
}

TEST(UnitThatFits, is_the_one_in_which_a_number_lies_between_1980_and_2100) {
  EXPECT_EQ(unit_that_fits("1714564800"), TimeUnit::seconds);
  EXPECT_EQ(unit_that_fits("1714564800.25"), TimeUnit::seconds);
  EXPECT_EQ(unit_that_fits("1714564800123"), TimeUnit::milliseconds);
  EXPECT_EQ(unit_that_fits("1714564800123456"), TimeUnit::microseconds);
  EXPECT_EQ(unit_that_fits("1714564800123456789"), TimeUnit::nanoseconds);
  EXPECT_EQ(unit_that_fits("315532799"), std::nullopt);
  EXPECT_EQ(unit_that_fits("315532800"), TimeUnit::seconds);
  EXPECT_EQ(unit_that_fits("4102444799"), TimeUnit::seconds);
  EXPECT_EQ(unit_that_fits("4102444800"), std::nullopt);
  EXPECT_EQ(unit_that_fits("0"), std::nullopt);
  EXPECT_EQ(unit_that_fits("20240501"), std::nullopt);
}

TEST(ParseEpoch, takes_fractions_only_of_units_that_have_them) {
  EXPECT_FALSE(parse_epoch("1.5", TimeUnit::microseconds));
  EXPECT_FALSE(parse_epoch("1.5", TimeUnit::nanoseconds));
}

TEST(FormatTime, writes_rfc_3339_with_microseconds) {
  EXPECT_EQ(format_time(nab_start), "2013-12-02T21:15:00.000000Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_time(date("0000-01-01")), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time_short(nab_start + 250'000), "2013-12-02 21:15:00.25");
}

TEST(FormatTime, writes_years_beyond_four_digits_with_a_sign) {
  EXPECT_EQ(format_time(greatest), "+294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(format_time(least), "-290308-12-21T19:59:05.224192Z");
  EXPECT_EQ(format_time(date("9999-12-31T23:59:59.999999Z") + 1), "+010000-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(date("0000-01-01") - 1), "-000001-12-31T23:59:59.999999Z");
}

TEST(FormatTime, reads_back_whatever_the_moment) {
  std::mt19937_64 random(20131202);
  for (int i = 0; i < 20'000; ++i) {
    const auto bits = static_cast<Timestamp>(random());
    const Timestamp ts = bits >> (random() % 40);
    ASSERT_EQ(date(format_time(ts)), ts);
  }
  for (const Timestamp ts : {least, least + 1, Timestamp{-1}, Timestamp{0}, greatest}) {
    EXPECT_EQ(date(format_time(ts)), ts);
  }
}

TEST(ParseDuration, adds_up_its_parts) {
  EXPECT_EQ(parse_duration("90s"), std::chrono::seconds(90));
  EXPECT_EQ(parse_duration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(parse_duration("1.5h"), std::chrono::minutes(90));
  EXPECT_EQ(parse_duration("250ms"), std::chrono::milliseconds(250));
  EXPECT_EQ(parse_duration("2w1d"), std::chrono::days(15));
  EXPECT_EQ(parse_duration("10us"), Duration(10));
  EXPECT_EQ(parse_duration("0s"), Duration(0));
}

TEST(ParseDuration, refuses_what_has_no_unit_or_no_sense) {
  for (const char* text : {"", "5", "h", "-1h", "1x", "1h30", "1.h", ".5h", "1 h", "300000000w"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ParseDuration, is_above_zero_where_it_has_to_be) {
  EXPECT_EQ(parse_positive_duration("1us"), Duration(1));
  EXPECT_EQ(parse_positive_duration("0s").error().text, "'0s' is below 1 us");
  EXPECT_FALSE(parse_positive_duration("1x"));
}

TEST(ParseMoment, counts_from_now) {
  constexpr Timestamp hour = 3'600'000'000;
  EXPECT_EQ(parse_moment("now", nab_start), nab_start);
  EXPECT_EQ(parse_moment("-1h", nab_start), nab_start - hour);
  EXPECT_EQ(parse_moment("now-1h", nab_start), nab_start - hour);
  EXPECT_EQ(parse_moment("+2h", nab_start), nab_start + 2 * hour);
  EXPECT_EQ(parse_moment("now+2h", nab_start), nab_start + 2 * hour);
}

TEST(ParseMoment, takes_dates_and_microseconds_as_well) {
  EXPECT_EQ(parse_moment("2013-12-02T21:15:00Z", 0), nab_start);
  EXPECT_EQ(parse_moment("-30", 7), -30);
  EXPECT_EQ(parse_moment("+010000-01-01", 7), 253'402'300'800'000'000);
}

TEST(ParseMoment, refuses_a_bare_number_that_is_of_another_unit_than_microseconds) {
  const auto seconds = parse_moment("1714564800", 0);
  ASSERT_FALSE(seconds);
  EXPECT_EQ(seconds.error().text,
            "'1714564800' would be 1970-01-01 00:28:34.5648 in microseconds, which a bare number "
            "is: if seconds are meant, give 2024-05-01 12:00:00 in quotes");
  EXPECT_FALSE(parse_moment("1714564800123", 0));
  EXPECT_FALSE(parse_moment("1714564800123456789", 0));
  EXPECT_EQ(parse_moment("1714564800123456", 0), 1'714'564'800'123'456);
  EXPECT_EQ(parse_moment("0", 7), 0);
}

TEST(ParseMoment, takes_dates_without_an_offset_in_its_zone) {
  const TimeZone* const berlin = TimeZone::find("Europe/Berlin");
  ASSERT_NE(berlin, nullptr);
  EXPECT_EQ(parse_moment("2024-05-01", 0, berlin), date("2024-04-30T22:00:00Z"));
  EXPECT_EQ(parse_moment("2024-05-01T00:00:00Z", 0, berlin), date("2024-05-01T00:00:00Z"));
  EXPECT_EQ(parse_moment("2024-03-31 02:30", 0, berlin), date("2024-03-31T01:00:00Z"));
  EXPECT_EQ(parse_moment("2024-10-27 02:30", 0, berlin), date("2024-10-27T00:30:00Z"));
}

TEST(ParseMoment, says_what_it_would_have_taken) {
  const auto moment = parse_moment("yesterday", 0);
  ASSERT_FALSE(moment);
  EXPECT_NE(moment.error().text.find("'yesterday' is no time: give 2024-05-01T12:00:00Z"),
            std::string::npos);
  EXPECT_FALSE(parse_moment("now-", 0));
  EXPECT_FALSE(parse_moment("-1h", least));
}

}  // namespace
}  // namespace varve::tools
