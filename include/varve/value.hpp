#pragma once

#include "varve/detail/requirements.hpp"

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace varve {

/// The four types of a value. They are distinct: a value reads back in the type in which it was
/// written, and records of one series may have different types. The numbers are stored on disk.
enum class ValueType : std::uint8_t { double_ = 1, int64 = 2, bool_ = 3, bytes = 4 };

/// "double", "int64", "bool" or "bytes".
std::string_view name_of(ValueType type) noexcept;

namespace detail {
inline constexpr std::uint64_t stale_marker_bits = 0x7FF0'0000'0000'0002;
}  // namespace detail

/// The NaN by which Prometheus, and what speaks its protocols, says that a series has ended for
/// now: of all NaN the one with the bits 0x7FF0000000000002. It is stored as it comes, and reads of
/// records give it back bit for bit; but it is no reading, so aggregates pass over it
/// (varve/aggregation.hpp). Write it as it stands: arithmetic makes another NaN of it.
inline constexpr double stale_marker = std::bit_cast<double>(detail::stale_marker_bits);

/// Whether the double is that NaN, bit for bit. No other NaN is.
constexpr bool is_stale_marker(double value) {
  return std::bit_cast<std::uint64_t>(value) == detail::stale_marker_bits;
}

namespace detail {

/// A floating-point number of which a double holds every one.
template <class T>
concept Real =
    std::floating_point<T> && std::numeric_limits<T>::digits <= std::numeric_limits<double>::digits;

template <class T>
concept Whole = std::integral<T> && !std::same_as<T, bool>;

/// An enumeration whose values are numbers by themselves, as those of C are.
template <class T>
concept UnscopedEnum = std::is_enum_v<T> && std::convertible_to<T, std::underlying_type_t<T>>;

template <Whole T>
constexpr bool is_int64(T value) {
  if constexpr (std::numeric_limits<T>::digits > std::numeric_limits<std::int64_t>::digits) {
    if (value > static_cast<T>(std::numeric_limits<std::int64_t>::max())) return false;
    if constexpr (std::is_signed_v<T>) {
      return value >= static_cast<T>(std::numeric_limits<std::int64_t>::min());
    }
  }
  return true;
}

// What was given and is no value. It is kept, so that the write of it can say so.

struct NoInt64 {  // An integer beyond every int64.
  friend bool operator==(const NoInt64&, const NoInt64&) = default;
};
struct NoBytes {  // A null pointer.
  friend bool operator==(const NoBytes&, const NoBytes&) = default;
};

/// The types of the alternatives of a view and of a value, in their order.
inline constexpr std::array alternatives = {ValueType::double_, ValueType::int64, ValueType::bool_,
                                            ValueType::bytes,   ValueType::int64, ValueType::bytes};
inline constexpr std::size_t valid_alternatives = 4;

}  // namespace detail

/// One value that owns nothing: bytes point into memory that the giver keeps alive; the other types
/// are copied. Conversions are implicit, so that put(key, ts, 22.5) works, and none changes what it
/// converts: what is of no such type, or would lose something, does not compile.
class ValueView {
 public:
  /// A double or a float. A long double may hold more, so it has to be rounded by who has it.
  template <detail::Real T>
  ValueView(T value) : value_(static_cast<double>(value)) {}
  /// An integer of any width becomes an int64. One that is greater than every int64, as an unsigned
  /// one may be, is no value: is_valid() tells, and writing it fails with invalid_argument.
  template <detail::Whole T>
  ValueView(T value) : value_(static_cast<std::int64_t>(value)) {
    if (!detail::is_int64(value)) value_ = detail::NoInt64();
  }
  /// A bool, and what a std::vector of them gives. A pointer does not turn into true.
  template <std::same_as<bool> T>
  ValueView(T value) : value_(value) {}
  ValueView(std::vector<bool>::reference value) : value_(static_cast<bool>(value)) {}
  /// An enumerator of an unscoped enumeration becomes what its underlying type does: an int64.
  template <detail::UnscopedEnum T>
  ValueView(T value) : ValueView(static_cast<std::underlying_type_t<T>>(value)) {}
  /// Bytes of any kind, zeros included; not copied.
  ValueView(std::string_view bytes) : value_(bytes) {}
  ValueView(const std::string& bytes) : value_(std::string_view(bytes)) {}
  /// The bytes up to the terminating zero; not copied. A null pointer is no value, as above.
  ValueView(const char* text) : value_(detail::NoBytes()) {
    if (text != nullptr) value_ = std::string_view(text);
  }
  ValueView(std::nullptr_t) = delete;

  // What is no value, for Value::view().
  ValueView(detail::NoInt64 none) : value_(none) {}
  ValueView(detail::NoBytes none) : value_(none) {}

  ValueType type() const { return detail::alternatives[value_.index()]; }
  /// Whether it is a value. Others have a type, too, and none of the next four gives them.
  bool is_valid() const { return value_.index() < detail::valid_alternatives; }

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
  std::variant<double, std::int64_t, bool, std::string_view, detail::NoInt64, detail::NoBytes>
      value_;
};

/// One value that owns its bytes: a double, an int64, a bool, or any bytes up to size_max. It is
/// kept as written, doubles bit for bit, NaN's payload and the sign of zero included. What converts
/// to it, and what is no value, is as of ValueView.
class Value {
 public:
  /// The most bytes of a value of ValueType::bytes, 16 MiB. A write of more fails with
  /// invalid_argument.
  static constexpr std::size_t size_max = std::size_t{16} << 20;

  /// A double or a float.
  template <detail::Real T>
  Value(T value) : value_(static_cast<double>(value)) {}
  /// An integer of any width becomes an int64. One that is greater than every int64 is no value.
  template <detail::Whole T>
  Value(T value) : value_(static_cast<std::int64_t>(value)) {
    if (!detail::is_int64(value)) value_ = detail::NoInt64();
  }
  /// A bool, and what a std::vector of them gives.
  template <std::same_as<bool> T>
  Value(T value) : value_(value) {}
  Value(std::vector<bool>::reference value) : value_(static_cast<bool>(value)) {}
  /// An enumerator of an unscoped enumeration becomes what its underlying type does: an int64.
  template <detail::UnscopedEnum T>
  Value(T value) : Value(static_cast<std::underlying_type_t<T>>(value)) {}
  Value(std::string bytes) : value_(std::move(bytes)) {}
  /// Copies the bytes.
  Value(std::string_view bytes) : value_(std::string(bytes)) {}
  /// Copies the bytes up to the terminating zero. A null pointer is no value.
  Value(const char* text) : value_(detail::NoBytes()) {
    if (text != nullptr) value_ = std::string(text);
  }
  Value(std::nullptr_t) = delete;
  /// Copies the bytes that the view points to, so the value outlives it.
  explicit Value(const ValueView& view);

  Value(const Value& other);
  Value& operator=(const Value& other) { return *this = Value(other); }
  Value(Value&&) noexcept = default;
  Value& operator=(Value&&) noexcept = default;
  ~Value() = default;

  ValueType type() const { return detail::alternatives[value_.index()]; }
  /// Whether it is a value. Others have a type, too, and none of the next four gives them.
  bool is_valid() const { return value_.index() < detail::valid_alternatives; }

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
  std::variant<double, std::int64_t, bool, std::string, detail::NoInt64, detail::NoBytes> value_;
};

}  // namespace varve
