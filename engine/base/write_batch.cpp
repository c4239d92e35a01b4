#include "varve/write_batch.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/base/checksum.hpp"
#include "engine/base/range.hpp"
#include "engine/base/series_state.hpp"

namespace varve {

namespace {

constexpr std::uint32_t absent = std::numeric_limits<std::uint32_t>::max();

// So few keys are found faster by comparing hashes than by a table, which also costs a malloc.
constexpr std::size_t linear_keys_max = 8;

std::uint64_t bits_of(const ValueView& value) {
  switch (value.type()) {
    case ValueType::double_: return std::bit_cast<std::uint64_t>(value.as_double());
    case ValueType::int64: return static_cast<std::uint64_t>(value.as_int64());
    case ValueType::bool_: return value.as_bool() ? 1 : 0;
    case ValueType::bytes: break;
  }
  return 0;
}

}  // namespace

void WriteBatch::put(std::string_view key, Timestamp ts, ValueView value,
                     std::optional<Duration> ttl) {
  put(intern(key), ts, value, ttl ? Expiry::ttl : Expiry::by_default, ttl ? ttl->count() : 0);
}

void WriteBatch::put(const Series& series, Timestamp ts, ValueView value,
                     std::optional<Duration> ttl) {
  put(intern(series.state_), ts, value, ttl ? Expiry::ttl : Expiry::by_default,
      ttl ? ttl->count() : 0);
}

void WriteBatch::put(const RecordView& record) {
  const bool by_default = record.expires_at() == never;
  put(intern(record.key()), record.ts(), record.value(),
      by_default ? Expiry::by_default : Expiry::at, record.expires_at());
}

void WriteBatch::put(std::uint32_t key, Timestamp ts, const ValueView& value, Expiry expiry,
                     std::int64_t ttl) {
  Operation& operation = operations_.emplace_back(Operation{.kind = Kind::put,
                                                            .type = value.type(),
                                                            .expiry = expiry,
                                                            .index = key,
                                                            .ts = ts,
                                                            .bits = bits_of(value),
                                                            .ttl = ttl});
  if (value.type() == ValueType::bytes) {
    const Slice bytes = keep(value.as_bytes());
    operation.bits = bytes.offset;
    operation.size = bytes.size;
  }
}

void WriteBatch::erase(std::string_view key, Timestamp ts) {
  const std::uint32_t index = intern(key);
  operations_.push_back({.kind = Kind::erase, .index = index, .ts = ts});
}

void WriteBatch::erase_range(std::string_view first_key, std::optional<std::string_view> end_key,
                             TimeRange range) {
  const auto index = static_cast<std::uint32_t>(ranges_.size());
  const Slice first = keep(first_key);
  const Slice end = keep(end_key.value_or(std::string_view()));
  ranges_.push_back({first, end, !end_key.has_value(), range});
  operations_.push_back({.kind = Kind::erase_range, .index = index});
}

void WriteBatch::erase_prefix(std::string_view prefix, TimeRange range) {
  const std::optional<std::string> end = engine::prefix_end(prefix);
  erase_range(prefix, end ? std::optional<std::string_view>(*end) : std::nullopt, range);
}

void WriteBatch::clear() {
  operations_.clear();
  keys_.clear();
  ranges_.clear();
  heap_.clear();
  std::ranges::fill(table_, 0);
}

std::uint32_t WriteBatch::intern(std::string_view key) {
  if (!operations_.empty() && operations_.back().kind != Kind::erase_range) {
    const std::uint32_t last = operations_.back().index;
    if (engine::user_key(internal_key(keys_[last])) == key) return last;
  }
  // The internal key is put together where it stays if it turns out to be new.
  const Slice bytes{heap_.size(), key.size() + 1};
  heap_.push_back(static_cast<char>(engine::KeySpace::user));
  heap_.append(key);
  const std::uint64_t hash = engine::hash_of(view(bytes));
  if (const std::uint32_t index = find(view(bytes), hash, nullptr); index != absent) {
    heap_.resize(bytes.offset);
    return index;
  }
  return add({bytes, hash, nullptr});
}

std::uint32_t WriteBatch::intern(const std::shared_ptr<engine::SeriesState>& series) {
  if (!operations_.empty() && operations_.back().kind != Kind::erase_range) {
    const std::uint32_t last = operations_.back().index;
    if (keys_[last].series == series) return last;
  }
  if (const std::uint32_t index = find(series->key(), series->hash(), series.get());
      index != absent) {
    if (!keys_[index].series) keys_[index].series = series;
    return index;
  }
  return add({{}, series->hash(), series});
}

std::uint32_t WriteBatch::find(std::string_view internal, std::uint64_t hash,
                               const engine::SeriesState* series) const {
  const auto matches = [&](const Key& key) {
    if (key.hash != hash) return false;
    if (series != nullptr && key.series.get() == series) return true;
    // Handles of two engines stay apart, so that the stranger is found when the batch is written.
    if (series != nullptr && key.series && key.series->engine_id() != series->engine_id()) {
      return false;
    }
    return internal_key(key) == internal;
  };
  if (keys_.size() <= linear_keys_max) {
    const auto found = std::ranges::find_if(keys_, matches);
    return found == keys_.end() ? absent : static_cast<std::uint32_t>(found - keys_.begin());
  }
  const std::size_t mask = table_.size() - 1;
  for (std::size_t slot = hash & mask; table_[slot] != 0; slot = (slot + 1) & mask) {
    if (matches(keys_[table_[slot] - 1])) return table_[slot] - 1;
  }
  return absent;
}

std::uint32_t WriteBatch::add(Key key) {
  const auto index = static_cast<std::uint32_t>(keys_.size());
  keys_.push_back(std::move(key));
  if (keys_.size() <= linear_keys_max) return index;
  if (table_.size() >= keys_.size() * 2 && keys_.size() > linear_keys_max + 1) {
    enter(index);
    return index;
  }
  // Too full, or the first key that the table is used for.
  table_.assign(std::max(table_.size(), std::bit_ceil(keys_.size() * 4)), 0);
  for (std::uint32_t each = 0; each <= index; ++each) enter(each);
  return index;
}

void WriteBatch::enter(std::uint32_t index) {
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = keys_[index].hash & mask;
  while (table_[slot] != 0) slot = (slot + 1) & mask;
  table_[slot] = index + 1;
}

WriteBatch::Slice WriteBatch::keep(std::string_view bytes) {
  const Slice slice{heap_.size(), bytes.size()};
  heap_.append(bytes);
  return slice;
}

std::string_view WriteBatch::internal_key(const Key& key) const {
  return key.series ? std::string_view(key.series->key()) : view(key.bytes);
}

}  // namespace varve
