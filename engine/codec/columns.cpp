#include "engine/codec/columns.hpp"

#include <algorithm>
#include <utility>

#include "engine/codec/distinct_bytes.hpp"
#include "engine/codec/encoding.hpp"
#include "engine/codec/plain_words.hpp"
#include "engine/codec/words.hpp"
#include "engine/codec/zstd.hpp"

// Columns of int64s, bools and bytes; columns of doubles are in doubles.cpp. Each encoder weighs
// what a type allows and keeps the shortest:
//
// - int64s are words, read as unsigned: words.cpp has all their encodings.
// - bools are a constant, or the lengths of runs, or a bitmap.
// - bytes are a heap with the sizes of its values. Where at most 256 values are distinct, only
//   those are in the heap, and a column of places says which each value is.
//
// Decoders meet any bytes: each size is held against what is left, and against what the caller
// allows in memory, before anything of that size is made.

namespace varve::engine {

namespace {

// Signed and unsigned of one width may alias each other; doubles have to be copied.
std::span<const std::uint64_t> words_of(std::span<const std::int64_t> values) {
  return {reinterpret_cast<const std::uint64_t*>(values.data()), values.size()};
}

std::size_t bitmap_size(std::size_t count) { return count / 8 + (count % 8 != 0); }

/// How often values come in a row, but for the last.
std::vector<std::uint64_t> runs_of(std::span<const bool> values) {
  std::vector<std::uint64_t> lengths;
  std::size_t begin = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] != values[i - 1]) lengths.push_back(i - std::exchange(begin, i));
  }
  return lengths;
}

/// Appends nothing, and says false, where a bitmap takes no more.
bool encode_runs_if_it_pays(std::span<const bool> values, Bytes& target) {
  const std::vector<std::uint64_t> lengths = runs_of(values);
  if (lengths.size() > values.size() / 4) return false;  // Shorter ones hardly ever take less.
  const std::size_t at = target.size();
  ByteWriter writer(target);
  writer.put(std::to_underlying(Encoding::runs));
  writer.put(static_cast<std::uint8_t>(values.front()));
  writer.put_varint(lengths.size());
  encode_words(lengths, Compression::none, target);
  if (target.size() - at <= bitmap_size(values.size())) return true;
  target.resize(at);
  return false;
}

void decode_runs(ByteReader& reader, std::span<bool> values) {
  const auto first = reader.take<std::uint8_t>();
  const std::uint64_t count = reader.take_varint();
  if (first > 1 || count >= values.size()) return reader.fail();
  std::vector<std::uint64_t> lengths(static_cast<std::size_t>(count));
  decode_words(reader, lengths);
  if (!reader.ok()) return;
  bool value = first == 1;
  for (const std::uint64_t length : lengths) {
    // One at least is left for the last run.
    if (length == 0 || length >= values.size()) return reader.fail();
    std::ranges::fill(values.first(static_cast<std::size_t>(length)), value);
    values = values.subspan(static_cast<std::size_t>(length));
    value = !value;
  }
  std::ranges::fill(values, value);
}

constexpr std::size_t heap_compressed_min = 64;  // Below, a frame's header eats what it saves.

/// Their sizes, and all in one.
void encode_heap(std::span<const std::uint64_t> sizes, std::string_view heap,
                 Compression compression, Bytes& target) {
  encode_words(sizes, Compression::none, target);
  if (heap.empty()) return;
  ByteWriter writer(target);
  if (compression == Compression::zstd && heap.size() >= heap_compressed_min) {
    const Bytes frame = compress(as_bytes(heap));
    if (frame.size() < heap.size()) {
      writer.put(std::to_underlying(Encoding::zstd));
      writer.put_sized(as_text(frame));
      return;
    }
  }
  writer.put(std::to_underlying(Encoding::raw));
  writer.put_bytes(heap);
}

BytesColumn decode_heap(ByteReader& reader, std::size_t count, std::size_t heap_size_max) {
  std::vector<std::uint64_t> sizes(count);
  decode_words(reader, sizes);
  std::size_t heap_size = 0;
  for (const std::uint64_t size : sizes) {
    if (size > heap_size_max - heap_size) {
      reader.fail();
      break;
    }
    heap_size += static_cast<std::size_t>(size);
  }
  BytesColumn column;
  if (!reader.ok()) return column;

  if (heap_size > 0) {
    const auto encoding = static_cast<Encoding>(reader.take<std::uint8_t>());
    ByteSpan stored;
    if (encoding == Encoding::raw)
      stored = reader.take_bytes(heap_size);
    else if (encoding == Encoding::zstd)
      stored = as_bytes(reader.take_sized());
    else
      reader.fail();
    if (!reader.ok()) return column;

    column.heap = std::make_unique_for_overwrite<char[]>(heap_size);
    const std::span heap(column.heap.get(), heap_size);
    if (encoding == Encoding::raw) {
      copy_bytes(heap.data(), stored.data(), heap_size);
    } else if (!decompress(stored, std::as_writable_bytes(heap))) {
      reader.fail();
      return column;
    }
  }
  column.heap_size = heap_size;
  column.values.reserve(count);
  const char* at = column.heap.get();
  for (const std::uint64_t size : sizes) {
    column.values.emplace_back(at, static_cast<std::size_t>(size));
    at += size;
  }
  return column;
}

