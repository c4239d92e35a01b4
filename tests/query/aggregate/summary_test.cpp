#include "query/aggregate/summary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "tests/support/random.hpp"

namespace varve::query {
namespace {

using Limits = std::numeric_limits<double>;

const std::vector<Aggregation> every_function = {
    Aggregation::count,    Aggregation::sum,   Aggregation::min,          Aggregation::max,
    Aggregation::mean,     Aggregation::first, Aggregation::last,         Aggregation::stddev,
    Aggregation::increase, Aggregation::rate,  Aggregation::quantile(0.5)};

/// A column of one series, a record a second.
template <class T>
class Series {
 public:
  explicit Series(std::vector<T> values, Timestamp from = 0) : values_(std::move(values)) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      times_.push_back(from + static_cast<Timestamp>(i) * 1'000'000);
    }
  }
  Block block() const {
    return Block("k", std::is_same_v<T, double> ? ValueType::double_ : ValueType::int64, times_,
                 values_.data(), {});
  }
  std::size_t size() const { return values_.size(); }
  const std::vector<T>& values() const { return values_; }
  const std::vector<Timestamp>& times() const { return times_; }

 private:
  std::vector<T> values_;
  std::vector<Timestamp> times_;
};

template <class T>
Summary summary_of(const Series<T>& series) {
  Summary summary(Needs::of(every_function));
  summary.add(series.block(), 0, series.size(), false);
  return summary;
}

Value value(const Summary& summary, const Aggregation& function) {
  return summary.value(function).value();
}

TEST(Summary, has_each_function_of_doubles) {
  const Summary summary = summary_of(Series<double>({2, 4, 4, 4, 5, 5, 7, 9}));
  EXPECT_EQ(value(summary, Aggregation::count), Value(8));
  EXPECT_EQ(value(summary, Aggregation::sum), Value(40.0));
  EXPECT_EQ(value(summary, Aggregation::min), Value(2.0));
  EXPECT_EQ(value(summary, Aggregation::max), Value(9.0));
  EXPECT_EQ(value(summary, Aggregation::mean), Value(5.0));
  EXPECT_EQ(value(summary, Aggregation::first), Value(2.0));
  EXPECT_EQ(value(summary, Aggregation::last), Value(9.0));
  EXPECT_EQ(value(summary, Aggregation::stddev), Value(2.0));
  EXPECT_EQ(value(summary, Aggregation::increase), Value(7.0));
  EXPECT_EQ(value(summary, Aggregation::rate), Value(1.0));
  EXPECT_EQ(value(summary, Aggregation::quantile(0.5)), Value(4.5));
}

TEST(Summary, keeps_int64s_where_a_double_could_not) {
  constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
  const Summary summary = summary_of(Series<std::int64_t>({greatest, greatest - 1, greatest}));
  EXPECT_EQ(value(summary, Aggregation::min), Value(greatest - 1));
  EXPECT_EQ(value(summary, Aggregation::max), Value(greatest));
  EXPECT_EQ(value(summary, Aggregation::sum), Value(3 * 0x1p63));
  EXPECT_EQ(value(summary, Aggregation::first), Value(greatest));
}

TEST(Summary, of_nothing_has_no_value) {
  const Summary summary(Needs::of(every_function));
  for (const Aggregation& function : every_function) EXPECT_FALSE(summary.value(function));
}

TEST(Summary, of_one_number_has_no_step) {
  const Summary summary = summary_of(Series<double>({3}));
  EXPECT_FALSE(summary.value(Aggregation::increase));
  EXPECT_FALSE(summary.value(Aggregation::rate));
  EXPECT_EQ(value(summary, Aggregation::stddev), Value(0.0));
}

