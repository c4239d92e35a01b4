#include "tools/formats/times/time_pattern.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace varve::tools {
namespace {

std::optional<TimeFields> match(std::string_view pattern, std::string_view text) {
  const auto compiled = TimePattern::compile(pattern);
  EXPECT_TRUE(compiled) << pattern;
  return compiled ? compiled->match(text) : std::nullopt;
}

std::string fault(std::string_view pattern) {
  const auto compiled = TimePattern::compile(pattern);
  return compiled ? "" : compiled.error();
}

TEST(TimePattern, reads_each_part_of_a_date_and_a_time) {
  const auto fields = match("%d.%m.%Y %H:%M:%S", "31.12.2024 23:59:58");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->year, 2024);
  EXPECT_EQ(fields->month, 12);
  EXPECT_EQ(fields->day, 31);
  EXPECT_EQ(fields->hour, 23);
  EXPECT_EQ(fields->minute, 59);
  EXPECT_EQ(fields->second, 58);
  EXPECT_TRUE(fields->has_time_of_day);
  EXPECT_FALSE(fields->offset);
}

TEST(TimePattern, reads_one_digit_where_no_other_number_touches_it) {
  EXPECT_TRUE(match("%d/%m/%Y", "1/2/2024"));
  EXPECT_EQ(match("%d/%m/%Y", "01/2/2024")->day, 1);
  EXPECT_FALSE(match("%Y%m%d", "2024115"));
  EXPECT_EQ(match("%Y%m%d", "20241105")->day, 5);
  EXPECT_EQ(match("%Y%m%d%H%M", "202411052307")->minute, 7);
  EXPECT_FALSE(match("%d/%m/%Y", "1/2/24"));
}

TEST(TimePattern, takes_a_year_of_two_digits_for_one_from_1969_to_2068) {
  EXPECT_EQ(match("%d.%m.%y", "1.1.69")->year, 1969);
  EXPECT_EQ(match("%d.%m.%y", "1.1.99")->year, 1999);
  EXPECT_EQ(match("%d.%m.%y", "1.1.00")->year, 2000);
  EXPECT_EQ(match("%d.%m.%y", "1.1.68")->year, 2068);
}

