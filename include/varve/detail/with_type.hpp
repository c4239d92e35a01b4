#pragma once

#include "varve/detail/requirements.hpp"

#include <cstdint>
#include <string_view>

#include "varve/value.hpp"

namespace varve::detail {

// All that tells value types apart goes through these three, so that a new type does not compile
// until each has a case for it, and each visitor an answer.

/// Whether a number, as one read from a disk, is that of a type.
constexpr bool is_value_type(std::uint64_t number) {
  if (number > UINT8_MAX) return false;
  switch (static_cast<ValueType>(number)) {
    case ValueType::double_:
    case ValueType::int64:
    case ValueType::bool_:
    case ValueType::bytes: return true;
  }
  return false;
}

/// Calls `visit.operator()<T>()` with the C++ type of such values in a column: double,
/// std::int64_t, bool or std::string_view. REQUIRES is_value_type().
template <class Visit>
constexpr decltype(auto) with_type(ValueType type, Visit&& visit) {
  switch (type) {
    case ValueType::double_: return visit.template operator()<double>();
    case ValueType::int64: return visit.template operator()<std::int64_t>();
    case ValueType::bool_: return visit.template operator()<bool>();
    case ValueType::bytes: break;
  }
  return visit.template operator()<std::string_view>();
}

/// Calls `visit(value)` with the value in its C++ type. REQUIRES value.is_valid().
template <class Visit>
constexpr decltype(auto) with_value(const ValueView& value, Visit&& visit) {
  switch (value.type()) {
    case ValueType::double_: return visit(value.as_double());
    case ValueType::int64: return visit(value.as_int64());
    case ValueType::bool_: return visit(value.as_bool());
    case ValueType::bytes: break;
  }
  return visit(value.as_bytes());
}

}  // namespace varve::detail
