#include "engine/codec/words.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/codec/bit_packing.hpp"
#include "engine/codec/encoding.hpp"
#include "engine/codec/zstd.hpp"

namespace varve::engine {

namespace {

using Words = std::span<const std::uint64_t>;

std::int64_t as_signed(std::uint64_t word) { return static_cast<std::int64_t>(word); }

std::size_t zigzag_size(std::uint64_t word) {
  return (static_cast<std::size_t>(std::bit_width(zigzag(as_signed(word)) | 1)) + 6) / 7;
}

/// Where the words lie: from the least (as signed numbers) on, in a range of `width` bits. All
/// arithmetic wraps, so there is no sequence that does not fit.
struct Frame {
  std::uint64_t base = 0;
  unsigned width = 0;
};

Frame frame_of(Words words) {
  if (words.empty()) return {};
  std::int64_t least = as_signed(words.front());
  std::int64_t greatest = least;
  for (const std::uint64_t word : words) {
    least = std::min(least, as_signed(word));
    greatest = std::max(greatest, as_signed(word));
  }
  const auto base = static_cast<std::uint64_t>(least);
  const std::uint64_t range = static_cast<std::uint64_t>(greatest) - base;
  return {base, static_cast<unsigned>(std::bit_width(range))};
}

std::vector<std::uint64_t> deltas_of(Words words) {
  std::vector<std::uint64_t> deltas(words.size() - 1);
  for (std::size_t i = 0; i < deltas.size(); ++i) deltas[i] = words[i + 1] - words[i];
  return deltas;
}

// One pair for each encoding, and the size where it is known beforehand.

void encode_constant(std::uint64_t word, Bytes& target) {
  ByteWriter(target).put_zigzag(as_signed(word));
}

void decode_constant(ByteReader& reader, std::span<std::uint64_t> words) {
  std::ranges::fill(words, static_cast<std::uint64_t>(reader.take_zigzag()));
}

std::size_t frame_size(const Frame& frame, std::size_t count) {
  return zigzag_size(frame.base) + 1 + packed_size(count, frame.width);
}

void encode_frame(Words words, const Frame& frame, Bytes& target) {
  ByteWriter writer(target);
  writer.put_zigzag(as_signed(frame.base));
  writer.put(static_cast<std::uint8_t>(frame.width));
  const std::size_t at = target.size();
  target.resize(at + packed_size(words.size(), frame.width));
  pack(words, frame.base, frame.width, std::span(target).subspan(at));
}

void decode_frame(ByteReader& reader, std::span<std::uint64_t> words) {
  const auto base = static_cast<std::uint64_t>(reader.take_zigzag());
  const auto width = reader.take<std::uint8_t>();
  if (width > 64) return reader.fail();
  const std::size_t size = packed_size(words.size(), width);
  const ByteSpan packed = reader.take_bytes(size);
  if (reader.ok()) unpack(packed, base, width, words);
}

void encode_delta(std::uint64_t first, Words deltas, const Frame& frame, Bytes& target) {
  ByteWriter(target).put_zigzag(as_signed(first));
  encode_frame(deltas, frame, target);
}

void decode_delta(ByteReader& reader, std::span<std::uint64_t> words) {
  auto word = static_cast<std::uint64_t>(reader.take_zigzag());
  words.front() = word;
  const auto rest = words.subspan(1);
  decode_frame(reader, rest);
  if (!reader.ok()) return;
  for (std::uint64_t& delta : rest) delta = word += delta;
}

void encode_raw(Words words, Bytes& target) {
  const std::size_t at = target.size();
  target.resize(at + words.size_bytes());
  std::byte* to = target.data() + at;
  for (std::uint64_t word : words) {
    word = little_endian(word);
    std::memcpy(to, &word, sizeof(word));
    to += sizeof(word);
  }
}

void words_of_raw(ByteSpan bytes, std::span<std::uint64_t> words) {
  copy_bytes(words.data(), bytes.data(), words.size_bytes());
  for (std::uint64_t& word : words) word = little_endian(word);
}

void decode_raw(ByteReader& reader, std::span<std::uint64_t> words) {
  const ByteSpan bytes = reader.take_bytes(words.size_bytes());
  if (reader.ok()) words_of_raw(bytes, words);
}

/// All first bytes of the words, all second bytes and so on: what changes little lies together.
Bytes planes_of(Words words) {
  Bytes planes(words.size_bytes());
  std::byte* to = planes.data();
  for (unsigned shift = 0; shift < 64; shift += 8) {
    for (const std::uint64_t word : words) *to++ = static_cast<std::byte>(word >> shift);
  }
  return planes;
}

void words_of_planes(ByteSpan planes, std::span<std::uint64_t> words) {
  std::ranges::fill(words, 0);
  const std::byte* from = planes.data();
  for (unsigned shift = 0; shift < 64; shift += 8) {
    for (std::uint64_t& word : words) word |= static_cast<std::uint64_t>(*from++) << shift;
  }
}

void encode_compressed(const Bytes& frame, Bytes& target) {
  ByteWriter(target).put_sized(as_text(frame));
}

void decode_compressed(ByteReader& reader, std::span<std::uint64_t> words,
                       void (*words_of)(ByteSpan, std::span<std::uint64_t>)) {
  const ByteSpan frame = as_bytes(reader.take_sized());
  if (!reader.ok()) return;
  Bytes bytes(words.size_bytes());
  if (!decompress(frame, bytes)) return reader.fail();
  words_of(bytes, words);
}

// zstd takes some 25 cycles a word to decode where unpacking takes two, so it has to save at least
// an eighth, and is not tried where little can be left to save.
constexpr std::size_t compressed_size_min = 256;

bool pays(std::size_t compressed, std::size_t packed) { return compressed < packed - packed / 8; }

bool encode_compressed_if_it_pays(Words words, std::size_t packed, Bytes& target) {
  if (packed < compressed_size_min || packed < words.size()) return false;
  Bytes raw;
  encode_raw(words, raw);
  const Bytes plain = compress(raw);
  const Bytes planes = compress(planes_of(words));
  const bool plain_is_less = plain.size() <= planes.size();
  const Bytes& least = plain_is_less ? plain : planes;
  if (!pays(least.size(), packed)) return false;
  ByteWriter(target).put(
      std::to_underlying(plain_is_less ? Encoding::zstd : Encoding::zstd_planes));
  encode_compressed(least, target);
  return true;
}

}  // namespace

void encode_words(std::span<const std::uint64_t> words, Compression compression, Bytes& target) {
  if (words.empty()) return;
  ByteWriter writer(target);
  const Frame frame = frame_of(words);
  if (frame.width == 0) {
    writer.put(std::to_underlying(Encoding::constant));
    return encode_constant(words.front(), target);
  }

  const std::vector<std::uint64_t> deltas = deltas_of(words);
  const Frame delta_frame = frame_of(deltas);
  const std::size_t packed = frame_size(frame, words.size());
  const std::size_t delta = zigzag_size(words.front()) + frame_size(delta_frame, deltas.size());
  const std::size_t raw = words.size_bytes();
  const std::size_t least = std::min({packed, delta, raw});

  if (compression == Compression::zstd && encode_compressed_if_it_pays(words, least, target))
    return;
  // Of equals the first, since any of its words can be had alone.
  if (packed == least) {
    writer.put(std::to_underlying(Encoding::packed));
    encode_frame(words, frame, target);
  } else if (delta == least) {
    writer.put(std::to_underlying(Encoding::packed_delta));
    encode_delta(words.front(), deltas, delta_frame, target);
  } else {
    writer.put(std::to_underlying(Encoding::raw));
    encode_raw(words, target);
  }
}

void decode_words(ByteReader& reader, std::span<std::uint64_t> words) {
  if (words.empty()) return;
  switch (static_cast<Encoding>(reader.take<std::uint8_t>())) {
    case Encoding::constant: return decode_constant(reader, words);
    case Encoding::packed: return decode_frame(reader, words);
    case Encoding::packed_delta: return decode_delta(reader, words);
    case Encoding::raw: return decode_raw(reader, words);
    case Encoding::zstd: return decode_compressed(reader, words, words_of_raw);
    case Encoding::zstd_planes: return decode_compressed(reader, words, words_of_planes);
    case Encoding::bitmap: break;
  }
  reader.fail();
}

}  // namespace varve::engine
