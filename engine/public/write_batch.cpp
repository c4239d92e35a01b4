#include "varve/write_batch.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

#include "engine/base/checksum.hpp"
#include "engine/record/expiry.hpp"
#include "engine/record/key.hpp"
#include "engine/record/label_record.hpp"
#include "engine/record/note_record.hpp"
#include "engine/record/payload.hpp"
#include "engine/record/series_state.hpp"
#include "engine/record/time_span.hpp"
#include "varve/detail/with_type.hpp"
#include "varve/record.hpp"

namespace varve {

namespace {

std::string too_long(const char* what, std::size_t size, std::size_t size_max) {
  return std::string(what) + " of " + std::to_string(size) + " bytes, at most " +
         std::to_string(size_max);
}

}  // namespace

/// Adds an operation: all of it, or nothing where there is no memory.
template <class Add>
void WriteBatch::add(Add added) {
  try {
    added();
  } catch (const std::bad_alloc&) {
    undo();
    throw;
  }
  ++operations_;
}

/// Takes back what an operation noted before there was no memory for the rest of it.
void WriteBatch::undo() {
  if (key_count_ != payload_.key_count) {
    --key_count_;
    key_bytes_ -= internal_key(keys_[key_count_]).size();
  }
  if (first_handle_ == operations_) engine_id_ = 0;
  if (stranger_ == operations_) stranger_.reset();
  if (problem_ && problem_->operation == operations_) problem_.reset();
}

void WriteBatch::put(std::string_view key, TimePoint ts, ValueView value,
                     std::optional<Duration> ttl) {
  add([&] {
    if (!accepts(key) || !accepts(value) || !accepts(ttl)) return;
    put(key_number(key), ts, value, engine::expiry_of(ts, ttl));
    note_time(ts);
  });
}

void WriteBatch::put(const Series& series, TimePoint ts, ValueView value,
                     std::optional<Duration> ttl) {
  add([&] {
    if (!accepts(value) || !accepts(ttl)) return;
    put(key_number(series.state_), ts, value, engine::expiry_of(ts, ttl));
    note_time(ts);
  });
}

void WriteBatch::put(const RecordView& record) {
  add([&] {
    if (!accepts(record.key()) || !accepts(record.value())) return;
    const bool by_default = record.expires_at() == never;
    put(key_number(record.key()), record.ts(), record.value(),
        by_default ? std::nullopt : std::optional(record.expires_at()));
    note_time(record.ts());
  });
}

void WriteBatch::note_time(Timestamp ts) {
  first_ts_ = std::min(first_ts_, ts);
  last_ts_ = std::max(last_ts_, ts);
}

void WriteBatch::put(std::uint32_t key, Timestamp ts, const ValueView& value,
                     std::optional<Timestamp> expires_at) {
  engine::BatchEncoder(payload_).put(key, ts, value, expires_at);
  ++puts_;
  user_bytes_ += user_bytes_of(internal_key(keys_[key]), value);
}

std::uint64_t WriteBatch::user_bytes_of(std::string_view internal_key, const ValueView& value) {
  const std::size_t key_and_ts = internal_key.size() - 1 + sizeof(Timestamp);
  return key_and_ts + detail::with_value(value, []<class T>(const T& one) {
           if constexpr (std::is_same_v<T, std::string_view>) return one.size();
           return sizeof(one);
         });
}

void WriteBatch::erase(std::string_view key, TimePoint ts) {
  add([&] {
    if (!accepts(key)) return;
    engine::BatchEncoder(payload_).erase(key_number(key), ts);
    ++deletes_;
  });
}

void WriteBatch::erase_range(std::string_view first_key, std::optional<std::string_view> end_key,
                             TimeRange range) {
  if (const Status checked = engine::check_range(first_key, end_key, range); !checked) {
    refuse(checked.error().where);
  } else {
    const engine::KeyRange keys = engine::user_key_range(first_key, end_key);
    const engine::TimeSpan times = engine::time_span(range);
    if (!keys.empty() && !times.empty()) {
      engine::BatchEncoder(payload_).erase_range(keys.first, keys.end, times);
      may_cover_ |= puts_ + deletes_ != 0;
      ++deletes_;
    }
  }
  ++operations_;
}

void WriteBatch::erase_prefix(std::string_view prefix, TimeRange range) {
  const std::optional<std::string> end = engine::prefix_end(prefix);
  erase_range(prefix, end ? std::optional<std::string_view>(*end) : std::nullopt, range);
}

void WriteBatch::describe(std::string_view key, const Labels& labels) {
  const Status checked = check(labels);
  if (!checked) refuse(checked.error().where);
  add([&] {
    if (!accepts(key) || !checked) return;
    const std::uint32_t number = key_number(engine::KeySpace::labels, key);
    if (labels.empty()) {
      engine::BatchEncoder(payload_).erase(number, engine::label_ts);
      ++deletes_;
    } else {
      const engine::Bytes bytes = engine::encode_labels(labels);
      // An expiry of its own, so that no default applies.
      put(number, engine::label_ts, engine::as_text(bytes), never);
    }
    describes_ = true;
  });
}

WriteBatch& WriteBatch::note(std::string_view name, std::string_view bytes) {
  const Status checked = engine::check_note(name, bytes);
  if (!checked) refuse(checked.error().where);
  add([&] {
    if (!checked) return;
    // An expiry of its own, so that no default applies.
    put(key_number(engine::KeySpace::notes, name), engine::note_ts, bytes, never);
  });
  return *this;
}

WriteBatch& WriteBatch::remove_note(std::string_view name) {
  const Status checked = engine::check_note(name, {});
  if (!checked) refuse(checked.error().where);
  add([&] {
    if (!checked) return;
    engine::BatchEncoder(payload_).erase(key_number(engine::KeySpace::notes, name),
                                         engine::note_ts);
    ++deletes_;
  });
  return *this;
}

void WriteBatch::clear() {
  payload_.size = 0;
  payload_.key_count = 0;
  payload_.previous_ts = 0;
  key_count_ = 0;
  key_heap_.clear();
  key_bytes_ = operations_ = 0;
  puts_ = deletes_ = user_bytes_ = 0;
  first_ts_ = std::numeric_limits<Timestamp>::max();
  last_ts_ = std::numeric_limits<Timestamp>::min();
  may_cover_ = describes_ = false;
  problem_.reset();
  engine_id_ = 0;
  stranger_.reset();
}

bool WriteBatch::accepts(std::string_view key) {
  if (engine::is_key(key)) return true;
  refuse(engine::check_key(key).error().where);
  return false;
}

bool WriteBatch::accepts(const ValueView& value) {
  if (!value.is_valid()) {
    refuse(value.type() == ValueType::bytes ? "a value that is a null pointer"
                                            : "an integer above the greatest int64");
    return false;
  }
  if (value.type() != ValueType::bytes) return true;
  const std::size_t size = value.as_bytes().size();
  if (size <= Value::size_max) return true;
  refuse(too_long("a value", size, Value::size_max));
  return false;
}

bool WriteBatch::accepts(const std::optional<Duration>& ttl) {
  if (!ttl || ttl->count() >= 0) return true;
  refuse("a negative TTL");
  return false;
}

void WriteBatch::refuse(std::string what) {
  if (!problem_) problem_ = {operations_, std::move(what)};
}

// Only the key before is looked at: series by series or round by round, a batch seldom comes back
// to a key, and where it does the memtable's index serves as well as one of the batch's own would.
std::uint32_t WriteBatch::key_number(engine::KeySpace space, std::string_view key) {
  const std::string_view last =
      key_count_ == 0 ? std::string_view() : internal_key(keys_[key_count_ - 1]);
  if (last.empty() || engine::user_key(last) != key || engine::space_of(last) != space) {
    const std::size_t offset = key_heap_.size();
    key_heap_.push_back(static_cast<char>(space));
    key_heap_.append(key);
    const std::string_view internal = std::string_view(key_heap_).substr(offset);
    add_key() = {engine::hash_of(internal), offset, internal.size(), nullptr};
    key_bytes_ += internal.size();
  }
  return static_cast<std::uint32_t>(key_count_ - 1);
}

std::uint32_t WriteBatch::key_number(std::string_view key) {
  return key_number(engine::KeySpace::user, key);
}

std::uint32_t WriteBatch::key_number(const std::shared_ptr<engine::SeriesState>& series) {
  if (key_count_ == 0 || keys_[key_count_ - 1].series != series) {
    if (engine_id_ == 0) {
      engine_id_ = series->engine_id();
      first_handle_ = operations_;
    } else if (engine_id_ != series->engine_id() && !stranger_) {
      stranger_ = operations_;
    }
    engine::BatchKey& added = add_key();
    if (added.series != series) added = {series->hash(), 0, 0, series};
    key_bytes_ += series->key().size();
  }
  return static_cast<std::uint32_t>(key_count_ - 1);
}

/// The next key, which may hold what it held in the batch before.
engine::BatchKey& WriteBatch::add_key() {
  if (key_count_ == keys_.size()) keys_.emplace_back();
  return keys_[key_count_++];
}

std::string_view WriteBatch::internal_key(const engine::BatchKey& key) const {
  if (key.series) return key.series->key();
  return std::string_view(key_heap_).substr(key.offset, key.size);
}

}  // namespace varve
