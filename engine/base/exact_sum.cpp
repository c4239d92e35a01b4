#include "engine/base/exact_sum.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

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
constexpr Int128 fixed_max = static_cast<Int128>(1) << 126;

Uint128 magnitude_of(Int128 value) {
  return value < 0 ? -static_cast<Uint128>(value) : static_cast<Uint128>(value);
}

}  // namespace

void Superaccumulator::add(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const unsigned exponent = exponent_of(bits);
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
    Int128 sum = 0;
    for (const double value : part) {
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
}

void ExactSum::add_outside(double value) {
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
  if (__builtin_add_overflow(fixed_, sum, &both)) {
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
