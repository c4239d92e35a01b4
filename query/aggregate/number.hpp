#pragma once

#include <cmath>
#include <compare>
#include <cstdint>

namespace varve::query {

/// A double or an int64.
struct Number {
  Number(double value) : real(value) {}
  Number(std::int64_t value) : whole(value), is_whole(true) {}

  double as_double() const { return is_whole ? static_cast<double>(whole) : real; }

  double real = 0;
  std::int64_t whole = 0;
  bool is_whole = false;
};

/// Compares by value. Exact: neither number is rounded to the other's type.
inline std::partial_ordering compare(std::int64_t whole, double real) {
  constexpr double end = 0x1p63;  // The least double above every int64.
  if (std::isnan(real)) return std::partial_ordering::unordered;
  if (real >= end) return std::partial_ordering::less;
  if (real < -end) return std::partial_ordering::greater;
  const auto truncated = static_cast<std::int64_t>(real);
  if (whole != truncated) return whole <=> truncated;
  // What was cut off decides. The double of a truncated double is exact.
  return static_cast<double>(truncated) <=> real;
}

/// Compares by value across both types, without losing digits of an int64.
inline bool less(const Number& a, const Number& b) {
  if (a.is_whole && b.is_whole) return a.whole < b.whole;
  if (a.is_whole) return compare(a.whole, b.real) < 0;
  if (b.is_whole) return compare(b.whole, a.real) > 0;
  return a.real < b.real;
}

}  // namespace varve::query
