#include "varve/value.hpp"

#include <variant>

#include "varve/detail/with_type.hpp"

namespace varve {

std::string_view name_of(ValueType type) noexcept {
  switch (type) {
    case ValueType::double_: return "double";
    case ValueType::int64: return "int64";
    case ValueType::bool_: return "bool";
    case ValueType::bytes: return "bytes";
  }
  return "unknown";
}

Value::Value(const ValueView& view) {
  if (view.is_valid()) {
    detail::with_value(view, [this](auto value) { value_ = Value(value).value_; });
  } else if (view.type() == ValueType::int64) {
    value_ = detail::NoInt64();
  } else {
    value_ = detail::NoBytes();
  }
}

// Not as the variant copies itself: where the string finds no memory for that, GCC 12's library
// destroys the string that it has not made.
Value::Value(const Value& other) : Value(other.view()) {}

ValueView Value::view() const {
  return std::visit([](const auto& value) -> ValueView { return value; }, value_);
}

}  // namespace varve
