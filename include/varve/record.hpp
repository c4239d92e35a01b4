#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve {

/// One record, not owned. Its identity is (key, ts); a later write of the same replaces it.
class RecordView {
 public:
  RecordView(std::string_view key, Timestamp ts, ValueView value, Timestamp expires_at = never)
      : key_(key), ts_(ts), value_(value), expires_at_(expires_at) {}

  std::string_view key() const { return key_; }
  Timestamp ts() const { return ts_; }
  const ValueView& value() const { return value_; }
  /// The first moment at which reads no longer return the record; `never` without a TTL.
  Timestamp expires_at() const { return expires_at_; }

  friend bool operator==(const RecordView&, const RecordView&) = default;

 private:
  std::string_view key_;
  Timestamp ts_;
  ValueView value_;
  Timestamp expires_at_;
};

/// One record that owns its key and value: Record("plant/press1/temp", ts, 22.5).
class Record {
 public:
  /// The longest key in bytes; the shortest is one byte. Put a gateway's own limit well below it:
  /// every block of every table holds the keys of its series.
  static constexpr std::size_t key_size_max = 65'535;

  Record(std::string key, Timestamp ts, Value value, Timestamp expires_at = never)
      : key_(std::move(key)), ts_(ts), value_(std::move(value)), expires_at_(expires_at) {}
  explicit Record(const RecordView& view)
      : key_(view.key()), ts_(view.ts()), value_(view.value()), expires_at_(view.expires_at()) {}

  const std::string& key() const { return key_; }
  Timestamp ts() const { return ts_; }
  const Value& value() const { return value_; }
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
