// The oracle's own word, against examples that one can check by eye.

#include "tests/differential/oracle.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "tests/differential/exact_total.hpp"
#include "tests/differential/plan.hpp"
#include "tests/differential/recomputed.hpp"
#include "tests/differential/twin_batch.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double greatest = std::numeric_limits<double>::max();
constexpr double least = std::numeric_limits<double>::denorm_min();

Oracle oracle_of(const std::vector<Record>& records) {
  Oracle oracle(0);
  for (const Record& record : records) oracle.put(record);
  return oracle;
}

double total(std::initializer_list<Value> numbers) {
  ExactTotal sum;
  for (const Value& number : numbers) sum.add(number);
  return sum.rounded();
}

TEST(ExactTotal, rounds_once_and_to_the_even_of_two_neighbours) {
  EXPECT_EQ(total({1e300, 1.0, -1e300}), 1.0);
  EXPECT_EQ(total({0.1, 0.2, 0.3}), 0.6);
  EXPECT_EQ(total({9007199254740992.0, 1.0}), 9007199254740992.0);
  EXPECT_EQ(total({9007199254740992.0, 1.0, least}), 9007199254740994.0);
  EXPECT_EQ(total({9007199254740994.0, 1.0}), 9007199254740996.0);
  EXPECT_EQ(total({-9007199254740992.0, -1.0, -least}), -9007199254740994.0);
}

TEST(ExactTotal, takes_every_finite_number) {
  EXPECT_EQ(total({least, least}), 2 * least);
  EXPECT_EQ(total({greatest, -greatest, -least}), -least);
  EXPECT_EQ(total({greatest, greatest, -greatest}), greatest);
  EXPECT_EQ(total({greatest, greatest}), infinity);
  EXPECT_EQ(total({std::numeric_limits<std::int64_t>::min(), 0.5}), -0x1p63);
  EXPECT_EQ(total({std::numeric_limits<std::int64_t>::min(),
                   std::numeric_limits<std::int64_t>::max(), 0.5}),
            -0.5);
}

TEST(ExactTotal, of_nothing_is_zero_and_of_opposite_infinities_no_number) {
  EXPECT_EQ(total({infinity, 1.0}), infinity);
  EXPECT_TRUE(std::isnan(total({infinity, -infinity})));
  EXPECT_TRUE(std::isnan(total({1.0, std::nan("")})));
  EXPECT_FALSE(std::signbit(total({-0.0, -0.0})));
}

TEST(Oracle, an_expired_record_is_not_shown_and_shows_nothing_older) {
  Oracle oracle(0);
  oracle.put({"a", 1, 1.0});
  oracle.put({"a", 1, 2.0, 10});
  EXPECT_EQ(oracle.get("a", 1), Record("a", 1, 2.0, 10));
  oracle.look_at(10);
  EXPECT_EQ(oracle.get("a", 1), std::nullopt);
  EXPECT_TRUE(oracle.keeps_any("a"));
}

