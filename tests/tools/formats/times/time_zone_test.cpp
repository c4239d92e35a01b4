#include "tools/formats/times/time_zone.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve::tools {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t hour = 3'600 * second;
constexpr Timestamp summer_began = 1'711'846'800 * second;  // 2024-03-31T01:00:00Z
constexpr Timestamp summer_ended = 1'729'990'800 * second;  // 2024-10-27T01:00:00Z

const TimeZone& berlin() {
  const TimeZone* const zone = TimeZone::find("Europe/Berlin");
  EXPECT_NE(zone, nullptr) << "the package tzdata is missing";
  return *zone;
}

TEST(TimeZone, is_found_by_the_name_that_tzdata_gives_it) {
  EXPECT_EQ(berlin().name(), "Europe/Berlin");
  EXPECT_EQ(TimeZone::find("Europe/Berlin"), TimeZone::find("Europe/Berlin"));
  for (const char* name : {"", "Europe", "Europe/Berlim", "../../etc/passwd", "CEST+1", " UTC"}) {
    EXPECT_EQ(TimeZone::find(name), nullptr) << name;
  }
}

TEST(TimeZone, is_an_offset_too) {
  const TimeZone* const zone = TimeZone::find("-03:30");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->span_at(0).offset, -3 * hour - hour / 2);
  EXPECT_EQ(local_time(*zone, 0), -3 * hour - hour / 2);
  EXPECT_EQ(first_moment(*zone, 0), 3 * hour + hour / 2);
  EXPECT_EQ(TimeZone::find("UTC")->name(), "UTC");
  EXPECT_EQ(TimeZone::find("GMT")->name(), "UTC");
  EXPECT_EQ(TimeZone::find("+1"), nullptr);
  EXPECT_EQ(TimeZone::find("+24:00"), nullptr);
}

TEST(TimeZone, has_a_span_from_each_setting_of_its_clocks_to_the_next) {
  const ZoneSpan summer = berlin().span_at(summer_began);
  EXPECT_EQ(summer.from, summer_began);
  EXPECT_EQ(summer.to, summer_ended);
  EXPECT_EQ(summer.offset, 2 * hour);
  EXPECT_EQ(summer.abbreviation, "CEST");
  EXPECT_EQ(berlin().span_at(summer_began - 1).offset, hour);
  EXPECT_EQ(berlin().span_at(summer_ended).abbreviation, "CET");
}

TEST(TimeZone, reaches_from_the_first_moment_to_the_last) {
  constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
  constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();
  EXPECT_EQ(berlin().span_at(least).from, least);
  EXPECT_EQ(berlin().span_at(greatest).to, greatest);
  EXPECT_EQ(TimeZone::find("UTC")->span_at(0).from, least);
  EXPECT_EQ(berlin().meaning_of(least).kind, LocalMeaning::Kind::once);
  EXPECT_EQ(berlin().meaning_of(greatest).kind, LocalMeaning::Kind::once);
}

TEST(TimeZone, says_which_local_times_come_twice_and_which_never) {
  // 02:30 on the clock.
  const LocalMeaning spring = berlin().meaning_of(summer_began + hour + hour / 2);
  EXPECT_EQ(spring.kind, LocalMeaning::Kind::missing);
  EXPECT_EQ(spring.second.from, summer_began);
  const LocalMeaning autumn = berlin().meaning_of(summer_ended + hour + hour / 2);
  EXPECT_EQ(autumn.kind, LocalMeaning::Kind::repeated);
  EXPECT_EQ(autumn.first.offset, 2 * hour);
  EXPECT_EQ(autumn.second.offset, hour);
  EXPECT_EQ(berlin().meaning_of(summer_began).kind, LocalMeaning::Kind::once);
}

TEST(TimeZone, begins_a_repeated_time_with_its_first_pass_and_a_missing_one_with_what_follows) {
  EXPECT_EQ(first_moment(berlin(), summer_ended + hour + hour / 2), summer_ended - hour / 2);
  EXPECT_EQ(first_moment(berlin(), summer_began + hour + hour / 2), summer_began);
}

TEST(TimeZone, does_not_know_what_its_table_does_not_tell) {
  constexpr Timestamp first_of_2038 = 2'145'916'800 * second;
  EXPECT_TRUE(TimeZone::tables_are_there());
  EXPECT_TRUE(berlin().knows(first_of_2038 - 1));
  EXPECT_FALSE(berlin().knows(first_of_2038));
  // No summer time since 1951.
  EXPECT_TRUE(TimeZone::find("Asia/Tokyo")->knows(std::numeric_limits<Timestamp>::max()));
  EXPECT_TRUE(TimeZone::find("+01:00")->knows(std::numeric_limits<Timestamp>::max()));
}

TEST(TimeZone, has_names_that_are_like_a_text) {
  EXPECT_EQ(TimeZone::names_with("berlin", 3), std::vector<std::string>{"Europe/Berlin"});
  EXPECT_EQ(TimeZone::names_with("Europe/", 3).size(), 3U);
  EXPECT_TRUE(TimeZone::names_with("", 3).empty());
}

TEST(UtcOffset, is_taken_in_every_usual_form) {
  const auto taken = [](std::string_view text) {
    std::int64_t offset = -1;
    const bool is_there = take_utc_offset(text, offset);
    return is_there && text.empty() ? std::optional(offset) : std::nullopt;
  };
  for (const char* text : {"Z", "z", "UTC", "gmt", " Z", " UTC", "+00", "-0000"}) {
    EXPECT_EQ(taken(text), 0) << text;
  }
  for (const char* text : {"+01", "+0100", "+01:00", "GMT+0100", " +01:00", "UTC+01"}) {
    EXPECT_EQ(taken(text), hour) << text;
  }
  EXPECT_EQ(taken("-0330"), -3 * hour - hour / 2);
  for (const char* text :
       {"", " ", "+", "+1", "+1:00", "+01:", "+01:6", "+01:60", "CET", "01:00"}) {
    EXPECT_EQ(taken(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace varve::tools
