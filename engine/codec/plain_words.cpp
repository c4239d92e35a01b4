#include "engine/codec/plain_words.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/assert.hpp"

namespace varve::engine {

namespace {

using Words = std::span<const std::uint64_t>;

void subtract_neighbours(Words words, std::span<std::uint64_t> deltas) {
  for (std::size_t i = 0; i < deltas.size(); ++i) deltas[i] = words[i + 1] - words[i];
}

// One pair for each encoding, and the size where it is known beforehand.

void encode_constant(std::uint64_t word, Bytes& target) {
  ByteWriter(target).put_zigzag(as_signed(word));
}

void decode_constant(ByteReader& reader, std::span<std::uint64_t> words) {
  std::ranges::fill(words, static_cast<std::uint64_t>(reader.take_zigzag()));
}

void encode_delta(std::uint64_t first, Words deltas, const Frame& frame, Bytes& target) {
  ByteWriter(target).put_zigzag(as_signed(first));
  encode_frame(deltas, frame, target);
}

void add_up(std::uint64_t word, std::span<std::uint64_t> deltas) {
  for (std::uint64_t& delta : deltas) delta = word += delta;
}

void decode_delta(ByteReader& reader, std::span<std::uint64_t> words) {
  words.front() = static_cast<std::uint64_t>(reader.take_zigzag());
  const auto rest = words.subspan(1);
  decode_frame(reader, rest);
  add_up(words.front(), rest);
}

void decode_delta2(ByteReader& reader, std::span<std::uint64_t> words) {
  if (words.size() < 2) return reader.fail();
  words[0] = static_cast<std::uint64_t>(reader.take_zigzag());
  const auto deltas = words.subspan(1);
  decode_delta(reader, deltas);
  add_up(words[0], deltas);
}

void decode_raw(ByteReader& reader, std::span<std::uint64_t> words) {
  const ByteSpan bytes = reader.take_bytes(words.size_bytes());
  if (reader.ok()) words_of_raw(bytes, words);
}

}  // namespace

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
  VARVE_ASSERT(bytes.size() == words.size_bytes());
  copy_bytes(words.data(), bytes.data(), words.size_bytes());
  for (std::uint64_t& word : words) word = little_endian(word);
}

PlainWords::PlainWords(Words words)
    : words_(words),
      range_(word_range_of(words)),
      deltas_(words.size() - 1),
      deltas2_(words.size() - 1),
      frame_(choose_frame(words, range_)),
      size_(frame_.size) {
  if (is_constant(frame_)) {
    encoding_ = Encoding::constant;
    return;
  }
  subtract_neighbours(words, deltas_.words());
  const std::size_t first_size = zigzag_size(words.front());
  consider(Encoding::packed_delta, deltas_.words(), first_size);
  if (words.size() > 2) {
    subtract_neighbours(deltas_.words(), deltas2());
    consider(Encoding::packed_delta2, deltas2(), first_size + zigzag_size(deltas_.words().front()));
  }
  if (words.size_bytes() < size_) {
    encoding_ = Encoding::raw;
    size_ = words.size_bytes();
  }
}

/// Of nearly equal sizes the first, which decodes faster.
void PlainWords::consider(Encoding encoding, Words differences, std::size_t firsts_size) {
  const Frame frame = choose_frame(differences);
  const std::size_t size = firsts_size + frame.size;
  if (size + size / 32 >= size_) return;
  encoding_ = encoding;
  frame_ = frame;
  size_ = size;
}

void PlainWords::encode(Bytes& target) {
  ByteWriter writer(target);
  writer.put(std::to_underlying(encoding_));
  switch (encoding_) {
    case Encoding::constant: return encode_constant(words_.front(), target);
    case Encoding::packed: return encode_frame(words_, frame_, target);
    case Encoding::packed_delta:
      return encode_delta(words_.front(), deltas_.words(), frame_, target);
    case Encoding::packed_delta2:
      writer.put_zigzag(as_signed(words_.front()));
      return encode_delta(deltas_.words().front(), deltas2(), frame_, target);
    default: return encode_raw(words_, target);
  }
}

void encode_plain_words(Words words, Bytes& target) {
  if (!words.empty()) PlainWords(words).encode(target);
}

void decode_plain_words(Encoding encoding, ByteReader& reader, std::span<std::uint64_t> words) {
  VARVE_ASSERT(!words.empty());
  switch (encoding) {
    case Encoding::constant: return decode_constant(reader, words);
    case Encoding::packed: return decode_frame(reader, words);
    case Encoding::packed_delta: return decode_delta(reader, words);
    case Encoding::packed_delta2: return decode_delta2(reader, words);
    case Encoding::raw: return decode_raw(reader, words);
    default: return reader.fail();
  }
}

void decode_plain_words(ByteReader& reader, std::span<std::uint64_t> words) {
  decode_plain_words(static_cast<Encoding>(reader.take<std::uint8_t>()), reader, words);
}

}  // namespace varve::engine
