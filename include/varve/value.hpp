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

/// The four types of a value. They are distinct: a value reads back as it was written.
enum class ValueType : std::uint8_t { double_ = 1, int64 = 2, bool_ = 3, bytes = 4 };

/// "double", "int64", "bool" or "bytes".
std::string_view name_of(ValueType type) noexcept;

/// One value, not owned: bytes point into memory that the giver keeps alive.
class ValueView {
 public:
  ValueView(double value) : value_(value) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  ValueView(T value) : value_(static_cast<std::int64_t>(value)) {}
  template <std::same_as<bool> T>
  ValueView(T value) : value_(value) {}
  ValueView(std::string_view bytes) : value_(bytes) {}
  ValueView(const std::string& bytes) : value_(std::string_view(bytes)) {}
  ValueView(const char* text) : value_(std::string_view(text)) {}

  ValueType type() const { return static_cast<ValueType>(value_.index() + 1); }

  // Each REQUIRES the type of its name.
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

/// One value that owns its bytes: a double, an int64, a bool, or any bytes up to size_max.
/// Kept as written, doubles bit for bit.
class Value {
 public:
  /// The most bytes of a value of ValueType::bytes, 16 MiB. A write of more fails with
  /// invalid_argument.
  static constexpr std::size_t size_max = std::size_t{16} << 20;

  Value(double value) : value_(value) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Value(T value) : value_(static_cast<std::int64_t>(value)) {}
  template <std::same_as<bool> T>
  Value(T value) : value_(value) {}
  Value(std::string bytes) : value_(std::move(bytes)) {}
  Value(std::string_view bytes) : value_(std::string(bytes)) {}
  Value(const char* text) : value_(std::string(text)) {}
  explicit Value(const ValueView& view);

  ValueType type() const { return static_cast<ValueType>(value_.index() + 1); }

  // Each REQUIRES the type of its name.
  double as_double() const { return std::get<double>(value_); }
  std::int64_t as_int64() const { return std::get<std::int64_t>(value_); }
  bool as_bool() const { return std::get<bool>(value_); }
  const std::string& as_bytes() const { return std::get<std::string>(value_); }

  /// Valid while this value lives and is not assigned to.
  ValueView view() const;

  friend bool operator==(const Value& a, const Value& b) { return a.view() == b.view(); }

 private:
  std::variant<double, std::int64_t, bool, std::string> value_;
};

}  // namespace varve
