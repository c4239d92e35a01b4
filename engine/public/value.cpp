#include "varve/value.hpp"

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
  switch (view.type()) {
    case ValueType::double_: value_ = view.as_double(); break;
    case ValueType::int64: value_ = view.as_int64(); break;
    case ValueType::bool_: value_ = view.as_bool(); break;
    case ValueType::bytes: value_ = std::string(view.as_bytes()); break;
  }
}

ValueView Value::view() const {
  switch (type()) {
    case ValueType::double_: return as_double();
    case ValueType::int64: return as_int64();
    case ValueType::bool_: return as_bool();
    case ValueType::bytes: break;
  }
  return as_bytes();
}

}  // namespace varve
