#include "query/aggregate/buckets.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "varve/aggregation.hpp"

namespace varve::query {
namespace {

using engine::TimeSpan;

constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();

TimeSpan span_at(const Buckets& buckets, Timestamp ts) {
  return buckets.span_of(buckets.number_of(ts));
}

TEST(Buckets, begin_at_multiples_of_their_width) {
  const Buckets buckets(Duration(10), Duration(0));
  EXPECT_EQ(span_at(buckets, 0), (TimeSpan{0, 9}));
  EXPECT_EQ(span_at(buckets, 9), (TimeSpan{0, 9}));
  EXPECT_EQ(span_at(buckets, 10), (TimeSpan{10, 19}));
}

TEST(Buckets, are_as_wide_before_the_epoch) {
  const Buckets buckets(Duration(10), Duration(0));
  EXPECT_EQ(span_at(buckets, -1), (TimeSpan{-10, -1}));
  EXPECT_EQ(span_at(buckets, -10), (TimeSpan{-10, -1}));
  EXPECT_EQ(span_at(buckets, -11), (TimeSpan{-20, -11}));
}

TEST(Buckets, move_by_the_offset_but_for_whole_widths) {
  for (const std::int64_t offset : {3, 13, -7, -17}) {
    const Buckets buckets(Duration(10), Duration(offset));
    EXPECT_EQ(span_at(buckets, 3), (TimeSpan{3, 12})) << offset;
    EXPECT_EQ(span_at(buckets, 2), (TimeSpan{-7, 2})) << offset;
  }
}

TEST(Buckets, end_where_int64_does) {
  for (const std::int64_t width : {std::int64_t{1}, std::int64_t{2}, std::int64_t{10}, greatest}) {
    for (const std::int64_t offset : {std::int64_t{0}, std::int64_t{1}, greatest, least}) {
      const Buckets buckets{Duration(width), Duration(offset)};
      for (const Timestamp ts : {least, least + 1, Timestamp{-1}, Timestamp{0}, greatest}) {
        const TimeSpan span = span_at(buckets, ts);
        EXPECT_TRUE(span.contains(ts)) << width << " " << offset << " " << ts;
        EXPECT_EQ(buckets.start_of(buckets.number_of(ts)), span.first);
      }
    }
  }
  EXPECT_EQ(span_at(Buckets(Duration(1'000), Duration(0)), least).first, least);
  EXPECT_EQ(span_at(Buckets(Duration(1'000), Duration(0)), greatest).last, greatest);
}

TEST(Buckets, without_a_width_are_all_of_time) {
  const Buckets buckets;
  EXPECT_EQ(buckets.number_of(least), buckets.number_of(greatest));
  EXPECT_EQ(buckets.span_of(0), TimeSpan());
}

TEST(Aggregation, says_which_bucket_holds_a_moment) {
  const Aggregation tens = Aggregation::mean.every(Duration(10));
  EXPECT_EQ(tens.bucket_of(19), TimeRange(10, 20));
  EXPECT_EQ(tens.bucket_of(-1), TimeRange(-10, 0));
  EXPECT_EQ(tens.offset(Duration(-7)).bucket_of(12), TimeRange(3, 13));
}

TEST(Aggregation, has_an_open_bucket_where_time_ends) {
  const Aggregation tens = Aggregation::mean.every(Duration(10));
  EXPECT_EQ(tens.bucket_of(greatest), TimeRange(greatest / 10 * 10, {}));
  EXPECT_EQ(tens.bucket_of(least), TimeRange(least, least / 10 * 10));
}

TEST(Aggregation, without_buckets_has_all_of_time_as_one) {
  EXPECT_EQ(Aggregation::mean.bucket_of(5), TimeRange());
  EXPECT_EQ(Aggregation::mean.every(Duration(0)).bucket_of(5), TimeRange());
}

}  // namespace
}  // namespace varve::query
