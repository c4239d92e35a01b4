#include "tests/model/model.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "tests/support/plain_aggregates.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;

Change put(std::string key, Timestamp ts, Value value, std::optional<Duration> ttl = {}) {
  Change change;
  change.key = std::move(key);
  change.ts = ts;
  change.value = std::move(value);
  change.ttl = ttl;
  return change;
}

Change erase_prefix(std::string prefix) {
  Change change;
  change.kind = Change::Kind::erase_range;
  change.keys = KeySet::prefix(std::move(prefix));
  return change;
}

TEST(Model, a_later_change_of_a_batch_wins) {
  Model model(0);
  model.apply({{put("a", 1, 1.0), erase_prefix("a"), put("a", 2, 2.0), put("a", 2, 3.0)}, {}});
  EXPECT_EQ(model.all(), (std::vector<Record>{Record("a", 2, 3.0)}));
}

TEST(Model, an_expired_record_is_hidden_and_uncovers_nothing) {
  Model model(0);
  model.apply({{put("a", 0, 1.0)}, {}});
  model.apply({{put("a", 0, 2.0, 10us)}, {}});
  EXPECT_TRUE(model.get("a", 0));
  model.look_at_clock(10);
  EXPECT_FALSE(model.get("a", 0));
  EXPECT_TRUE(model.all().empty());
}

TEST(Model, what_a_clock_set_back_brings_back_is_doubtful) {
  constexpr Timestamp hour = Duration(1h).count();
  Model model(0);
  model.apply({{put("a", 0, 1.0, 1h), put("b", 0, 1.0)}, {}});
  model.look_at_clock(2 * hour);
  EXPECT_TRUE(model.doubtful().empty());
  model.look_at_clock(0);
  ASSERT_EQ(model.doubtful().size(), 1u);
  model.settle_doubts();
  EXPECT_TRUE(model.doubtful().empty());
  EXPECT_EQ(model.all().size(), 2u);
}

TEST(Model, bounds_take_in_their_beginning_and_not_their_end) {
  EXPECT_TRUE(KeySet::range("b", "c").contains("b"));
  EXPECT_TRUE(KeySet::range("b", "c").contains("b\xFF"));
  EXPECT_FALSE(KeySet::range("b", "c").contains("c"));
  EXPECT_TRUE(KeySet::range("b", std::nullopt).contains("\xFF\xFF"));
  EXPECT_TRUE(KeySet::prefix("\xFF").contains("\xFF\xFF"));
  EXPECT_TRUE(contains({1, 3}, 1));
  EXPECT_FALSE(contains({1, 3}, 3));
  EXPECT_TRUE(contains({}, never));
  EXPECT_FALSE(contains({{}, never}, never));
}

TEST(Model, limits_count_in_all_and_per_series) {
  Model model(0);
  model.apply({{put("a", 1, 1.0), put("a", 2, 2.0), put("b", 1, 3.0), put("b", 2, 4.0)}, {}});
  Selection selection;
  selection.per_series = 1;
  selection.newest_first = true;
  EXPECT_EQ(model.query(selection),
            (std::vector<Record>{Record("a", 2, 2.0), Record("b", 2, 4.0)}));
  selection.limit = 1;
  EXPECT_EQ(model.query(selection), (std::vector<Record>{Record("a", 2, 2.0)}));
  EXPECT_EQ(model.latest_n("b", 5).size(), 2u);
}

/// By the comparison that judges the engine.
std::string error_of(const Aggregation& aggregation, const std::vector<Record>& records,
                     const std::vector<Aggregate>& answers) {
  return difference_of(answers, plain_aggregates(records, {}, false, aggregation).value());
}

TEST(PlainAggregates, agree_only_with_a_right_answer) {
  const std::vector<Record> records = {Record("a", 1, 2.0), Record("a", 2, 5), Record("a", 3, "x"),
                                       Record("b", 1, true)};
  const auto error = [&](Aggregation aggregation, std::vector<Aggregate> answers) {
    return error_of(aggregation, records, answers);
  };
  EXPECT_EQ(error(Aggregation::sum, {{"a", 7.0}}), "");
  EXPECT_NE(error(Aggregation::sum, {{"a", 7.1}}), "");
  EXPECT_NE(error(Aggregation::sum, {}), "");
  EXPECT_NE(error(Aggregation::sum, {{"a", 7.0}, {"b", 0.0}}), "");
  EXPECT_EQ(error(Aggregation::mean, {{"a", 3.5}}), "");
  EXPECT_EQ(error(Aggregation::min, {{"a", 2.0}}), "");
  EXPECT_NE(error(Aggregation::max, {{"a", 2.0}}), "");
  EXPECT_EQ(error(Aggregation::count, {{"a", 3}, {"b", 1}}), "");
  EXPECT_EQ(error(Aggregation::first, {{"a", 2.0}, {"b", true}}), "");
  EXPECT_EQ(error(Aggregation::last, {{"a", "x"}, {"b", true}}), "");
  EXPECT_NE(error(Aggregation::last, {{"a", 5}, {"b", true}}), "");
}

TEST(PlainAggregates, pass_over_nan_beside_numbers) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Record> records = {Record("a", 1, nan), Record("a", 2, 5.0)};
  const std::vector<Aggregate> five = {{"a", 5.0}};
  const std::vector<Aggregate> none = {{"a", nan}};
  EXPECT_EQ(error_of(Aggregation::min, records, five), "");
  EXPECT_NE(error_of(Aggregation::min, records, none), "");
  EXPECT_EQ(error_of(Aggregation::sum, records, none), "");
  EXPECT_NE(error_of(Aggregation::sum, records, five), "");
}

TEST(PlainAggregates, know_of_no_record_that_is_a_stale_marker) {
  const std::vector<Record> records = {Record("a", 1, stale_marker), Record("a", 2, 5.0),
                                       Record("a", 3, stale_marker), Record("b", 1, stale_marker)};
  EXPECT_EQ(error_of(Aggregation::count, records, std::vector<Aggregate>{{"a", 1}}), "");
  EXPECT_EQ(error_of(Aggregation::last, records, std::vector<Aggregate>{{"a", 5.0}}), "");
  EXPECT_NE(error_of(Aggregation::count, records, std::vector<Aggregate>{{"a", 3}, {"b", 1}}), "");
}

}  // namespace
}  // namespace varve::test