void encode_distinct(const DistinctBytes& distinct, Compression compression, Bytes& target) {
  ByteWriter writer(target);
  writer.put(std::to_underlying(Encoding::distinct));
  writer.put(static_cast<std::uint8_t>(distinct.sizes.size() - 1));
  encode_heap(distinct.sizes, distinct.heap, compression, target);
  encode_plain_words(distinct.places, target);
}

/// What follows the tag.
BytesColumn decode_distinct(ByteReader& reader, std::size_t count, std::size_t heap_size_max) {
  const std::size_t distinct_count = std::size_t{reader.take<std::uint8_t>()} + 1;
  BytesColumn column = decode_heap(reader, distinct_count, heap_size_max);
  std::vector<std::uint64_t> places(count);
  decode_plain_words(reader, places);
  if (!reader.ok()) return {};
  const std::vector<std::string_view> distinct = std::exchange(column.values, {});
  column.values.reserve(count);
  for (const std::uint64_t place : places) {
    if (place >= distinct.size()) {
      reader.fail();
      return {};
    }
    column.values.push_back(distinct[static_cast<std::size_t>(place)]);
  }
  return column;
}

}  // namespace

void encode_int64s(std::span<const std::int64_t> values, Compression compression, Bytes& target) {
  encode_words(words_of(values), compression, target);
}

void decode_int64s(ByteReader& reader, std::span<std::int64_t> values) {
  decode_words(reader, {reinterpret_cast<std::uint64_t*>(values.data()), values.size()});
}

void encode_bools(std::span<const bool> values, Bytes& target) {
  if (values.empty()) return;
  ByteWriter writer(target);
  if (std::ranges::count(values, values.front()) == std::ssize(values)) {
    writer.put(std::to_underlying(Encoding::constant));
    writer.put(static_cast<std::uint8_t>(values.front()));
    return;
  }
  if (encode_runs_if_it_pays(values, target)) return;
  writer.put(std::to_underlying(Encoding::bitmap));
  const std::size_t at = target.size();
  target.resize(at + bitmap_size(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    target[at + i / 8] |= static_cast<std::byte>(values[i]) << (i % 8);
  }
}

void decode_bools(ByteReader& reader, std::span<bool> values) {
  if (values.empty()) return;
  switch (static_cast<Encoding>(reader.take<std::uint8_t>())) {
    case Encoding::constant: {
      const auto value = reader.take<std::uint8_t>();
      if (value > 1) return reader.fail();
      std::ranges::fill(values, value == 1);
      return;
    }
    case Encoding::runs: return decode_runs(reader, values);
    case Encoding::bitmap: {
      const ByteSpan bitmap = reader.take_bytes(bitmap_size(values.size()));
      if (!reader.ok()) return;
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = (bitmap[i / 8] >> (i % 8) & std::byte{1}) != std::byte{0};
      }
      return;
    }
    default: reader.fail();
  }
}

void encode_bytes(std::span<const std::uint64_t> sizes, std::string_view heap,
                  Compression compression, Bytes& target) {
  const auto distinct = DistinctBytes::of(sizes, heap);
  if (!distinct) return encode_heap(sizes, heap, compression, target);
  const std::size_t at = target.size();
  encode_distinct(*distinct, compression, target);
  // What repeats itself so much is spared zstd's try.
  const std::size_t distinct_size = target.size() - at;
  if (distinct_size <= heap.size() / 16) return;
  Bytes whole;
  encode_heap(sizes, heap, compression, whole);
  if (distinct_size <= whole.size()) return;
  target.resize(at);
  ByteWriter(target).put_bytes(whole);
}

BytesColumn decode_bytes(ByteReader& reader, std::size_t count, std::size_t heap_size_max) {
  if (count == 0) return {};
  ByteReader ahead = reader;
  if (static_cast<Encoding>(ahead.take<std::uint8_t>()) != Encoding::distinct) {
    return decode_heap(reader, count, heap_size_max);
  }
  reader = ahead;
  return decode_distinct(reader, count, heap_size_max);
}

}  // namespace varve::engine
