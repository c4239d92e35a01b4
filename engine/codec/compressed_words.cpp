#include "engine/codec/compressed_words.hpp"

#include <algorithm>
#include <utility>

#include "engine/codec/plain_words.hpp"
#include "engine/codec/zstd.hpp"

namespace varve::engine {

namespace {

using Words = std::span<const std::uint64_t>;

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

// zstd takes some 25 cycles a word to decode where unpacking takes two, and far more to encode. So
// it has to save at least an eighth, and is tried only on words that nothing else makes small.
constexpr std::size_t compressed_size_min = 256;

bool may_compress(std::size_t packed, std::size_t raw) {
  return packed >= compressed_size_min && packed > raw / 8 * 5;
}

}  // namespace

bool encode_compressed_if_it_pays(Words words, std::size_t packed, Bytes& target) {
  if (!may_compress(packed, words.size_bytes())) return false;
  Bytes raw;
  encode_raw(words, raw);
  const Bytes plain = compress(raw);
  const Bytes planes = compress(planes_of(words));
  const bool plain_is_less = plain.size() <= planes.size();
  const Bytes& least = plain_is_less ? plain : planes;
  if (least.size() >= packed - packed / 8) return false;
  ByteWriter(target).put(
      std::to_underlying(plain_is_less ? Encoding::zstd : Encoding::zstd_planes));
  encode_compressed(least, target);
  return true;
}

void decode_compressed(Encoding encoding, ByteReader& reader, std::span<std::uint64_t> words) {
  const ByteSpan frame = as_bytes(reader.take_sized());
  if (!reader.ok()) return;
  Bytes bytes(words.size_bytes());
  if (!decompress(frame, bytes)) return reader.fail();
  if (encoding == Encoding::zstd) return words_of_raw(bytes, words);
  words_of_planes(bytes, words);
}

}  // namespace varve::engine
