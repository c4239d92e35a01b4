#pragma once

#include "varve/detail/requirements.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve {

/// One record: a key, a timestamp, a value, and the moment at which it expires. Its identity is
/// (key, ts); a later write of the same identity replaces it.
///
/// A view owns nothing. Its key, and its value if that is bytes, point into memory that somebody
/// else keeps alive: a Scan until its next step, a Record until it is changed, or the caller.
class RecordView {
 public:
  /// Any `ts` and `expires_at` are legal. The key is checked when the record is written.
  RecordView(std::string_view key, TimePoint ts, ValueView value, TimePoint expires_at = never)
      : key_(key), ts_(ts), value_(value), expires_at_(expires_at) {}

  /// The series that the record belongs to: 1 to 65,535 bytes, of any kind.
  std::string_view key() const { return key_; }
  /// When it was measured, in microseconds since the Unix epoch.
  Timestamp ts() const { return ts_; }
  /// What was measured, in the type in which it was written.
  const ValueView& value() const { return value_; }
  /// The first moment at which reads no longer return the record; `never` without a TTL.
  Timestamp expires_at() const { return expires_at_; }

  /// Equal in all four parts; values compare bit for bit.
  friend bool operator==(const RecordView&, const RecordView&) = default;

 private:
  std::string_view key_;
  Timestamp ts_;
  ValueView value_;
  Timestamp expires_at_;
};

/// One record that owns its key and value, as get() and query() return it:
///
///     Record("plant/press1/temp", ts, 22.5)
///
/// The parts mean what they mean in RecordView. Safe on any thread while nobody changes it.
class Record {
 public:
  /// The longest key in bytes; the shortest is one byte. Put a gateway's own limit well below it:
  /// every block of every table holds the keys of its series.
  static constexpr std::size_t key_size_max = 65'535;

  Record(std::string key, TimePoint ts, Value value, TimePoint expires_at = never)
      : key_(std::move(key)), ts_(ts), value_(std::move(value)), expires_at_(expires_at) {}
  /// Copies what the view points to, so the record outlives it.
  explicit Record(const RecordView& view)
      : key_(view.key()), ts_(view.ts()), value_(view.value()), expires_at_(view.expires_at()) {}

  /// The series that the record belongs to.
  const std::string& key() const { return key_; }
  /// In microseconds since the Unix epoch.
  Timestamp ts() const { return ts_; }
  const Value& value() const { return value_; }
  /// The first moment at which reads no longer return the record; `never` without a TTL.
  Timestamp expires_at() const { return expires_at_; }

  /// Valid while this record lives and is not assigned to.
  RecordView view() const { return {key_, ts_, value_.view(), expires_at_}; }

  friend bool operator==(const Record&, const Record&) = default;

 private:
  std::string key_;
  Timestamp ts_;
  Value value_;
  Timestamp expires_at_;
};

}  // namespace varve