TEST(Summary, takes_extremes_past_nan_and_tells_zeros_apart) {
  const double nan = Limits::quiet_NaN();
  EXPECT_EQ(value(summary_of(Series<double>({nan, 5, nan, 3})), Aggregation::min), Value(3.0));
  EXPECT_EQ(value(summary_of(Series<double>({nan, 5, nan, 3})), Aggregation::max), Value(5.0));
  EXPECT_TRUE(std::isnan(value(summary_of(Series<double>({nan})), Aggregation::min).as_double()));
  for (const auto& zeros : {std::vector{0.0, -0.0, 0.0}, std::vector{-0.0, 0.0}}) {
    EXPECT_EQ(value(summary_of(Series(zeros)), Aggregation::min), Value(-0.0));
    EXPECT_EQ(value(summary_of(Series(zeros)), Aggregation::max), Value(0.0));
  }
  const double infinity = Limits::infinity();
  EXPECT_EQ(value(summary_of(Series<double>({infinity, nan})), Aggregation::min), Value(infinity));
  EXPECT_EQ(value(summary_of(Series<double>({-infinity})), Aggregation::max), Value(-infinity));
}

TEST(Summary, passes_over_stale_markers_as_if_they_were_not_there) {
  constexpr double stale = stale_marker;
  const Series<double> with({stale, 5, stale, stale, 3, 8, stale});
  const std::vector<double> readings = {5, 3, 8};
  const std::vector<Timestamp> times = {1'000'000, 4'000'000, 5'000'000};
  const Block without("k", ValueType::double_, times, readings.data(), {});
  const std::vector<double> reversed(with.values().rbegin(), with.values().rend());
  const std::vector<Timestamp> reversed_times(with.times().rbegin(), with.times().rend());
  const Block backwards("k", ValueType::double_, reversed_times, reversed.data(), {});
  Summary expected(Needs::of(every_function));
  expected.add(without, 0, readings.size(), false);
  Summary newest_first(Needs::of(every_function));
  newest_first.add(backwards, 0, reversed.size(), true);
  const Summary oldest_first = summary_of(with);
  EXPECT_EQ(value(oldest_first, Aggregation::count), Value(3));
  EXPECT_EQ(value(oldest_first, Aggregation::last), Value(8.0));
  for (const Aggregation& function : every_function) {
    EXPECT_EQ(oldest_first.value(function), expected.value(function)) << function.name();
    if (function == Aggregation::stddev) continue;  // Its bits depend on the direction.
    EXPECT_EQ(newest_first.value(function), expected.value(function)) << function.name();
  }
}

TEST(Summary, of_stale_markers_alone_has_no_value) {
  const Summary summary = summary_of(Series<double>({stale_marker, stale_marker}));
  for (const Aggregation& function : every_function) {
    EXPECT_FALSE(summary.value(function)) << function.name();
  }
}

TEST(Summary, looks_for_stale_markers_only_where_it_was_told_to) {
  const Series<double> series({1, stale_marker, 2, 4, stale_marker, 8});
  Summary summary(Needs::of(every_function));
  summary.add(series.block(), 1, 5, false);
  EXPECT_EQ(value(summary, Aggregation::sum), Value(6.0));
  EXPECT_EQ(value(summary, Aggregation::count), Value(2));
}

TEST(Summary, compares_numbers_of_both_types_by_value) {
  Summary summary(Needs::of(every_function));
  const Series<double> doubles({0x1p53, 7.0});
  const Series<std::int64_t> whole({(std::int64_t{1} << 53) + 1, 7}, 10'000'000);
  summary.add(doubles.block(), 0, 2, false);
  summary.add(whole.block(), 0, 2, false);
  EXPECT_EQ(value(summary, Aggregation::max), Value((std::int64_t{1} << 53) + 1));
  EXPECT_EQ(value(summary, Aggregation::min), Value(std::int64_t{7})) << "of equals the int64";
}

TEST(Summary, takes_a_counters_fall_for_a_reset) {
  const Summary summary = summary_of(Series<std::int64_t>({5, 8, 2, 2, 10, 0, 1}));
  EXPECT_EQ(value(summary, Aggregation::increase), Value(3.0 + 2 + 8 + 0 + 1));
  EXPECT_EQ(value(summary, Aggregation::rate), Value(14.0 / 6));
  const Summary with_gap = summary_of(Series<double>({1, Limits::quiet_NaN(), 4}));
  EXPECT_EQ(value(with_gap, Aggregation::increase), Value(3.0));
}

