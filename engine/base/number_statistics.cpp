#include "engine/base/number_statistics.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

namespace varve::engine {

namespace {

// Of a double: 52 bits of fraction, and an exponent above them.
constexpr int fraction_bits = 52;
constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
constexpr int exponent_end = 2047;  // Of what is not finite.
constexpr std::uint64_t infinity_bits = std::bit_cast<std::uint64_t>(HUGE_VAL);

/// The bits of the largest and the least absolute value but zero. As bits they are in order.
struct Magnitudes {
  std::uint64_t largest = 0;
  std::uint64_t least = ~std::uint64_t{0};
};

/// Calls `step(lane, value)` for each value, in four lanes in turn, which have nothing to wait for
/// of each other.
constexpr std::size_t lanes = 4;
template <class T, class Step>
void for_each_in_lanes(std::span<const T> values, Step step) {
  std::size_t at = 0;
  for (; at + lanes <= values.size(); at += lanes) {
    step(0, values[at]);
    step(1, values[at + 1]);
    step(2, values[at + 2]);
    step(3, values[at + 3]);
  }
  for (; at < values.size(); ++at) step(0, values[at]);
}

Magnitudes magnitudes_of(std::span<const double> values) {
  std::array<std::uint64_t, lanes> largest{};
  std::array<std::uint64_t, lanes> least;  // Less one, so that zero comes last.
  least.fill(~std::uint64_t{0});
  for_each_in_lanes(values, [&](std::size_t lane, double value) {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(value) & ~sign_bit;
    largest[lane] = std::max(largest[lane], bits);
    least[lane] = std::min(least[lane], bits - 1);
  });
  return {*std::ranges::max_element(largest), *std::ranges::min_element(least) + 1};
}

/// An exponent as doubles store it; of a subnormal the least.
int exponent_of(std::uint64_t bits) {
  return std::max(1, static_cast<int>((bits & ~sign_bit) >> fraction_bits));
}

// Let 2^c values be below 2^x, and multiples of 2^l. Their upper parts are multiples of 2^q, where
// x + c - q <= 53: so all of them add up without rounding. The lower parts are multiples of 2^l,
// and at most 2^(q-1) each: they do, too, where q - 1 + c - l <= 53. With the least q both hold
// while x - l <= 107 - 2c, and l is the least exponent less 52.
constexpr int exact_bits = 53;
constexpr int count_bits_min = 2;  // The power of two that splits them has to be above 2^x.

template <class T>
std::uint64_t bits_of(T value) {
  return std::bit_cast<std::uint64_t>(value);
}

template <class T>
NumberStatistics extremes_of(std::span<const T> values) {
  std::array<T, lanes> low;
  std::array<T, lanes> high;
  low.fill(values.front());
  high.fill(values.front());
  for_each_in_lanes(values, [&](std::size_t lane, T value) {
    low[lane] = value < low[lane] ? value : low[lane];
    high[lane] = high[lane] < value ? value : high[lane];
  });
  NumberStatistics statistics;
  statistics.first = bits_of(values.front());
  statistics.last = bits_of(values.back());
  statistics.min = bits_of(*std::ranges::min_element(low));
  statistics.max = bits_of(*std::ranges::max_element(high));
  return statistics;
}

/// Comparing takes zeros for equal. Where one is the least or the greatest value, it is -0.0 or 0.0
/// if there is any.
void order_zeros(std::span<const double> values, NumberStatistics& statistics) {
  const auto any = [&](std::uint64_t bits) {
    return std::ranges::any_of(values, [&](double value) { return bits_of(value) == bits; });
  };
  if ((statistics.min & ~sign_bit) == 0) statistics.min = any(sign_bit) ? sign_bit : 0;
  if ((statistics.max & ~sign_bit) == 0) statistics.max = any(0) ? 0 : sign_bit;
}

}  // namespace

std::optional<NumberStatistics> statistics_of(std::span<const double> values) {
  if (values.size() > statistics_rows_max) return std::nullopt;
  const Magnitudes magnitudes = magnitudes_of(values);
  if (magnitudes.largest >= infinity_bits) return std::nullopt;
  NumberStatistics statistics = extremes_of(values);
  statistics.type = RowType::double_;
  order_zeros(values, statistics);
  if (magnitudes.largest == 0) return statistics;  // Zeros add up to zero.

  const int count_bits =
      std::max(count_bits_min, static_cast<int>(std::bit_width(values.size() - 1)));
  const int split_below = exact_bits - count_bits;
  const int range_max = 2 * exact_bits + 1 - 2 * count_bits - fraction_bits;
  const int above = exponent_of(magnitudes.largest) + 1;
  if (above - exponent_of(magnitudes.least) > range_max) return std::nullopt;
  // Of 1.5 * 2^(q + 52) the last bit of the fraction is worth 2^q.
  const int exponent = above - split_below + fraction_bits;
  if (exponent < 1 || exponent >= exponent_end) return std::nullopt;
  const double split = std::bit_cast<double>(
      (static_cast<std::uint64_t>(exponent) << fraction_bits) | std::uint64_t{1} << 51);
  std::array<double, lanes> uppers{};
  std::array<double, lanes> lowers{};
  for_each_in_lanes(values, [&](std::size_t lane, double value) {
    const double high = (value + split) - split;
    uppers[lane] += high;
    lowers[lane] += value - high;
  });
  const double upper = (uppers[0] + uppers[1]) + (uppers[2] + uppers[3]);
  const double lower = (lowers[0] + lowers[1]) + (lowers[2] + lowers[3]);
  const double sum = upper + lower;
  const double back = sum - upper;  // Knuth's TwoSum: what `sum` lacks.
  statistics.sum_high = bits_of(sum);
  statistics.sum_low = bits_of((upper - (sum - back)) + (lower - back));
  return statistics;
}

std::optional<NumberStatistics> statistics_of(std::span<const std::int64_t> values) {
  if (values.size() > statistics_rows_max) return std::nullopt;
  NumberStatistics statistics = extremes_of(values);
  statistics.type = RowType::int64;
  __extension__ using Wide = __int128;
  Wide sum = 0;
  for (const std::int64_t value : values) sum += value;
  statistics.sum_high = static_cast<std::uint64_t>(sum >> 64);
  statistics.sum_low = static_cast<std::uint64_t>(sum);
  return statistics;
}

std::optional<NumberStatistics> statistics_of(const RowsView& rows) {
  if (rows.type == RowType::double_) return statistics_of(rows.values_as<double>());
  if (rows.type == RowType::int64) return statistics_of(rows.values_as<std::int64_t>());
  return std::nullopt;
}

}  // namespace varve::engine
