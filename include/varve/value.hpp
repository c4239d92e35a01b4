#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace varve {

/// The four types of a value. They are distinct: a value reads back in the type in which it was
/// written, and records of one series may have different types. The numbers are stored on disk.
enum class ValueType : std::uint8_t { double_ = 1, int64 = 2, bool_ = 3, bytes = 4 };

/// "double", "int64", "bool" or "bytes".
std::string_view name_of(ValueType type) noexcept;

/// One value that owns nothing: bytes point into memory that the giver keeps alive; the other types
/// are copied. Conversions are implicit, so that put(key, ts, 22.5) works.
class ValueView {
 public:
  ValueView(double value) : value_(value) {}
  /// An integer of any width becomes an int64. One above its maximum wraps around.
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  ValueView(T value) : value_(static_cast<std::int64_t>(value)) {}
  /// Takes bool alone: a pointer does not turn into true.
  template <std::same_as<bool> T>
  ValueView(T value) : value_(value) {}
  /// Bytes of any kind, zeros included; not copied.
  ValueView(std::string_view bytes) : value_(bytes) {}
  ValueView(const std::string& bytes) : value_(std::string_view(bytes)) {}
  /// The bytes up to the terminating zero; not copied.
  ValueView(const char* text) : value_(std::string_view(text)) {}

  ValueType type() const { return static_cast<ValueType>(value_.index() + 1); }

  // The value in its type. Each REQUIRES the type of its name and throws std::bad_variant_access
  // for another: ask type() first. Nothing is converted.

  double as_double() const { return std::get<double>(value_); }
  std::int64_t as_int64() const { return std::get<std::int64_t>(value_); }
  bool as_bool() const { return std::get<bool>(value_); }
  std::string_view as_bytes() const { return std::get<std::string_view>(value_); }

  /// Same type and same bits: NaN equals itself, and 0.0 differs from -0.0.
  friend bool operator==(const ValueView& a, const ValueView& b) {
    if (a.type() == ValueType::double_ && b.type() == ValueType::double_) {
      return std::bit_cast<std::uint64_t>(a.as_double()) ==
             std::bit_cast<std::uint64_t>(b.as_double());
    }
    return a.value_ == b.value_;
  }

 private:
  std::variant<double, std::int64_t, bool, std::string_view> value_;
};

/// One value that owns its bytes: a double, an int64, a bool, or any bytes up to size_max. It is
/// kept as written, doubles bit for bit, NaN's payload and the sign of zero included.
class Value {
 public:
  /// The most bytes of a value of ValueType::bytes, 16 MiB. A write of more fails with
  /// invalid_argument.
  static constexpr std::size_t size_max = std::size_t{16} << 20;

  Value(double value) : value_(value) {}
  /// An integer of any width becomes an int64. One above its maximum wraps around.
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Value(T value) : value_(static_cast<std::int64_t>(value)) {}
  /// Takes bool alone: a pointer does not turn into true.
  template <std::same_as<bool> T>
  Value(T value) : value_(value) {}
  Value(std::string bytes) : value_(std::move(bytes)) {}
  /// Copies the bytes.
  Value(std::string_view bytes) : value_(std::string(bytes)) {}
  /// Copies the bytes up to the terminating zero.
  Value(const char* text) : value_(std::string(text)) {}
  /// Copies the bytes that the view points to, so the value outlives it.
  explicit Value(const ValueView& view);

  ValueType type() const { return static_cast<ValueType>(value_.index() + 1); }

  // The value in its type. Each REQUIRES the type of its name and throws std::bad_variant_access
  // for another: ask type() first. Nothing is converted.

  double as_double() const { return std::get<double>(value_); }
  std::int64_t as_int64() const { return std::get<std::int64_t>(value_); }
  bool as_bool() const { return std::get<bool>(value_); }
  const std::string& as_bytes() const { return std::get<std::string>(value_); }

  /// Valid while this value lives and is not assigned to.
  ValueView view() const;

  /// Same type and same bits, as for views.
  friend bool operator==(const Value& a, const Value& b) { return a.view() == b.view(); }

 private:
  std::variant<double, std::int64_t, bool, std::string> value_;
};

}  // namespace varve
