#include "varve/aggregation.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "query/aggregate/aggregator.hpp"

namespace varve::query {
namespace {

using Answers = std::vector<Aggregate>;

constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();

struct Rows {
  std::string key;
  std::vector<Timestamp> times;
  std::vector<double> values;
};

/// Blocks of rows in time order, turned where the query is newest first.
Result<Answers> aggregate(const Query& query, const Aggregation& aggregation,
                          const std::vector<Rows>& blocks) {
  const auto plan = plan_of(query, std::span(&aggregation, 1));
  if (!plan) return std::unexpected(plan.error());
  Answers answers;
  const AnswerSink sink = [&](BucketValue answer) -> Status {
    answers.push_back(
        {std::string(answer.key), std::move(answer.value), plan->buckets.start_of(answer.bucket)});
    return {};
  };
  Aggregator aggregator(*plan, sink);
  for (Rows rows : blocks) {
    if (query.is_newest_first()) {
      std::ranges::reverse(rows.times);
      std::ranges::reverse(rows.values);
    }
    const Status added =
        aggregator.add(Block(rows.key, ValueType::double_, rows.times, rows.values.data(), {}));
    if (!added) return std::unexpected(added.error());
  }
  if (const Status finished = aggregator.finish(); !finished) {
    return std::unexpected(finished.error());
  }
  return answers;
}

std::string refusal(const Query& query, const Aggregation& aggregation) {
  const auto plan = plan_of(query, std::span(&aggregation, 1));
  EXPECT_FALSE(plan);
  if (plan) return {};
  EXPECT_EQ(plan.error().code, Errc::invalid_argument);
  return plan.error().where;
}

TEST(Aggregation, is_refused_by_the_name_of_what_is_wrong) {
  const Query all = Query::all();
  EXPECT_EQ(refusal(all, Aggregation::mean.every(Duration(0))),
            "aggregate: every(0 us) is below 1 us");
  EXPECT_EQ(refusal(all, Aggregation::mean.offset(Duration(5))),
            "aggregate: offset() without every()");
  EXPECT_EQ(refusal(all, Aggregation::mean.fill(Fill::null)), "aggregate: fill() without every()");
  EXPECT_EQ(refusal(all, Aggregation::quantile(1.5)),
            "aggregate: quantile(1.500000) is not from 0 to 1");
  EXPECT_EQ(refusal(all, Aggregation::quantile(std::numeric_limits<double>::quiet_NaN())),
            "aggregate: quantile(nan) is not from 0 to 1");
  EXPECT_EQ(refusal(all, Aggregation::mean.group_by_prefix(0)), "aggregate: group_by_prefix(0)");
}

TEST(Aggregation, has_a_short_name) {
  EXPECT_EQ(Aggregation::increase.name(), "increase");
  EXPECT_EQ(Aggregation::quantile(0.5).name(), "p50");
  EXPECT_EQ(Aggregation::quantile(0.999).name(), "p99.9");
  EXPECT_EQ(Aggregation::quantile(0.05).name(), "p5");
  EXPECT_EQ(Aggregation::quantile(0.1).name(), "p10");
  EXPECT_EQ(Aggregation::quantile(0).name(), "p0");
  EXPECT_EQ(Aggregation::quantile(1).name(), "p100");
  EXPECT_EQ(Aggregation::quantile(0.0001).name(), "p0.01");
}

TEST(Aggregation, cuts_series_at_the_edges_of_buckets) {
  const std::vector<Rows> blocks = {
      {"a", {-11, -10, -1, 0, 9}, {1, 2, 4, 8, 16}}, {"a", {10, 35}, {32, 64}}, {"b", {10}, {5}}};
  const Aggregation sum = Aggregation::sum.every(Duration(10));
  EXPECT_EQ(aggregate(Query::all(), sum, blocks).value(), (Answers{{"a", 1.0, -20},
                                                                   {"a", 6.0, -10},
                                                                   {"a", 24.0, 0},
                                                                   {"a", 32.0, 10},
                                                                   {"a", 64.0, 30},
                                                                   {"b", 5.0, 10}}));
  EXPECT_EQ(aggregate(Query::all(), sum.offset(Duration(-1)), {blocks[0]}).value(),
            (Answers{{"a", 3.0, -11}, {"a", 12.0, -1}, {"a", 16.0, 9}}));
}

TEST(Aggregation, of_the_ends_of_time_begins_within_int64) {
  const Aggregation sum = Aggregation::sum.every(Duration(1'000));
  EXPECT_EQ(aggregate(Query::all(), sum, {{"a", {least, greatest}, {1, 2}}}).value(),
            (Answers{{"a", 1.0, least}, {"a", 2.0, greatest / 1'000 * 1'000}}));
}

TEST(Aggregation, goes_against_time_where_the_query_does) {
  const Aggregation sum = Aggregation::sum.every(Duration(10));
  EXPECT_EQ(
      aggregate(Query::all().newest_first(), sum, {{"a", {0, 9, 10, 20}, {1, 2, 3, 4}}}).value(),
      (Answers{{"a", 4.0, 20}, {"a", 3.0, 10}, {"a", 3.0, 0}}));
}

TEST(Aggregation, fills_gaps_within_a_series_as_told) {
  const std::vector<Rows> blocks = {{"a", {0, 30}, {1, 4}}, {"b", {60}, {7}}};
  const Aggregation sum = Aggregation::sum.every(Duration(10));
  EXPECT_EQ(aggregate(Query::all(), sum.fill(Fill::null), blocks).value(),
            (Answers{{"a", 1.0, 0}, {"a", {}, 10}, {"a", {}, 20}, {"a", 4.0, 30}, {"b", 7.0, 60}}));
  EXPECT_EQ(
      aggregate(Query::all(), sum.fill(Fill::previous), blocks).value(),
      (Answers{{"a", 1.0, 0}, {"a", 1.0, 10}, {"a", 1.0, 20}, {"a", 4.0, 30}, {"b", 7.0, 60}}));
  EXPECT_EQ(
      aggregate(Query::all(), sum.fill(Fill::linear), blocks).value(),
      (Answers{{"a", 1.0, 0}, {"a", 2.0, 10}, {"a", 3.0, 20}, {"a", 4.0, 30}, {"b", 7.0, 60}}));
}

TEST(Aggregation, fills_to_the_ends_of_a_bounded_query) {
  const std::vector<Rows> blocks = {{"a", {10}, {1}}};
  const Query query = Query::all().between(-5, 21);
  const Aggregation sum = Aggregation::sum.every(Duration(10));
  EXPECT_EQ(aggregate(query, sum.fill(Fill::previous), blocks).value(),
            (Answers{{"a", {}, -10}, {"a", {}, 0}, {"a", 1.0, 10}, {"a", 1.0, 20}}));
  EXPECT_EQ(aggregate(query, sum.fill(Fill::linear), blocks).value(),
            (Answers{{"a", {}, -10}, {"a", {}, 0}, {"a", 1.0, 10}, {"a", {}, 20}}));
  Query backwards = query;
  EXPECT_EQ(aggregate(backwards.newest_first(), sum.fill(Fill::previous), blocks).value(),
            (Answers{{"a", 1.0, 20}, {"a", 1.0, 10}, {"a", {}, 0}, {"a", {}, -10}}));
}

TEST(Aggregation, does_not_fill_without_bounds) {
  const Aggregation fill = Aggregation::count.every(Duration(1)).fill(Fill::null);
  const auto last = static_cast<Timestamp>(Aggregation::filled_max) + 1;
  EXPECT_EQ(aggregate(Query::all(), fill, {{"a", {0, last}, {1, 2}}}).value().size(),
            Aggregation::filled_max + 2);
  const auto refused = aggregate(Query::all(), fill, {{"a", {0, last + 1}, {1, 2}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_EQ(refused.error().where, "aggregate: fill() of more than 1000000 buckets");
  EXPECT_FALSE(aggregate(Query::all(), fill, {{"a", {least, greatest}, {1, 2}}}));
  const Timestamp half = last / 2 + 2;
  EXPECT_FALSE(aggregate(Query::all(), fill, {{"a", {0, half}, {1, 2}}, {"b", {0, half}, {1, 2}}}))
      << "it counts for all series together";
}

TEST(Aggregation, puts_the_step_between_two_buckets_into_the_later) {
  const std::vector<Rows> blocks = {{"a", {0, 10}, {1, 4}}, {"a", {20, 25, 50}, {9, 2, 3}}};
  const Aggregation increase = Aggregation::increase.every(Duration(20));
  EXPECT_EQ(aggregate(Query::all(), increase, blocks).value(),
            (Answers{{"a", 3.0, 0}, {"a", 7.0, 20}, {"a", 1.0, 40}}));
  const std::vector<Rows> turned = {blocks[1], blocks[0]};
  EXPECT_EQ(aggregate(Query::all().newest_first(), increase, turned).value(),
            (Answers{{"a", 1.0, 40}, {"a", 7.0, 20}, {"a", 3.0, 0}}));
  EXPECT_EQ(
      aggregate(Query::all(), Aggregation::rate.every(Duration(20)), blocks).value(),
      (Answers{
          {"a", 3.0 / (10 / 1e6), 0}, {"a", 7.0 / (15 / 1e6), 20}, {"a", 1.0 / (25 / 1e6), 40}}));
}

TEST(Aggregation, joins_series_by_the_first_parts_of_their_keys) {
  const std::vector<Rows> blocks = {{"p", {0}, {100}},
                                    {"p/a", {0, 10}, {1, 2}},
                                    {"p/a/x", {5}, {4}},
                                    {"p/b", {30}, {8}},
                                    {"q/c", {0}, {16}}};
  const Aggregation by_first = Aggregation::sum.group_by_prefix(1);
  EXPECT_EQ(aggregate(Query::all(), by_first, blocks).value(),
            (Answers{{"p", 100.0}, {"p/", 15.0}, {"q/", 16.0}}));
  EXPECT_EQ(
      aggregate(Query::all(), by_first.every(Duration(10)), blocks).value(),
      (Answers{
          {"p", 100.0, 0}, {"p/", 5.0, 0}, {"p/", 2.0, 10}, {"p/", 8.0, 30}, {"q/", 16.0, 0}}));
  EXPECT_EQ(aggregate(Query::all(), Aggregation::sum.group_by_prefix(2), blocks).value(),
            (Answers{{"p", 100.0}, {"p/a", 3.0}, {"p/a/", 4.0}, {"p/b", 8.0}, {"q/c", 16.0}}));
  EXPECT_EQ(aggregate(Query::all(), Aggregation::first.group_by_prefix(1), {blocks[1], blocks[2]})
                .value(),
            (Answers{{"p/", 1.0}}));
}

TEST(Aggregation, adds_up_the_counters_of_a_group) {
  const std::vector<Rows> blocks = {
      {"p/a", {0, 1'000'000}, {10, 20}}, {"p/b", {0, 2'000'000}, {7, 3}}, {"p/c", {0}, {50}}};
  EXPECT_EQ(aggregate(Query::all(), Aggregation::increase.group_by_prefix(1), blocks).value(),
            (Answers{{"p/", 13.0}}));
  EXPECT_EQ(aggregate(Query::all(), Aggregation::rate.group_by_prefix(1), blocks).value(),
            (Answers{{"p/", 11.5}}));
}

TEST(Aggregation, holds_groups_whose_series_are_no_neighbours) {
  const Aggregation sum = Aggregation::sum.every(Duration(10));
  AggregationPlan plan = plan_of(Query::all(), std::span(&sum, 1)).value();
  plan.group_of = [](std::string_view key) -> Result<std::string> {
    return std::string(key.substr(key.size() - 1));
  };
  plan.groups_in_order = false;
  Answers answers;
  const AnswerSink sink = [&](BucketValue answer) -> Status {
    answers.push_back(
        {std::string(answer.key), std::move(answer.value), plan.buckets.start_of(answer.bucket)});
    return {};
  };
  Aggregator aggregator(plan, sink);
  const std::vector<double> values = {1, 2};
  const std::vector<Timestamp> times = {0, 10};
  for (const char* key : {"1b", "2a", "3b"}) {
    ASSERT_TRUE(aggregator.add(Block(key, ValueType::double_, times, values.data(), {})));
  }
  ASSERT_TRUE(aggregator.finish());
  EXPECT_EQ(answers, (Answers{{"a", 1.0, 0}, {"a", 2.0, 10}, {"b", 2.0, 0}, {"b", 4.0, 10}}));
}

TEST(Aggregation, takes_statistics_only_of_blocks_inside_of_a_bucket) {
  const Aggregation sum = Aggregation::sum.every(Duration(10));
  const AggregationPlan plan = plan_of(Query::all(), std::span(&sum, 1)).value();
  std::vector<double> sums;
  const AnswerSink sink = [&](const BucketValue& answer) -> Status {
    sums.push_back(answer.value->as_double());
    return {};
  };
  Aggregator aggregator(plan, sink);
  const auto block = [](std::int64_t value, Timestamp from, Timestamp to) {
    const std::vector<std::int64_t> values = {value, value};
    return BlockStatistics{2, from, to, engine::statistics_of(std::span(values)).value()};
  };
  const Covers covers = plan.covers();
  EXPECT_FALSE(covers(block(3, 9, 10)));
  for (const BlockStatistics& inside : {block(1, 0, 5), block(2, 6, 9), block(4, 10, 19)}) {
    EXPECT_TRUE(covers(inside));
    ASSERT_TRUE(aggregator.add("a", inside));
  }
  ASSERT_TRUE(aggregator.finish());
  EXPECT_EQ(sums, (std::vector<double>{6, 8}));
}

TEST(Aggregation, takes_no_statistics_where_they_do_not_say_what_is_asked) {
  const Aggregation median = Aggregation::quantile(0.5);
  EXPECT_FALSE(plan_of(Query::all(), std::span(&median, 1)).value().covers());
}

}  // namespace
}  // namespace varve::query
