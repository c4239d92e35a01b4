#pragma once

#include <compare>
#include <cstdint>

#include "varve/value.hpp"

namespace varve::test {

/// Of an int64 and a double, neither of which the other type may have. REQUIRES no NaN.
inline std::partial_ordering order_of(std::int64_t whole, double number) {
  const double near = static_cast<double>(whole);
  if (near != number) return near <=> number;
  if (near == 0x1p63) return std::partial_ordering::less;  // Rounded up: no int64 is as great.
  return whole <=> static_cast<std::int64_t>(number);
}
inline std::partial_ordering order_of(const Value& a, const Value& b) {
  const bool a_is_whole = a.type() == ValueType::int64;
  const bool b_is_whole = b.type() == ValueType::int64;
  if (a_is_whole && b_is_whole) return a.as_int64() <=> b.as_int64();
  if (a_is_whole) return order_of(a.as_int64(), b.as_double());
  if (b_is_whole) return 0 <=> order_of(b.as_int64(), a.as_double());
  return a.as_double() <=> b.as_double();
}

}  // namespace varve::test
