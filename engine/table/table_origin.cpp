#include "engine/table/table_origin.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/record/level.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// One that holds no record hides nothing, whatever it says.
bool is_empty(const RangeTombstone& range) { return range.keys.empty() || range.times.empty(); }

std::size_t encoded_size(const FlushedTombstone& tombstone) {
  Bytes bytes;
  ByteWriter writer(bytes);
  tombstone.encode(writer);
  return bytes.size();
}

/// Ascending numbers as their steps, the first from 0. Nothing where they do not ascend, or where
/// the reader fails; a count is not trusted with memory.
std::optional<std::vector<std::uint64_t>> take_ascending(ByteReader& reader) {
  std::vector<std::uint64_t> numbers;
  const std::uint64_t count = reader.take_varint();
  std::uint64_t number = 0;
  for (std::uint64_t taken = 0; taken < count; ++taken) {
    const std::uint64_t step = reader.take_varint();
    if (step == 0 || step > std::numeric_limits<std::uint64_t>::max() - number) return std::nullopt;
    number += step;
    numbers.push_back(number);
  }
  return numbers;
}

/// Nothing where one of them holds nothing, or an older one follows a newer one.
std::optional<std::vector<FlushedTombstone>> take_tombstones(ByteReader& reader) {
  std::vector<FlushedTombstone> tombstones;
  const std::uint64_t count = reader.take_varint();
  for (std::uint64_t taken = 0; taken < count; ++taken) {
    FlushedTombstone tombstone = FlushedTombstone::decode(reader);
    if (is_empty(tombstone.range)) return std::nullopt;
    if (!tombstones.empty() && tombstone.flush < tombstones.back().flush) return std::nullopt;
    tombstones.push_back(std::move(tombstone));
  }
  return tombstones;
}

}  // namespace

void TableOrigin::list(std::span<const FlushedTombstone> held) {
  VARVE_ASSERT(std::ranges::is_sorted(held, {}, &FlushedTombstone::flush));
  tombstones.clear();
  tombstones_left_out = 0;
  std::size_t left = tombstone_bytes_max;
  for (auto tombstone = held.rbegin(); tombstone != held.rend(); ++tombstone) {
    if (is_empty(tombstone->range)) continue;
    const std::size_t size = encoded_size(*tombstone);
    if (size > left) {
      ++tombstones_left_out;
      continue;
    }
    left -= size;
    tombstones.push_back(*tombstone);
  }
  std::ranges::reverse(tombstones);
}

void TableOrigin::encode(ByteWriter& writer) const {
  writer.put_bytes(ByteSpan(database));
  writer.put(std::to_underlying(maker));
  writer.put_varint(level);
  writer.put_varint(first_sequence);
  writer.put_varint(last_sequence);
  writer.put_varint(flush_number);
  writer.put_varint(flushed_through);
  writer.put_varint(log_start);
  writer.put_zigzag(written.time);
  writer.put(static_cast<std::uint8_t>(written.synchronised ? 1 : 0));
  writer.put_varint(replaced.size());
  std::uint64_t before = 0;
  for (const std::uint64_t number : replaced)
    writer.put_varint(number - std::exchange(before, number));
  writer.put_varint(tombstones.size());
  for (const FlushedTombstone& tombstone : tombstones) tombstone.encode(writer);
  writer.put_varint(tombstones_left_out);
}

Result<TableOrigin> TableOrigin::decode(ByteSpan bytes) {
  const auto corruption = [](const char* what) {
    return fail(Errc::corruption, std::string("table origin") + what);
  };
  ByteReader reader(bytes);
  TableOrigin origin;
  std::ranges::copy(reader.take_bytes(origin.database.size()), origin.database.begin());
  const auto maker = reader.take<std::uint8_t>();
  const std::uint64_t level = reader.take_varint();
  origin.first_sequence = reader.take_varint();
  origin.last_sequence = reader.take_varint();
  origin.flush_number = reader.take_varint();
  origin.flushed_through = reader.take_varint();
  origin.log_start = reader.take_varint();
  origin.written.time = reader.take_zigzag();
  const auto synchronised = reader.take<std::uint8_t>();
  if (!reader.ok()) return corruption("");
  if (maker != std::to_underlying(Maker::flush) && maker != std::to_underlying(Maker::compaction)) {
    return corruption(": maker");
  }
  if (level >= level_count) return corruption(": level");
  if (origin.first_sequence > origin.last_sequence ||
      origin.last_sequence > origin.flushed_through) {
    return corruption(": sequences");
  }
  if (synchronised > 1) return corruption(": time");
  origin.maker = static_cast<Maker>(maker);
  origin.level = static_cast<std::uint32_t>(level);
  origin.written.synchronised = synchronised == 1;

  auto replaced = take_ascending(reader);
  // A compaction has inputs, and a flush has none.
  if (!replaced || replaced->empty() != (origin.maker == Maker::flush)) {
    return corruption(": replaced tables");
  }
  origin.replaced = *std::move(replaced);
  auto tombstones = take_tombstones(reader);
  if (!tombstones || (!tombstones->empty() && tombstones->back().flush > origin.flush_number)) {
    return corruption(": range tombstones");
  }
  origin.tombstones = *std::move(tombstones);
  origin.tombstones_left_out = reader.take_varint();
  if (!reader.ok() || !reader.at_end()) return corruption("");
  return origin;
}

}  // namespace varve::engine
