#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string>

#include "engine/base/checksum.hpp"
#include "engine/base/try.hpp"
#include "engine/wal/batch.hpp"

namespace varve::engine {

namespace {

// A bound may be one byte longer than a key, so that key + '\0' ends a range just after any key.
constexpr std::size_t bound_size_max = key_size_max + 1;

std::unexpected<Error> refuse(std::size_t operation, std::string what) {
  return fail(Errc::invalid_argument,
              "operation " + std::to_string(operation) + ": " + std::move(what));
}

std::string too_long(const char* what, std::size_t size, std::size_t size_max) {
  return std::string(what) + " of " + std::to_string(size) + " bytes, at most " +
         std::to_string(size_max);
}

}  // namespace

/// One reading of one batch: checks, then thins out, then encodes.
class BatchReader::Pass {
 public:
  Pass(const WriteBatch& batch, const BatchDefaults& defaults)
      : batch_(batch), defaults_(defaults) {}

  Result<EncodedBatch> run();

 private:
  using Op = WriteBatch::Operation;
  using Kind = WriteBatch::Kind;
  using Expiry = WriteBatch::Expiry;

  /// An erase_range that deletes something, by its place in the batch.
  struct Covering {
    std::size_t operation;
    KeyRange keys;
    TimeSpan times;
    std::string_view end_max;  // The greatest end of this one and those sorted before it.
  };

  Status check_keys() const;
  Status check_operations() const;
  Status check_range(std::size_t at, const WriteBatch::Range& range) const;
  std::size_t first_use_of(std::size_t key) const;

  bool may_repeat() const;
  void thin_out();
  void collect_ranges();
  bool is_covered_later(std::size_t at) const;

  Timestamp expiry_of(const Op& operation) const;
  ValueView value_of(const Op& operation) const;
  std::uint32_t number_of(std::uint32_t key);
  void copy_keys();

