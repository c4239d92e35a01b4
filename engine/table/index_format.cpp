#include "engine/table/index_format.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/codec/words.hpp"
#include "engine/io/io_error.hpp"
#include "engine/table/block_format.hpp"
#include "engine/table/key_list.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

using Entry = TableIndex::Entry;

// Less than any block takes: so the number of entries is bounded by the bytes there are.
constexpr std::uint64_t block_size_min = 16;

std::uint64_t difference(Timestamp to, Timestamp from) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

Timestamp sum(Timestamp from, std::uint64_t difference) {
  return static_cast<Timestamp>(static_cast<std::uint64_t>(from) + difference);
}

/// The columns of numbers, in their stored order: each gets a word from an entry. Moments are
/// stored by their distance from one that is near, often 0 for all.
constexpr std::uint64_t (*columns[])(const Entry&) = {
    [](const Entry& entry) { return std::uint64_t{entry.size}; },
    [](const Entry& entry) { return std::uint64_t{entry.rows}; },
    [](const Entry& entry) { return static_cast<std::uint64_t>(entry.times.first); },
    [](const Entry& entry) { return difference(entry.times.last, entry.times.first); },
    [](const Entry& entry) { return difference(entry.first_ts, entry.times.first); },
    [](const Entry& entry) { return difference(entry.times.last, entry.last_ts); },
    [](const Entry& entry) { return static_cast<std::uint64_t>(entry.expiry_min); },
    [](const Entry& entry) { return difference(entry.expiry_max, entry.expiry_min); },
};
constexpr std::size_t column_count = std::size(columns);

bool is_sound(const Entry& entry) {
  const std::pair first(entry.first_key, entry.first_ts);
  const std::pair last(entry.last_key, entry.last_ts);
  // Of one key the times ascend, so the first and the last row have the least and the greatest.
  const bool is_of_one_key = entry.first_key == entry.last_key;
  if (is_of_one_key && entry.times != TimeSpan{entry.first_ts, entry.last_ts}) return false;
  return entry.rows > 0 && entry.rows <= BlockLimits::rows && !entry.times.empty() &&
         entry.times.contains(entry.first_ts) && entry.times.contains(entry.last_ts) &&
         entry.expiry_min <= entry.expiry_max && first <= last;
}

}  // namespace

Bytes encode_index(std::span<const Entry> entries, Compression compression) {
  VARVE_ASSERT(!entries.empty());
  Bytes index;
  ByteWriter(index).put_varint(entries.size());
  for (const auto column : columns) {
    std::vector<std::uint64_t> words;
    words.reserve(entries.size());
    for (const Entry& entry : entries) words.push_back(column(entry));
    encode_words(words, Compression::none, index);
  }
  std::vector<std::string_view> keys;
  keys.reserve(entries.size() * 2);
  for (const Entry& entry : entries) {
    keys.push_back(entry.first_key);
    keys.push_back(entry.last_key);
  }
  encode_keys(keys, compression, index);
  return index;
}

Result<std::shared_ptr<const TableIndex>> decode_index(ByteSpan bytes, std::uint64_t blocks_size) {
  const auto corruption = [] { return fail(Errc::corruption, "index entries"); };
  ByteReader reader(bytes);
  const std::uint64_t stored_count = reader.take_varint();
  if (stored_count == 0 || stored_count > blocks_size / block_size_min) return corruption();
  if (!fits_in_memory(stored_count, sizeof(Entry))) return too_large("index entries");
  const auto count = static_cast<std::size_t>(stored_count);

  std::vector<std::uint64_t> words[column_count];
  for (auto& column : words) {
    column.resize(count);
    decode_words(reader, column);
  }
  KeyList keys = decode_keys(reader, count * 2, index_keys_size_max);
  if (!reader.ok() || !reader.at_end()) return corruption();

  auto index = std::make_shared<TableIndex>();
  index->entries.resize(count);
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [sizes, rows, times, spans, firsts, lasts, expiries, expiry_spans] = words;
    Entry& entry = index->entries[i];
    if (sizes[i] < block_size_min || sizes[i] > blocks_size - offset ||
        sizes[i] > std::numeric_limits<std::uint32_t>::max() || rows[i] > BlockLimits::rows) {
      return corruption();
    }
    entry.offset = offset;
    entry.size = static_cast<std::uint32_t>(sizes[i]);
    entry.rows = static_cast<std::uint32_t>(rows[i]);
    entry.times.first = static_cast<Timestamp>(times[i]);
    entry.times.last = sum(entry.times.first, spans[i]);
    entry.first_ts = sum(entry.times.first, firsts[i]);
    entry.last_ts = sum(entry.times.last, ~lasts[i] + 1);
    entry.expiry_min = static_cast<Timestamp>(expiries[i]);
    entry.expiry_max = sum(entry.expiry_min, expiry_spans[i]);
    entry.first_key = keys.keys[i * 2];
    entry.last_key = keys.keys[i * 2 + 1];
    if (!is_sound(entry)) return corruption();
    if (i > 0) {
      const Entry& before = index->entries[i - 1];
      if (std::pair(before.last_key, before.last_ts) >=
          std::pair(entry.first_key, entry.first_ts)) {
        return corruption();
      }
    }
    offset += entry.size;
  }
  if (offset != blocks_size) return corruption();

  keys.keys = std::vector<std::string_view>();  // The entries name them.
  index->bytes = sizeof(TableIndex) + count * sizeof(Entry) + keys.heap_size;
  index->storage = std::make_shared<const KeyList>(std::move(keys));
  return index;
}

std::size_t TableIndex::lower_bound(std::string_view key, Timestamp ts) const {
  const auto at = std::ranges::partition_point(entries, [&](const Entry& entry) {
    return std::pair(entry.last_key, entry.last_ts) < std::pair(key, ts);
  });
  return static_cast<std::size_t>(at - entries.begin());
}

std::size_t TableIndex::upper_bound(std::string_view key, Timestamp ts) const {
  const auto at = std::ranges::partition_point(entries, [&](const Entry& entry) {
    return std::pair(entry.first_key, entry.first_ts) <= std::pair(key, ts);
  });
  return static_cast<std::size_t>(at - entries.begin());
}

}  // namespace varve::engine
