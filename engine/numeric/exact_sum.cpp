#include "engine/numeric/exact_sum.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "engine/base/assert.hpp"
#include "engine/numeric/lanes.hpp"
#include "engine/numeric/rounding.hpp"

namespace varve::engine {

namespace {

constexpr int mantissa_bits = 52;  // Stored ones.
constexpr std::uint64_t hidden_bit = std::uint64_t{1} << mantissa_bits;
constexpr std::uint64_t mantissa_mask = hidden_bit - 1;
constexpr std::uint64_t digit_mask = 0xFFFF'FFFF;

constexpr unsigned exponent_of(std::uint64_t bits) {
  return static_cast<unsigned>(bits >> mantissa_bits) & 0x7FF;
}

// The units of ExactSum: a double whose exponent field is 1000 has its last bit at 2^-75.
constexpr int fixed_exponent = -75;
constexpr double fixed_unit = 0x1p-75;
constexpr unsigned least_exponent = 1'000;
// Mantissas of 53 bits moved by up to 62 take 115, and so many of them 125.
constexpr unsigned shift_max = 62;
constexpr std::size_t values_at_once = 1'024;
constexpr std::size_t pair_values_min = 32;  // Of fewer the passes of a pair take longer.
constexpr double units_max = 0x1p125;
constexpr Int128 fixed_max = static_cast<Int128>(1) << 126;

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
constexpr int exponent_end = 2'047;  // Of what is not finite.
constexpr std::size_t pair_values_max = 65'536;

/// The exponents, as doubles store them, of the largest and the least absolute value but zero,
/// which as bits are in order; of subnormals it is 1. Without either, `largest` is 0.
struct Exponents {
  int largest = 0;
  int least = 0;
};

Exponents exponents_of(std::span<const double> values) {
  std::array<std::uint64_t, lane_count> largest{};
  std::array<std::uint64_t, lane_count> least;  // Less one, so that zero comes last.
  least.fill(~std::uint64_t{0});
  for_each_in_lanes(values, [&](std::size_t lane, double value) {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(value) & ~sign_bit;
    largest[lane] = std::max(largest[lane], bits);
    least[lane] = std::min(least[lane], bits - 1);
  });
  const std::uint64_t above = *std::ranges::max_element(largest);
  if (above == 0) return {};
  const auto exponent = [](std::uint64_t bits) {
    return std::max(1, static_cast<int>(exponent_of(bits)));
  };
  return {exponent(above), exponent(*std::ranges::min_element(least) + 1)};
}

Uint128 magnitude_of(Int128 value) {
  return value < 0 ? -static_cast<Uint128>(value) : static_cast<Uint128>(value);
}

// Let 2^c values be below 2^x, and multiples of 2^l. Their upper parts are multiples of 2^q, where
// x + c - q <= 53: so all of them add up without rounding. The lower parts are multiples of 2^l,
// and at most 2^(q-1) each: they do, too, where q - 1 + c - l <= 53. With the least q both hold
// while x - l <= 107 - 2c, and l is the least exponent less 52.
constexpr int exact_bits = 53;
constexpr int count_bits_min = 2;  // The power of two that splits them has to be above 2^x.

/// REQUIRES that the thread rounds to the nearest. Not inlined, so that it is done with when that
/// ends.
[[gnu::noinline]] std::optional<ExactPair> pair_of(std::span<const double> values) {
  if (values.size() > pair_values_max) return std::nullopt;
  const Exponents exponents = exponents_of(values);
  if (exponents.largest == exponent_end) return std::nullopt;
  if (exponents.largest == 0) return ExactPair{};
  const int count_bits =
      std::max(count_bits_min, static_cast<int>(std::bit_width(values.size() - 1)));
  const int split_below = exact_bits - count_bits;
  const int range_max = 2 * exact_bits + 1 - 2 * count_bits - mantissa_bits;
  const int above = exponents.largest + 1;
  if (above - exponents.least > range_max) return std::nullopt;
  // Of 1.5 * 2^(q + 52) the last bit of the fraction is worth 2^q. The upper parts, rounded up,
  // come to 2^(x + c) at most, which is the next power of two, and has to be finite, too.
  const int exponent = above - split_below + mantissa_bits;
  if (exponent < 1 || exponent + 1 >= exponent_end) return std::nullopt;
  const double split = std::bit_cast<double>(
      (static_cast<std::uint64_t>(exponent) << mantissa_bits) | hidden_bit >> 1);
  std::array<double, lane_count> uppers{};
  std::array<double, lane_count> lowers{};
  for_each_in_lanes(values, [&](std::size_t lane, double value) {
    const double high = (value + split) - split;
    uppers[lane] += high;
    lowers[lane] += value - high;
  });
  const double upper = (uppers[0] + uppers[1]) + (uppers[2] + uppers[3]);
  const double lower = (lowers[0] + lowers[1]) + (lowers[2] + lowers[3]);
  const double sum = upper + lower;
  const double back = sum - upper;  // Knuth's TwoSum: what `sum` lacks.
  return ExactPair{sum, (upper - (sum - back)) + (lower - back)};
}

}  // namespace

std::optional<ExactPair> exact_pair_of(std::span<const double> values) {
  const NearestRounding nearest;
  return pair_of(values);
}

void Superaccumulator::add(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const unsigned exponent = exponent_of(bits);
  VARVE_ASSERT(exponent != exponent_end);
  const std::uint64_t mantissa = (bits & mantissa_mask) | (exponent == 0 ? 0 : hidden_bit);
  const unsigned place = exponent == 0 ? 0 : exponent - 1;
  const unsigned shift = place % 32;
  const auto low = static_cast<std::int64_t>((mantissa << shift) & digit_mask);
  const auto high = static_cast<std::int64_t>(mantissa >> (32 - shift));
  const bool negative = bits >> 63 != 0;
  digits_[place / 32] += negative ? -low : low;
  digits_[place / 32 + 1] += negative ? -high : high;
  if (++additions_ == additions_max) carry();
}

void Superaccumulator::add(Int128 value, int exponent) {
  VARVE_ASSERT(exponent >= lowest_exponent && exponent <= 900);
  const auto place = static_cast<unsigned>(exponent - lowest_exponent);
  const unsigned shift = place % 32;
  const bool negative = value < 0;
  Uint128 magnitude = magnitude_of(value);
  for (std::size_t digit = place / 32; magnitude != 0; ++digit, magnitude >>= 32) {
    const std::uint64_t piece = (static_cast<std::uint64_t>(magnitude) & digit_mask) << shift;
    const auto low = static_cast<std::int64_t>(piece & digit_mask);
    const auto high = static_cast<std::int64_t>(piece >> 32);
    digits_[digit] += negative ? -low : low;
    digits_[digit + 1] += negative ? -high : high;
  }
  carry();
}

void Superaccumulator::add(const Superaccumulator& other) {
  for (std::size_t i = 0; i < digit_count; ++i) digits_[i] += other.digits_[i];
  carry();
}

void Superaccumulator::carry() {
  for (std::size_t i = 0; i + 1 < digit_count; ++i) {
    digits_[i + 1] += digits_[i] >> 32;
    digits_[i] &= digit_mask;
  }
  additions_ = 0;
}

double Superaccumulator::rounded() const {
  Superaccumulator sum = *this;
  sum.carry();
  const bool negative = sum.digits_.back() < 0;
  if (negative) {
    for (std::int64_t& digit : sum.digits_) digit = -digit;
    sum.carry();
  }
  std::size_t top = digit_count;
  while (top > 0 && sum.digits_[top - 1] == 0) --top;
  if (top == 0) return 0;
  // The three highest digits have more bits than a double; that something follows is enough to
  // know of the rest. Zeros stand for what would lie below the lowest.
  Uint128 bits = 0;
  for (std::size_t i = 1; i <= 3; ++i) {
    bits = bits << 32 | (i <= top ? static_cast<std::uint64_t>(sum.digits_[top - i]) : 0);
  }
  for (std::size_t i = 4; i <= top; ++i) {
    if (sum.digits_[top - i] != 0) bits |= 1;
  }
  const double magnitude =
      std::ldexp(static_cast<double>(bits), 32 * (static_cast<int>(top) - 3) + lowest_exponent);
  return negative ? -magnitude : magnitude;
}

void ExactSum::add(std::span<const double> values) {
  while (!values.empty()) {
    const auto part = values.first(std::min(values.size(), values_at_once));
    values = values.subspan(part.size());
    const auto pair = part.size() < pair_values_min ? std::nullopt : exact_pair_of(part);
    if (pair) {
      add_outside(pair->high);
      add_outside(pair->low);
    } else {
      add_one_by_one(part);
    }
  }
}

/// REQUIRES at most values_at_once.
void ExactSum::add_one_by_one(std::span<const double> values) {
  VARVE_ASSERT(values.size() <= values_at_once);
  Int128 sum = 0;
  for (const double value : values) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const unsigned shift = exponent_of(bits) - least_exponent;  // Wraps below.
    if (shift <= shift_max) {
      const auto magnitude = static_cast<std::int64_t>((bits & mantissa_mask) | hidden_bit);
      const std::int64_t sign = static_cast<std::int64_t>(bits) >> 63;
      sum += static_cast<Int128>((magnitude ^ sign) - sign) *
             static_cast<std::int64_t>(std::uint64_t{1} << shift);
    } else if (bits << 1 != 0) {
      add_outside(value);
    }
  }
  fixed_ += sum;
  make_room();
}

