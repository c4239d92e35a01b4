#include "tests/differential/exact_total.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace varve::test {

namespace {

constexpr std::size_t point = 1'074;  // So many bits lie below one.
constexpr int mantissa_bits = 53;

}  // namespace

void ExactTotal::add(const Value& number, bool minus) {
  if (number.type() == ValueType::int64) {
    const bool negative = number.as_int64() < 0;
    const auto bits = static_cast<std::uint64_t>(number.as_int64());
    return add(negative != minus ? below_ : above_, negative ? ~bits + 1 : bits, point);
  }
  const double value = number.as_double();
  const bool negative = std::signbit(value) != minus;
  if (std::isnan(value)) {
    has_nan_ = true;
  } else if (std::isinf(value)) {
    (negative ? has_minus_infinity_ : has_infinity_) = true;
  } else {
    // The bits of a double: sign, 11 of the exponent, 52 of the fraction. Exponent 0 is that of 1,
    // without the hidden bit.
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52U) - 1);
    const std::size_t exponent = (bits >> 52U) & 0x7FFU;
    const std::uint64_t hidden = exponent == 0 ? 0 : std::uint64_t{1} << 52U;
    add(negative ? below_ : above_, fraction | hidden, exponent == 0 ? 0 : exponent - 1);
  }
}

/// Adds bits * 2^shift.
void ExactTotal::add(Magnitude& sum, std::uint64_t bits, std::size_t shift) {
  const std::size_t limb = shift / 64;
  const std::size_t into = shift % 64;
  std::uint64_t carried = bits << into;
  std::uint64_t next = into == 0 ? 0 : bits >> (64 - into);
  for (std::size_t i = limb; i < limbs && (carried != 0 || next != 0); ++i) {
    sum[i] += carried;
    // What a limb overflows by, and the upper part of the bits, fit into the next together: that
    // part has fewer than 64 bits.
    carried = next + (sum[i] < carried ? 1 : 0);
    next = 0;
  }
}

bool ExactTotal::is_less(const Magnitude& a, const Magnitude& b) {
  for (std::size_t i = limbs; i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return false;
}

/// REQUIRES that a is not less than b.
ExactTotal::Magnitude ExactTotal::subtracted(const Magnitude& a, const Magnitude& b) {
  Magnitude left{};
  std::uint64_t borrowed = 0;
  for (std::size_t i = 0; i < limbs; ++i) {
    left[i] = a[i] - b[i] - borrowed;
    borrowed = a[i] < b[i] || (a[i] == b[i] && borrowed != 0) ? 1 : 0;
  }
  return left;
}

double ExactTotal::nearest(const Magnitude& magnitude) {
  const auto bit = [&](int at) -> std::uint64_t {
    const auto place = static_cast<std::size_t>(at);
    return magnitude[place / 64] >> (place % 64) & 1U;
  };
  int size = static_cast<int>(limbs * 64);
  while (size > 0 && bit(size - 1) == 0) --size;
  const int dropped = size > mantissa_bits ? size - mantissa_bits : 0;
  std::uint64_t mantissa = 0;
  for (int at = size - 1; at >= dropped; --at) mantissa = mantissa << 1U | bit(at);
  if (dropped > 0 && bit(dropped - 1) != 0) {
    bool over_half = (mantissa & 1U) != 0;
    for (int at = 0; at < dropped - 1 && !over_half; ++at) over_half = bit(at) != 0;
    if (over_half) ++mantissa;
  }
  // Exact: a mantissa that was rounded up to 2^53 is a power of two.
  return std::ldexp(static_cast<double>(mantissa), dropped - static_cast<int>(point));
}

double ExactTotal::rounded() const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (has_nan_ || (has_infinity_ && has_minus_infinity_)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (has_infinity_ || has_minus_infinity_) return has_infinity_ ? infinity : -infinity;
  if (!is_less(above_, below_)) return nearest(subtracted(above_, below_));
  return -nearest(subtracted(below_, above_));
}

}  // namespace varve::test