  const WriteBatch& batch_;
  const BatchDefaults& defaults_;
  std::vector<Covering> ranges_;          // By first key.
  std::vector<bool> dropped_;             // By operation; empty: none is.
  std::vector<std::uint32_t> numbers_;    // By key, one more than its number; empty: as they are.
  std::vector<std::uint32_t> key_order_;  // With numbers_: keys by number.
  EncodedBatch encoded_;
};

Result<EncodedBatch> BatchReader::encode(const WriteBatch& batch, const BatchDefaults& defaults) {
  return Pass(batch, defaults).run();
}

Result<EncodedBatch> BatchReader::Pass::run() {
  VARVE_CHECK(check_keys());
  VARVE_CHECK(check_operations());
  if (may_repeat()) thin_out();

  BatchEncoder encoder;
  for (std::size_t i = 0; i < batch_.operations_.size(); ++i) {
    if (!dropped_.empty() && dropped_[i]) continue;
    const Op& operation = batch_.operations_[i];
    if (operation.kind == Kind::erase_range) {
      const WriteBatch::Range& range = batch_.ranges_[operation.index];
      const KeyRange keys =
          user_key_range(batch_.view(range.first),
                         range.open_end ? std::nullopt : std::optional(batch_.view(range.end)));
      encoder.erase_range(keys.first, keys.end, time_span(range.times));
      ++encoded_.deletes;
      continue;
    }
    const std::uint32_t key = number_of(operation.index);
    if (operation.kind == Kind::erase) {
      encoder.erase(key, operation.ts);
      ++encoded_.deletes;
      continue;
    }
    const ValueView value = value_of(operation);
    encoder.put(key, operation.ts, value, expiry_of(operation));
    ++encoded_.puts;
    encoded_.user_bytes += batch_.internal_key(batch_.keys_[operation.index]).size() - 1 +
                           sizeof(Timestamp) +
                           (value.type() == ValueType::bytes   ? operation.size
                            : value.type() == ValueType::bool_ ? 1
                                                               : sizeof operation.bits);
  }
  encoded_.payload = std::move(encoder).finish();
  encoded_.payload_checksum = checksum(encoded_.payload);
  copy_keys();
  return std::move(encoded_);
}

Status BatchReader::Pass::check_keys() const {
  for (std::size_t i = 0; i < batch_.keys_.size(); ++i) {
    const WriteBatch::Key& key = batch_.keys_[i];
    const std::size_t size = batch_.internal_key(key).size() - 1;
    if (size == 0) return refuse(first_use_of(i), "an empty key");
    if (size > key_size_max) return refuse(first_use_of(i), too_long("a key", size, key_size_max));
    if (key.series && key.series->engine_id() != defaults_.engine_id) {
      return refuse(first_use_of(i), "a series of another engine");
    }
  }
  return {};
}

std::size_t BatchReader::Pass::first_use_of(std::size_t key) const {
  const auto uses = [key](const Op& operation) {
    return operation.kind != Kind::erase_range && operation.index == key;
  };
  return static_cast<std::size_t>(std::ranges::find_if(batch_.operations_, uses) -
                                  batch_.operations_.begin());
}

Status BatchReader::Pass::check_operations() const {
  if (defaults_.ttl && defaults_.ttl->count() < 0) {
    return fail(Errc::invalid_argument, "the write's TTL is negative");
  }
  for (std::size_t i = 0; i < batch_.operations_.size(); ++i) {
    const Op& operation = batch_.operations_[i];
    if (operation.kind == Kind::erase_range) {
      VARVE_CHECK(check_range(i, batch_.ranges_[operation.index]));
    }
    if (operation.size > value_size_max) {
      return refuse(i, too_long("a value", operation.size, value_size_max));
    }
    if (operation.expiry == Expiry::ttl && operation.ttl < 0) return refuse(i, "a negative TTL");
  }
  return {};
}

Status BatchReader::Pass::check_range(std::size_t at, const WriteBatch::Range& range) const {
  const std::size_t longest = std::max(range.first.size, range.end.size);
  if (longest > bound_size_max) {
    return refuse(at, too_long("a range's key", longest, bound_size_max));
  }
  if (!range.open_end && batch_.view(range.end) < batch_.view(range.first)) {
    return refuse(at, "a range whose end key is below its first");
  }
  if (range.times.from() && range.times.to() && *range.times.to() < *range.times.from()) {
    return refuse(at, "a range of time that ends before it begins");
  }
  return {};
}

// The usual batch repeats nothing, and shows it: every key is there once, or the times of each
// ascend. What does not show it pays for a hash table.
bool BatchReader::Pass::may_repeat() const {
  if (!batch_.ranges_.empty()) return true;
  if (batch_.keys_.size() == batch_.operations_.size()) return false;
  struct Newest {
    Timestamp ts = 0;
    bool any = false;
  };
  std::vector<Newest> newest(batch_.keys_.size());
  for (const Op& operation : batch_.operations_) {
    Newest& before = newest[operation.index];
    if (before.any && operation.ts <= before.ts) return true;
    before = {operation.ts, true};
  }
  return false;
}

// From the last operation to the first: the first seen of each record is the one that stays.
void BatchReader::Pass::thin_out() {
  const std::size_t count = batch_.operations_.size();
  dropped_.assign(count, false);
  numbers_.assign(batch_.keys_.size(), 0);
  collect_ranges();

  std::vector<std::size_t> seen(std::bit_ceil(count * 2), count);  // Open addressing.
  const std::size_t mask = seen.size() - 1;
  for (std::size_t i = count; i-- > 0;) {
    const Op& operation = batch_.operations_[i];
    if (operation.kind == Kind::erase_range) continue;
    const std::uint64_t hash =
        (batch_.keys_[operation.index].hash ^ static_cast<std::uint64_t>(operation.ts)) *
        0x9E3779B97F4A7C15;  // Fibonacci hashing: times often share their low bits.
    std::size_t slot = static_cast<std::size_t>(hash >> 32) & mask;
    while (seen[slot] != count && (batch_.operations_[seen[slot]].index != operation.index ||
                                   batch_.operations_[seen[slot]].ts != operation.ts)) {
      slot = (slot + 1) & mask;
    }
    if (seen[slot] != count || is_covered_later(i)) {
      dropped_[i] = true;
    } else {
      seen[slot] = i;
    }
  }
}

void BatchReader::Pass::collect_ranges() {
  for (std::size_t i = 0; i < batch_.operations_.size(); ++i) {
    if (batch_.operations_[i].kind != Kind::erase_range) continue;
    const WriteBatch::Range& range = batch_.ranges_[batch_.operations_[i].index];
    KeyRange keys =
        user_key_range(batch_.view(range.first),
                       range.open_end ? std::nullopt : std::optional(batch_.view(range.end)));
    const TimeSpan times = time_span(range.times);
    if (keys.empty() || times.empty()) {
      dropped_[i] = true;  // It deletes nothing.
    } else {
      ranges_.push_back({i, std::move(keys), times, {}});
    }
  }
  std::ranges::sort(ranges_, {},
                    [](const Covering& range) -> const std::string& { return range.keys.first; });
  std::string_view end_max;
  for (Covering& range : ranges_) {
    end_max = std::max(end_max, std::string_view(range.keys.end));
    range.end_max = end_max;
  }
}

// Ranges that begin at or below the key, the nearest first, until none before can reach it: one
// step where ranges do not overlap, as when a batch replaces series by series.
bool BatchReader::Pass::is_covered_later(std::size_t at) const {
  if (ranges_.empty()) return false;
  const Op& operation = batch_.operations_[at];
  const std::string_view key = batch_.internal_key(batch_.keys_[operation.index]);
  auto range = std::ranges::upper_bound(
      ranges_, key, {}, [](const Covering& each) { return std::string_view(each.keys.first); });
  while (range != ranges_.begin()) {
    --range;
    if (range->end_max <= key) return false;
    if (range->operation > at && range->keys.contains(key) && range->times.contains(operation.ts)) {
      return true;
    }
  }
  return false;
}

// A TTL past the end of time means that the record stays.
Timestamp BatchReader::Pass::expiry_of(const Op& operation) const {
  switch (operation.expiry) {
    case Expiry::at: return operation.ttl;
    case Expiry::ttl: return saturating_add(operation.ts, operation.ttl);
    case Expiry::by_default: break;
  }
  return defaults_.ttl ? saturating_add(operation.ts, defaults_.ttl->count()) : never;
}

ValueView BatchReader::Pass::value_of(const Op& operation) const {
  switch (operation.type) {
    case ValueType::double_: return std::bit_cast<double>(operation.bits);
    case ValueType::int64: return static_cast<std::int64_t>(operation.bits);
    case ValueType::bool_: return operation.bits != 0;
    case ValueType::bytes: break;
  }
  return batch_.view({static_cast<std::size_t>(operation.bits), operation.size});
}

// A key all of whose operations were dropped is left out, so the log and the memtable never hear
// of it.
std::uint32_t BatchReader::Pass::number_of(std::uint32_t key) {
  if (numbers_.empty()) return key;
  if (numbers_[key] == 0) {
    key_order_.push_back(key);
    numbers_[key] = static_cast<std::uint32_t>(key_order_.size());
  }
  return numbers_[key] - 1;
}

void BatchReader::Pass::copy_keys() {
  const std::size_t count = numbers_.empty() ? batch_.keys_.size() : key_order_.size();
  const auto source = [&](std::size_t number) -> const WriteBatch::Key& {
    return batch_.keys_[numbers_.empty() ? number : key_order_[number]];
  };
  std::size_t heap_size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!source(i).series) heap_size += source(i).bytes.size;
  }
  encoded_.key_heap = std::make_unique_for_overwrite<char[]>(heap_size);
  encoded_.keys.reserve(count);
  char* at = encoded_.key_heap.get();
  for (std::size_t i = 0; i < count; ++i) {
    const WriteBatch::Key& key = source(i);
    const std::string_view bytes = batch_.internal_key(key);
    encoded_.key_bytes += bytes.size();
    if (key.series) {
      encoded_.keys.push_back({bytes, key.hash, key.series});
      continue;
    }
    std::memcpy(at, bytes.data(), bytes.size());
    encoded_.keys.push_back({{at, bytes.size()}, key.hash, nullptr});
    at += bytes.size();
  }
}

}  // namespace varve::engine