TEST(Summary, steps_between_far_int64s_do_not_overflow) {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(value(summary_of(Series<std::int64_t>({least, greatest})), Aggregation::increase),
            Value(0x1p64));
}

TEST(Summary, deviates_stably_far_from_zero) {
  std::vector<double> values;
  for (int i = 0; i < 10'000; ++i) values.push_back(1e9 + i % 2);
  EXPECT_NEAR(value(summary_of(Series(values)), Aggregation::stddev).as_double(), 0.5, 1e-9);
  EXPECT_EQ(value(summary_of(Series(std::vector<double>(1'000, 0.1))), Aggregation::stddev),
            Value(0.0));
  std::vector<double> rising;
  for (int i = 0; i < 1'000; ++i) rising.push_back(i);
  EXPECT_NEAR(value(summary_of(Series(rising)), Aggregation::stddev).as_double(),
              std::sqrt((1e6 - 1) / 12), 1e-9);
}

/// In pieces, forwards and backwards: only the bits of a deviation may depend on the direction.
TEST(Summary, is_the_same_however_the_records_are_cut) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  std::vector<double> values;
  for (int i = 0; i < 3'000; ++i) {
    values.push_back(std::ldexp(random.fraction() - 0.3, static_cast<int>(random.below(60)) - 30));
  }
  const Series<double> series(values);
  const Summary expected = summary_of(series);
  const std::vector<double> reversed(values.rbegin(), values.rend());
  const std::vector<Timestamp> times(series.times().rbegin(), series.times().rend());
  const Block backwards("k", ValueType::double_, times, reversed.data(), {});
  for (int round = 0; round < 20; ++round) {
    for (const bool newest_first : {false, true}) {
      Summary summary(Needs::of(every_function));
      for (std::size_t begin = 0; begin < series.size();) {
        const std::size_t end =
            std::min(series.size(), begin + static_cast<std::size_t>(random.below(200)));
        summary.add(newest_first ? backwards : series.block(), begin, end, newest_first);
        begin = end;
      }
      for (const Aggregation& function : every_function) {
        if (newest_first && function == Aggregation::stddev) continue;
        EXPECT_EQ(summary.value(function), expected.value(function)) << function.name();
      }
    }
  }
}

template <class T>
BlockStatistics statistics_of(const Series<T>& series) {
  return {series.size(), series.times().front(), series.times().back(),
          engine::statistics_of(std::span(series.values())).value()};
}

TEST(Summary, takes_a_blocks_statistics_for_its_rows) {
  const std::vector<Aggregation> functions = {
      Aggregation::count, Aggregation::sum,   Aggregation::min, Aggregation::max,
      Aggregation::mean,  Aggregation::first, Aggregation::last};
  const Needs needs = Needs::of(functions);
  const Series<double> doubles({20.7, 0.0, -0.0, 21.9});
  const Series<std::int64_t> whole({9, 40, std::numeric_limits<std::int64_t>::max()}, 100'000'000);
  Summary rows(needs);
  rows.add(doubles.block(), 0, doubles.size(), false);
  rows.add(whole.block(), 0, whole.size(), false);
  Summary statistics(needs);
  statistics.add(statistics_of(doubles));
  statistics.add(statistics_of(whole));
  for (const Aggregation& function : functions) {
    EXPECT_EQ(statistics.value(function), rows.value(function)) << function.name();
  }
}

TEST(Summary, needs_rows_where_statistics_do_not_tell) {
  const auto suffice = [](const Aggregation& function) {
    return Needs::of(std::span(&function, 1)).statistics_suffice();
  };
  EXPECT_TRUE(suffice(Aggregation::mean) && suffice(Aggregation::last));
  EXPECT_FALSE(suffice(Aggregation::stddev));
  EXPECT_FALSE(suffice(Aggregation::rate));
  EXPECT_FALSE(suffice(Aggregation::quantile(0.5)));
}

}  // namespace
}  // namespace varve::query