/// False where the value is no multiple of the unit, or too large.
bool ExactSum::add_units(double value) {
  const double units = value / fixed_unit;  // Exact, or infinite.
  if (!(std::fabs(units) < units_max) || std::trunc(units) != units) return false;
  fixed_ += static_cast<Int128>(units);
  make_room();
  return true;
}

void ExactSum::add_outside(double value) {
  if (add_units(value)) return;
  if (std::isfinite(value)) {
    rest().add(value);
  } else if (std::isnan(value)) {
    nan_ = true;
  } else {
    (value > 0 ? plus_infinity_ : minus_infinity_) = true;
  }
}

void ExactSum::add(const ExactSum& other) {
  integers_ += other.integers_;
  if (other.rest_) rest().add(*other.rest_);
  nan_ |= other.nan_;
  plus_infinity_ |= other.plus_infinity_;
  minus_infinity_ |= other.minus_infinity_;
  add_fixed(other.fixed_);
}

void ExactSum::add_fixed(Int128 sum) {
  Int128 both = 0;
  if (!sum_fits(fixed_, sum, both)) {
    rest().add(sum, fixed_exponent);
    return;
  }
  fixed_ = both;
  make_room();
}

void ExactSum::make_room() {
  if (fixed_ >= -fixed_max && fixed_ <= fixed_max) return;
  rest().add(fixed_, fixed_exponent);
  fixed_ = 0;
}

Superaccumulator& ExactSum::rest() {
  if (!rest_) rest_ = std::make_unique<Superaccumulator>();
  return *rest_;
}

void ExactSum::reset() { *this = ExactSum(); }

double ExactSum::rounded() const {
  const NearestRounding nearest;
  return rounded_to_nearest();
}

double ExactSum::rounded_to_nearest() const {
  if (nan_ || (plus_infinity_ && minus_infinity_)) return std::numeric_limits<double>::quiet_NaN();
  if (plus_infinity_) return std::numeric_limits<double>::infinity();
  if (minus_infinity_) return -std::numeric_limits<double>::infinity();
  if (!rest_) {
    if (integers_ == 0) return static_cast<double>(fixed_) * fixed_unit;
    if (fixed_ == 0) return static_cast<double>(integers_);
  }
  Superaccumulator sum = rest_ ? *rest_ : Superaccumulator();
  sum.add(fixed_, fixed_exponent);
  sum.add(integers_, 0);
  return sum.rounded();
}

}  // namespace varve::engine
