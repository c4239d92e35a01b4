#include "query/aggregate/gap_filler.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::query {
namespace {

using Answer = std::pair<std::int64_t, std::optional<Value>>;
using Answers = std::vector<Answer>;

/// A filler, and what it has given.
struct Filled {
  explicit Filled(Fill fill, bool newest_first = false) {
    plan.fill = fill;
    plan.newest_first = newest_first;
  }

  /// Offers the values of one series, and ends it.
  Status series(const std::vector<std::pair<std::int64_t, Value>>& values,
                std::string_view key = "k") {
    for (const auto& [bucket, value] : values) {
      if (Status offered = filler.offer(key, bucket, value); !offered) return offered;
    }
    return filler.end(key);
  }

  AggregationPlan plan;
  Answers answers;
  FilledSoFar filled;
  AnswerSink sink = [this](const BucketValue& answer) -> Status {
    answers.emplace_back(answer.bucket, answer.value);
    return {};
  };
  GapFiller filler{plan, 0, sink, filled};
};

TEST(GapFiller, adds_nothing_where_nothing_is_to_be_filled) {
  Filled none(Fill::none);
  none.plan.first_bucket = 0;
  none.plan.last_bucket = 9;
  ASSERT_TRUE(none.series({{2, 1.0}, {5, 2.0}}));
  EXPECT_EQ(none.answers, (Answers{{2, 1.0}, {5, 2.0}}));
}

TEST(GapFiller, fills_between_values_and_up_to_the_edges_that_the_query_has) {
  Filled empty(Fill::null);
  ASSERT_TRUE(empty.series({{2, 1.0}, {4, 2.0}}));
  EXPECT_EQ(empty.answers, (Answers{{2, 1.0}, {3, {}}, {4, 2.0}}));

  Filled edges(Fill::null);
  edges.plan.first_bucket = 1;
  edges.plan.last_bucket = 5;
  ASSERT_TRUE(edges.series({{2, 1.0}, {4, 2.0}}));
  EXPECT_EQ(edges.answers, (Answers{{1, {}}, {2, 1.0}, {3, {}}, {4, 2.0}, {5, {}}}));
}

TEST(GapFiller, goes_on_with_the_previous_value_in_time_in_both_directions) {
  Filled forward(Fill::previous);
  forward.plan.first_bucket = 1;
  ASSERT_TRUE(forward.series({{2, 1.0}, {4, 2.0}}));
  EXPECT_EQ(forward.answers, (Answers{{1, {}}, {2, 1.0}, {3, 1.0}, {4, 2.0}}));

  Filled back(Fill::previous, true);
  back.plan.last_bucket = 5;
  ASSERT_TRUE(back.series({{4, 2.0}, {2, 1.0}}));
  EXPECT_EQ(back.answers, (Answers{{5, 2.0}, {4, 2.0}, {3, 1.0}, {2, 1.0}}));
}

TEST(GapFiller, draws_a_line_between_numbers_and_none_to_bytes) {
  Filled line(Fill::linear);
  ASSERT_TRUE(line.series({{0, 1.0}, {4, 3.0}}));
  EXPECT_EQ(line.answers, (Answers{{0, 1.0}, {1, 1.5}, {2, 2.0}, {3, 2.5}, {4, 3.0}}));

  Filled bytes(Fill::linear);
  ASSERT_TRUE(bytes.series({{0, 1.0}, {2, "text"}}));
  EXPECT_EQ(bytes.answers, (Answers{{0, 1.0}, {1, {}}, {2, "text"}}));
}

TEST(GapFiller, carries_nothing_from_one_series_to_the_next) {
  Filled previous(Fill::previous);
  ASSERT_TRUE(previous.series({{0, 1.0}}));
  ASSERT_TRUE(previous.series({{3, 2.0}, {5, 4.0}}));
  EXPECT_EQ(previous.answers, (Answers{{0, 1.0}, {3, 2.0}, {4, 2.0}, {5, 4.0}}));
}

TEST(GapFiller, counts_what_it_puts_in_and_refuses_too_much) {
  Filled few(Fill::null);
  ASSERT_TRUE(few.series({{0, 1.0}, {4, 2.0}}));
  EXPECT_EQ(few.filled.buckets, 3u);

  Filled many(Fill::null);
  const auto refused =
      many.series({{0, 1.0}, {static_cast<std::int64_t>(Aggregation::filled_max) + 2, 2.0}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

TEST(GapFiller, refuses_too_many_bytes_of_values_before_it_puts_one_in) {
  const std::string large(10'000, 'v');
  Filled within(Fill::previous);
  ASSERT_TRUE(within.series({{0, Value(large)}, {1'001, "end"}}));
  EXPECT_EQ(within.filled.bytes, 1'000u * (large.size() + 1)) << "the key takes one";

  Filled beyond(Fill::previous);
  const auto refused = beyond.series({{0, Value(large)}, {10'001, "end"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_EQ(refused.error().where,
            "aggregate: fill() of more than 67108864 bytes of keys and values");
  EXPECT_EQ(beyond.answers.size(), 1u) << "the value itself";
}

TEST(GapFiller, counts_the_bytes_of_long_keys) {
  const std::string key(60'000, 'k');
  Filled null(Fill::null);
  EXPECT_TRUE(null.series({{0, 1.0}, {1'000, 2.0}}, key));
  EXPECT_FALSE(null.series({{0, 1.0}, {1'000, 2.0}}, key)) << "with what came before";
}

}  // namespace
}  // namespace varve::query
