#include "engine/record/key.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "engine/record/time_span.hpp"

namespace varve::engine {
namespace {

Error refusal(std::string_view first, std::optional<std::string_view> end, TimeRange times = {}) {
  const Status checked = check_range(first, end, times);
  return checked ? Error() : checked.error();
}

TEST(Ranges, that_end_where_they_begin_are_fine) {
  EXPECT_FALSE(refusal("k", "k").code);
  EXPECT_FALSE(refusal("", {}, TimeRange(7, 7)).code);
}

TEST(Ranges, that_end_before_they_begin_are_refused_and_say_where) {
  const Error keys = refusal("b", "a");
  EXPECT_EQ(keys.code, Errc::invalid_argument);
  EXPECT_EQ(keys.where, "a range of keys that ends before it begins: [b, a)");
  const Error times = refusal("a", "b", TimeRange(2, 1));
  EXPECT_EQ(times.code, Errc::invalid_argument);
  EXPECT_EQ(times.where, "a range of time that ends before it begins: [2, 1)");
}

TEST(Ranges, of_keys_go_up_to_the_one_just_above_the_longest) {
  const std::string longest(Record::key_size_max, 'k');
  EXPECT_FALSE(refusal(longest, longest + '\0').code);
  EXPECT_EQ(refusal(longest + "kk", {}).code, Errc::invalid_argument);
  EXPECT_EQ(refusal("", longest + "kk").code, Errc::invalid_argument);
}

TEST(Ranges, show_no_more_than_the_beginning_of_long_keys) {
  EXPECT_LT(refusal(std::string(1'000, 'b'), std::string(1'000, 'a')).where.size(), 200u);
}

constexpr Duration far = std::chrono::seconds(1);

TEST(TimeSpan, lies_far_from_a_moment_if_one_end_does) {
  EXPECT_FALSE(lies_far_from(5'000'000, {4'000'000, 6'000'000}, far));
  EXPECT_TRUE(lies_far_from(5'000'000, {3'999'999, 5'000'000}, far));
  EXPECT_TRUE(lies_far_from(5'000'000, {5'000'000, 6'000'001}, far));
  EXPECT_FALSE(lies_far_from(5'000'000, {1, 0}, far)) << "there is nothing in it";
}

TEST(TimeSpan, lies_far_from_no_moment_that_is_near_the_ends_of_time) {
  constexpr Timestamp last = std::numeric_limits<Timestamp>::max();
  constexpr Timestamp first = std::numeric_limits<Timestamp>::min();
  EXPECT_FALSE(lies_far_from(last, {last - 1, last}, far));
  EXPECT_FALSE(lies_far_from(first, {first, first + 1}, far));
  EXPECT_TRUE(lies_far_from(first, {last, last}, far));
}

}  // namespace
}  // namespace varve::engine
