#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"
#include "engine/codec/encoding.hpp"
#include "engine/codec/frame.hpp"
#include "engine/codec/scratch.hpp"

namespace varve::engine {

/// Words stored as they are, or by their differences, or by the differences between these: as a
/// constant, packed, packed_delta, packed_delta2 or raw, whichever takes least.
class PlainWords {
 public:
  /// Weighs the encodings. `words` live as long as this. REQUIRES a word, as word_range_of()
  /// asserts.
  explicit PlainWords(std::span<const std::uint64_t> words);

  /// What encode() appends, at most, in bytes, without the tag.
  std::size_t size() const { return size_; }
  WordRange range() const { return range_; }

  /// Appends the tag and what belongs to it.
  void encode(Bytes& target);

 private:
  void consider(Encoding encoding, std::span<const std::uint64_t> differences,
                std::size_t firsts_size);
  std::span<std::uint64_t> deltas2() { return deltas2_.words().first(words_.size() - 2); }

  std::span<const std::uint64_t> words_;
  WordRange range_;
  Scratch deltas_;
  Scratch deltas2_;
  Encoding encoding_ = Encoding::packed;
  Frame frame_;
  std::size_t size_;
};

/// Appends nothing for no words.
void encode_plain_words(std::span<const std::uint64_t> words, Bytes& target);

/// What follows the tag. Fails the reader where the encoding is none of these, or the bytes are not
/// in it. REQUIRES a word.
void decode_plain_words(Encoding encoding, ByteReader& reader, std::span<std::uint64_t> words);
/// The tag, too.
void decode_plain_words(ByteReader& reader, std::span<std::uint64_t> words);

/// The raw form: words of 8 bytes.
void encode_raw(std::span<const std::uint64_t> words, Bytes& target);
/// REQUIRES as many bytes.
void words_of_raw(ByteSpan bytes, std::span<std::uint64_t> words);

}  // namespace varve::engine