TEST(Oracle, stands_still_while_the_wall_goes_back_a_little) {
  Oracle oracle(1'000'000'000);
  oracle.look_at(999'000'000);
  EXPECT_EQ(oracle.now(), 1'000'000'000);
}

TEST(Oracle, limits_count_in_all_and_of_each_series) {
  const Oracle oracle =
      oracle_of({{"a", 1, 1.0}, {"a", 2, 2.0}, {"a", 3, 3.0}, {"b", 1, 4.0}, {"b", 2, 5.0}});
  Question question;
  question.query.newest_first().per_series(2).limit(3);
  EXPECT_EQ(oracle.records(question),
            (std::vector<Record>{{"a", 3, 3.0}, {"a", 2, 2.0}, {"b", 2, 5.0}}));
  EXPECT_EQ(oracle.series(question), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(oracle.latest("a", 2, 2), (std::vector<Record>{{"a", 2, 2.0}, {"a", 1, 1.0}}));
}

TEST(TwinBatch, does_to_the_oracle_what_its_operations_say_in_their_order) {
  TwinBatch batch(Duration(5us), 10'000);
  batch.put("a", 1, 1.0);
  batch.put("b", 1, 1.0, 0us);
  batch.erase_prefix("a", {});
  batch.put_until("a", 2, 2.0, never);
  Oracle oracle(0);
  batch.apply_to(oracle);
  EXPECT_EQ(oracle.records({}), (std::vector<Record>{{"a", 2, 2.0, 7}, {"b", 1, 1.0, 1}}));
  EXPECT_EQ(batch.size(), batch.batch().size());
  EXPECT_EQ(batch.expired_at(0), std::nullopt);
}

/// The values of the answers, of all records under one key.
std::vector<std::optional<Value>> values(const std::vector<Record>& records,
                                         const Aggregation& aggregation) {
  std::vector<std::optional<Value>> found;
  for (const Recomputed& answer : recompute(oracle_of(records), {}, aggregation).answers) {
    found.push_back(answer.value);
  }
  return found;
}

using Values = std::vector<std::optional<Value>>;

TEST(Recomputed, takes_numbers_of_both_types_by_their_value) {
  const std::vector<Record> records = {{"a", 1, 2.0}, {"a", 2, 2}, {"a", 3, "x"}, {"a", 4, 5.5}};
  EXPECT_EQ(values(records, Aggregation::count), Values{Value(4)});
  EXPECT_EQ(values(records, Aggregation::sum), Values{Value(9.5)});
  EXPECT_EQ(values(records, Aggregation::min), Values{Value(2)});
  EXPECT_EQ(values(records, Aggregation::max), Values{Value(5.5)});
  EXPECT_EQ(values(records, Aggregation::first), Values{Value(2.0)});
  EXPECT_EQ(values(records, Aggregation::quantile(0.5)), Values{Value(2.0)});
}

TEST(Recomputed, counts_a_counters_step_where_it_ends_and_a_reset_as_itself) {
  const std::vector<Record> records = {
      {"a", 0, 10}, {"a", 1'000'000, 15}, {"a", 2'000'000, 3}, {"a", 3'000'000, 4}};
  EXPECT_EQ(values(records, Aggregation::increase), Values{Value(9.0)});
  EXPECT_EQ(values(records, Aggregation::rate), Values{Value(3.0)});
  EXPECT_EQ(values(records, Aggregation::increase.every(2s)), (Values{Value(5.0), Value(4.0)}));
}

TEST(Recomputed, knows_of_no_record_that_is_a_stale_marker) {
  const std::vector<Record> records = {
      {"a", 0, 1.0}, {"a", 1, stale_marker}, {"a", 2, 3.0}, {"a", 3, stale_marker}};
  EXPECT_EQ(values(records, Aggregation::count), Values{Value(2)});
  EXPECT_EQ(values(records, Aggregation::last), Values{Value(3.0)});
  EXPECT_EQ(values(records, Aggregation::sum.every(1us)), (Values{Value(1.0), Value(3.0)}));
  EXPECT_EQ(values({{"a", 0, stale_marker}}, Aggregation::count), Values{});
}

TEST(Recomputed, fills_what_lies_between_values) {
  const std::vector<Record> records = {{"a", 0, 1.0}, {"a", 2, 3.0}};
  const Aggregation sum = Aggregation::sum.every(1us);
  EXPECT_EQ(values(records, sum), (Values{Value(1.0), Value(3.0)}));
  EXPECT_EQ(values(records, sum.fill(Fill::null)), (Values{Value(1.0), {}, Value(3.0)}));
  EXPECT_EQ(values(records, sum.fill(Fill::previous)),
            (Values{Value(1.0), Value(1.0), Value(3.0)}));
  EXPECT_EQ(values(records, sum.fill(Fill::linear)), (Values{Value(1.0), Value(2.0), Value(3.0)}));
}

TEST(Recomputed, lays_moments_before_1970_into_buckets_as_later_ones) {
  const auto answers =
      recompute(oracle_of({{"a", -1, 1.0}, {"a", 0, 2.0}}), {}, Aggregation::sum.every(10us))
          .answers;
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].ts, -10);
  EXPECT_EQ(answers[1].ts, 0);
}

TEST(Recomputed, agrees_with_the_same_bits_or_with_what_is_near_enough) {
  Recomputed expected;
  expected.value = 1.0;
  EXPECT_TRUE(expected.agrees_with({{}, Value(1.0), 0}));
  EXPECT_FALSE(expected.agrees_with({{}, Value(1.0 + 1e-15), 0}));
  EXPECT_FALSE(expected.agrees_with({{}, Value(1), 0}));
  EXPECT_FALSE(expected.agrees_with({{}, {}, 0}));
  expected.off = 1e-12;
  EXPECT_TRUE(expected.agrees_with({{}, Value(1.0 + 1e-15), 0}));
  EXPECT_FALSE(expected.agrees_with({{}, Value(1.1), 0}));
}

TEST(Plan, is_shortened_to_the_steps_that_make_it_fail) {
  Plan plan{1, {}};
  for (std::uint64_t i = 0; i < 40; ++i) plan.turns.push_back({Deed::ask, i});
  const auto fails = [](const Plan& tried) {
    bool has_7 = false;
    bool has_31 = false;
    for (const Turn& turn : tried.turns) {
      has_7 |= turn.seed == 7;
      has_31 |= turn.seed == 31;
    }
    return has_7 && has_31;
  };
  const Plan shorter = shortened(plan, fails, 1'000);
  ASSERT_EQ(shorter.turns.size(), 2u);
  EXPECT_EQ(shorter.turns[0].seed, 7u);
  EXPECT_EQ(shorter.turns[1].seed, 31u);
}

}  // namespace
}  // namespace varve::test