TEST(TimePattern, takes_a_fraction_of_any_length_after_seconds) {
  EXPECT_EQ(match("%F %T", "2024-05-01 12:00:00.5")->microsecond, 500'000);
  EXPECT_EQ(match("%F %T", "2024-05-01 12:00:00,123456789")->microsecond, 123'456);
  EXPECT_EQ(match("%F %H:%M:%S.%f", "2024-05-01 12:00:00.25")->microsecond, 250'000);
  EXPECT_EQ(match("%Y%m%d%H%M%S%f", "20240501120000007")->microsecond, 7'000);
  EXPECT_FALSE(match("%F %T", "2024-05-01 12:00:00."));
  EXPECT_EQ(match("%H:%M:%S, %F", "12:00:01, 2024-05-01")->second, 1);
}

TEST(TimePattern, reads_names_of_months_and_weekdays_in_any_case) {
  EXPECT_EQ(match("%d-%b-%Y", "05-MAR-2024")->month, 3);
  EXPECT_EQ(match("%B %d, %Y", "September 5, 2024")->month, 9);
  EXPECT_EQ(match("%d %b %Y", "5 sept 2024")->month, 9);
  EXPECT_EQ(match("%a %b %e %H:%M:%S %Y", "Tue Mar  5 10:00:00 2024")->weekday, 2);
  EXPECT_FALSE(match("%d-%b-%Y", "05-Mai-2024"));
}

TEST(TimePattern, reads_a_clock_of_twelve_hours) {
  EXPECT_EQ(match("%F %I:%M %p", "2024-05-01 12:30 AM")->afternoon, false);
  EXPECT_EQ(match("%F %I:%M%p", "2024-05-01 1:30p.m.")->afternoon, true);
  EXPECT_FALSE(match("%F %I:%M %p", "2024-05-01 13:30 PM"));
  EXPECT_FALSE(match("%F %I:%M %p", "2024-05-01 0:30 PM"));
}

TEST(TimePattern, reads_offsets_and_keeps_names_of_them) {
  EXPECT_EQ(match("%F %T %z", "2024-05-01 12:00:00 +0200")->offset, 7'200'000'000);
  EXPECT_EQ(match("%F %T%z", "2024-05-01 12:00:00Z")->offset, 0);
  EXPECT_EQ(match("%F %T %Z", "2024-05-01 12:00:00 UTC")->offset, 0);
  const auto named = match("%F %T %Z", "2024-05-01 12:00:00 CEST");
  ASSERT_TRUE(named);
  EXPECT_FALSE(named->offset);
  EXPECT_EQ(named->abbreviation, "CEST");
  EXPECT_FALSE(match("%F %T %z", "2024-05-01 12:00:00 CEST"));
  EXPECT_FALSE(match("%F %T %Z", "2024-05-01 12:00:00 PM"));
}

TEST(TimePattern, takes_what_is_in_brackets_if_it_is_there) {
  constexpr const char* pattern = "%d.%m.%Y[ %H:%M[:%S]]";
  EXPECT_EQ(match(pattern, "1.5.2024")->has_time_of_day, false);
  EXPECT_EQ(match(pattern, "1.5.2024 12:30")->minute, 30);
  EXPECT_EQ(match(pattern, "1.5.2024 12:30:15")->second, 15);
  EXPECT_FALSE(match(pattern, "1.5.2024 12"));
  EXPECT_TRUE(match("%[%F%]", "[2024-05-01]"));
}

TEST(TimePattern, keeps_nothing_of_what_was_tried_and_not_there) {
  const auto fields = match("%F[ %H:%M][ %z]", "2024-05-01 +0200");
  ASSERT_TRUE(fields);
  EXPECT_FALSE(fields->has_time_of_day);
  EXPECT_EQ(fields->offset, 7'200'000'000);
}

TEST(TimePattern, takes_one_blank_for_one_or_more) {
  EXPECT_TRUE(match("%F %T", "2024-05-01 \t 12:00:00"));
  EXPECT_FALSE(match("%F %T", "2024-05-0112:00:00"));
}

TEST(TimePattern, reads_seconds_since_1970) {
  EXPECT_EQ(match("%s", "1714564800.25")->epoch, "1714564800.25");
  EXPECT_EQ(match("@%s", "@-5")->epoch, "-5");
  EXPECT_FALSE(match("%s", "-"));
  EXPECT_FALSE(match("%s", "1."));
}

TEST(TimePattern, is_refused_where_it_would_say_too_little_or_too_much) {
  EXPECT_EQ(fault("%d.%m."), "has no year: %Y or %y");
  EXPECT_EQ(fault("[%Y-]%m-%d"), "has its year in [brackets]");
  EXPECT_EQ(fault("%Y %d"), "has a day, and no month: %m or %b");
  EXPECT_EQ(fault("%F %I:%M"), "has one of %I and %p: they go together");
  EXPECT_EQ(fault("%F %H:%M %p"), "has one of %I and %p: they go together");
  EXPECT_EQ(fault("%F %M"), "has minutes, and no hours: %H");
  EXPECT_EQ(fault("%F %Y"), "says twice what %Y says");
  EXPECT_EQ(fault("%Y %y"), "says twice what %y says");
  EXPECT_EQ(fault("%s %Y"), "has %s, which says all, and more");
  EXPECT_EQ(fault("%F %Q"), "has %Q, which is not read");
  EXPECT_EQ(fault("%F %"), "ends with %");
  EXPECT_EQ(fault("%F[ %T"), "has a [ without its ]");
  EXPECT_EQ(fault("%F] %T"), "has a ] without its [");
  EXPECT_EQ(fault("%F[a][a][a][a][a][a][a][a][a]"), "has more than 8 parts in [brackets]");
  EXPECT_EQ(fault(std::string(201, '%')), "is longer than 200 bytes");
  EXPECT_EQ(fault(""), "has no year: %Y or %y");
}

}  // namespace
}  // namespace varve::tools
