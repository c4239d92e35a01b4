#include "tools/varve/answers/calendar_query.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {
namespace {

using Texts = std::vector<std::string>;
using Unit = CalendarStep::Unit;

constexpr std::int64_t hour = 3'600'000'000;

Timestamp moment(std::string_view text) { return parse_time(text, TimeUnit::microseconds).value(); }

/// A counter that grows by 1 an hour, from 2024-03-30T00:00Z on, for six days; in Berlin the 31st
/// has 23 hours.
class CalendarQuery : public testing::Test {
 protected:
  void SetUp() override {
    WriteBatch batch;
    const Timestamp begin = moment("2024-03-30");
    for (int i = 0; i < 6 * 24; ++i) batch.put("meter", begin + i * hour, std::int64_t{i});
    ASSERT_TRUE(engine_.write(std::move(batch)));
  }

  /// "2024-03-30T23:00 23" for each answer.
  Texts answers(const Query& query, const Aggregation& aggregation, CalendarBuckets buckets) {
    if (buckets.zone == nullptr) buckets.zone = TimeZone::find("Europe/Berlin");
    const auto found = aggregate_by_calendar(engine_, query, aggregation, buckets, {});
    if (!found) return {found.error().message};
    Texts texts;
    for (const Aggregate& answer : *found) {
      texts.push_back(format_time(answer.ts).substr(0, 16) + ' ' +
                      (answer.value ? value_line(answer.value->view()) : "-"));
    }
    return texts;
  }

  Engine engine_ = Engine::open_in_memory().value();
};

TEST_F(CalendarQuery, counts_the_hours_of_each_day_of_the_zone) {
  const Query days = Query::all().between(moment("2024-03-29T23:00Z"), moment("2024-04-02T22:00Z"));
  EXPECT_EQ(answers(days, Aggregation::count, {}),
            (Texts{"2024-03-29T23:00 23", "2024-03-30T23:00 23", "2024-03-31T22:00 24",
                   "2024-04-01T22:00 24"}));
}

TEST_F(CalendarQuery, begins_and_ends_with_the_records_where_the_range_is_open) {
  EXPECT_EQ(answers(Query::all(), Aggregation::count, {}),
            (Texts{"2024-03-29T23:00 23", "2024-03-30T23:00 23", "2024-03-31T22:00 24",
                   "2024-04-01T22:00 24", "2024-04-02T22:00 24", "2024-04-03T22:00 24",
                   "2024-04-04T22:00 2"}));
  EXPECT_EQ(answers(Query::key("none"), Aggregation::count, {}), Texts());
}

TEST_F(CalendarQuery, gives_a_counter_the_step_into_each_bucket_so_that_they_add_up) {
  EXPECT_EQ(answers(Query::all(), Aggregation::increase, {}),
            (Texts{"2024-03-29T23:00 22", "2024-03-30T23:00 23", "2024-03-31T22:00 24",
                   "2024-04-01T22:00 24", "2024-04-02T22:00 24", "2024-04-03T22:00 24",
                   "2024-04-04T22:00 2"}));
}

TEST_F(CalendarQuery, takes_months_and_newest_first) {
  CalendarBuckets buckets;
  buckets.step = {Unit::month, 1};
  buckets.newest_first = true;
  EXPECT_EQ(answers(Query::all(), Aggregation::last, buckets),
            (Texts{"2024-03-31T22:00 143", "2024-02-29T23:00 45"}));
}

TEST_F(CalendarQuery, keeps_the_answers_of_several_series_apart) {
  WriteBatch batch;
  batch.put("a", moment("2024-04-01T12:00Z"), 7.5);
  ASSERT_TRUE(engine_.write(std::move(batch)));
  CalendarBuckets buckets;
  buckets.step = {Unit::month, 1};
  EXPECT_EQ(answers(Query::all(), Aggregation::last, buckets),
            (Texts{"2024-03-31T22:00 7.5", "2024-02-29T23:00 45", "2024-03-31T22:00 143"}));
}

TEST_F(CalendarQuery, fills_days_without_a_value) {
  WriteBatch batch;
  batch.put("b", moment("2024-03-30T12:00Z"), 1.0);
  batch.put("b", moment("2024-04-02T12:00Z"), 4.0);
  ASSERT_TRUE(engine_.write(std::move(batch)));
  const Query query = Query::key("b");
  CalendarBuckets buckets;
  buckets.fill = Fill::null;
  EXPECT_EQ(answers(query, Aggregation::last, buckets),
            (Texts{"2024-03-29T23:00 1", "2024-03-30T23:00 -", "2024-03-31T22:00 -",
                   "2024-04-01T22:00 4"}));
  buckets.fill = Fill::previous;
  EXPECT_EQ(
      answers(Query(query).between(moment("2024-03-28T23:00Z"), {}), Aggregation::last, buckets),
      (Texts{"2024-03-28T23:00 -", "2024-03-29T23:00 1", "2024-03-30T23:00 1", "2024-03-31T22:00 1",
             "2024-04-01T22:00 4"}));
}

TEST_F(CalendarQuery, fills_on_the_line_between_the_values_around) {
  WriteBatch batch;
  batch.put("b", moment("2024-04-01T12:00Z"), 1.0);
  batch.put("b", moment("2024-04-04T12:00Z"), 4.0);
  ASSERT_TRUE(engine_.write(std::move(batch)));
  CalendarBuckets buckets;
  buckets.fill = Fill::linear;
  EXPECT_EQ(answers(Query::key("b"), Aggregation::last, buckets),
            (Texts{"2024-03-31T22:00 1", "2024-04-01T22:00 2", "2024-04-02T22:00 3",
                   "2024-04-03T22:00 4"}));
}

TEST_F(CalendarQuery, refuses_more_buckets_than_anybody_reads) {
  const Query query = Query::all().between(moment("0001-01-01"), moment("2030-01-01"));
  const auto refused = answers(query, Aggregation::count, {});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_NE(refused[0].find("over 100,000 spans"), std::string::npos) << refused[0];
}

TEST(CalendarStep, is_one_number_and_a_unit) {
  const auto is = [](std::string_view text, Unit unit, std::int64_t count) {
    const auto step = parse_calendar_step(text);
    return step && step->unit == unit && step->count == count;
  };
  EXPECT_TRUE(is("1d", Unit::day, 1));
  EXPECT_TRUE(is("2w", Unit::week, 2));
  EXPECT_TRUE(is("3mo", Unit::month, 3));
  EXPECT_TRUE(is("1000y", Unit::year, 1'000));
  for (const char* text : {"", "d", "0d", "1001d", "1h", "1m", "1d12h", "-1d", "1.5d", "1 d"}) {
    EXPECT_FALSE(parse_calendar_step(text)) << text;
  }
}

}  // namespace
}  // namespace varve::tools
