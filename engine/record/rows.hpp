#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "varve/detail/with_type.hpp"
#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve::engine {

/// What a row holds: a value of one type, or word that the record was deleted. Stored.
enum class RowType : std::uint8_t { tombstone = 0, double_ = 1, int64 = 2, bool_ = 3, bytes = 4 };

constexpr RowType row_type(ValueType type) { return static_cast<RowType>(type); }
constexpr ValueType value_type(RowType type) { return static_cast<ValueType>(type); }

/// Whether a number that was read from a disk is that of a row's type.
constexpr bool is_row_type(std::uint64_t number) {
  return number == static_cast<std::uint64_t>(RowType::tombstone) || detail::is_value_type(number);
}

/// Calls `visit.operator()<T>()` with the C++ type of a value in a column, as the function of this
/// name in varve::detail does. REQUIRES a type other than tombstone.
template <class Visit>
constexpr decltype(auto) with_type(RowType type, Visit&& visit) {
  VARVE_ASSERT(type != RowType::tombstone);
  return detail::with_type(value_type(type), std::forward<Visit>(visit));
}

/// The size in memory of one value of a column: double, int64_t, bool or string_view.
constexpr std::size_t value_size(RowType type) {
  if (type == RowType::tombstone) return 0;
  return with_type(type, []<class T>() { return sizeof(T); });
}

/// Rows of one key and one type, as columns, not owned: the currency between memtables, tables,
/// cursors and compaction. Timestamps are strictly ascending.
struct RowsView {
  std::string_view key;  // Internal.
  RowType type = RowType::tombstone;
  std::span<const Timestamp> timestamps;
  const void* values = nullptr;         // timestamps.size() values of the type's C++ type.
  std::span<const Timestamp> expiries;  // One per row, or empty: none expires.

  std::size_t size() const { return timestamps.size(); }
  bool empty() const { return timestamps.empty(); }
  Timestamp first_ts() const { return timestamps.front(); }
  Timestamp last_ts() const { return timestamps.back(); }
  Timestamp expires_at(std::size_t index) const {
    return expiries.empty() ? never : expiries[index];
  }

  template <class T>
  std::span<const T> values_as() const {
    return {static_cast<const T*>(values), size()};
  }

  /// REQUIRES a type other than tombstone.
  ValueView value(std::size_t index) const {
    return with_type(type, [&]<class T>() -> ValueView { return values_as<T>()[index]; });
  }

  RowsView slice(std::size_t first, std::size_t count) const {
    return {key, type, timestamps.subspan(first, count),
            values == nullptr ? nullptr
                              : static_cast<const std::byte*>(values) + first * value_size(type),
            expiries.empty() ? expiries : expiries.subspan(first, count)};
  }
};

/// One row of a point read.
struct Row {
  RowType type = RowType::tombstone;
  Timestamp ts = 0;
  Value value = 0.0;  // Unset for a tombstone.
  Timestamp expires_at = never;
};

/// Values of one type in memory that grows. Bytes are views: somebody else owns them.
class Column {
 public:
  void reset(RowType type) {
    type_ = type;
    size_ = 0;
  }
  void append(const void* values, std::size_t count) {
    const std::size_t width = value_size(type_);
    if (width == 0 || count == 0) return;
    reserve((size_ + count) * width);
    std::memcpy(data_.get() + size_ * width, values, count * width);
    size_ += count;
  }
  /// REQUIRES a value of the column's type; in a column of tombstones any, which is left out.
  void append(const ValueView& value);
  const void* data() const { return data_.get(); }
  /// To fill `count` values in place.
  void* resize(std::size_t count) {
    reserve(count * value_size(type_));
    size_ = count;
    return data_.get();
  }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return capacity_; }

 private:
  void reserve(std::size_t bytes) {
    if (bytes <= capacity_) return;
    const std::size_t capacity = std::max(bytes, capacity_ * 2);
    auto grown = std::make_unique<std::byte[]>(capacity);
    if (size_ != 0) std::memcpy(grown.get(), data_.get(), size_ * value_size(type_));
    data_ = std::move(grown);
    capacity_ = capacity;
  }

  RowType type_ = RowType::tombstone;
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  // In bytes.
};

/// Rows of one key and one type that grow, for merging and building. Keys are copied; the bytes
/// that string_view values point to are not.
class Rows {
 public:
  void reset(std::string_view key, RowType type) {
    key_.assign(key);
    type_ = type;
    timestamps_.clear();
    expiries_.clear();
    values_.reset(type);
  }
  /// REQUIRES the key and type of the reset, and timestamps above those before. Only the type is
  /// asserted: a merge may call this for every row, and looks at the order of all that it gives.
  void append(const RowsView& rows);
  /// One row; `value` is ignored for tombstones.
  void append(Timestamp ts, const ValueView& value, Timestamp expires_at);

  RowType type() const { return type_; }
  const std::string& key() const { return key_; }
  std::size_t size() const { return timestamps_.size(); }
  bool empty() const { return timestamps_.empty(); }
  RowsView view() const { return {key_, type_, timestamps_, values_.data(), expiries_}; }

 private:
  std::string key_;
  RowType type_ = RowType::tombstone;
  std::vector<Timestamp> timestamps_;
  std::vector<Timestamp> expiries_;  // Empty until a row expires.
  Column values_;
};

}  // namespace varve::engine
