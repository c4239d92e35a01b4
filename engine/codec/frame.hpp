#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/base/bytes.hpp"
#include "engine/numeric/number_range.hpp"

namespace varve::engine {

/// Words as differences to a base, in as few bits as most of them need. What needs more is an
/// exception: its place and its upper bits follow, and decoding patches them in (PFOR: Zukowski et
/// al., "Super-Scalar RAM-CPU Cache Compression", 2006). All arithmetic wraps, so that there is no
/// sequence which does not fit.
struct Frame {
  std::uint64_t base = 0;
  unsigned width = 0;       // Bits of each.
  unsigned high_width = 0;  // Bits above these of each exception; 0 where there are none.
  unsigned radix = 0;       // Of digits above these, of all words; 0 where there are none.
  std::size_t exceptions = 0;
  std::size_t size = 0;  // Of the encoding, in bytes.
};

/// Columns longer than this have no exceptions, whose places are 16 bits.
constexpr std::size_t patched_count_max = std::size_t{1} << 16;

inline std::int64_t as_signed(std::uint64_t word) { return static_cast<std::int64_t>(word); }

/// The least and the greatest of some words, compared as signed numbers.
using WordRange = NumberRange<std::uint64_t>;

/// Whether all words are the base.
inline bool is_constant(const Frame& frame) {
  return frame.width == 0 && frame.radix == 0 && frame.exceptions == 0;
}

/// REQUIRES a word.
WordRange word_range_of(std::span<const std::uint64_t> words);

/// The frame that takes least, or nearly so: exceptions are weighed where a sample shows some.
Frame choose_frame(std::span<const std::uint64_t> words);
Frame choose_frame(std::span<const std::uint64_t> words, const WordRange& range);

/// REQUIRES the frame that was chosen for these words.
void encode_frame(std::span<const std::uint64_t> words, const Frame& frame, Bytes& target);

/// Fails the reader where the bytes are no frame of that many words.
void decode_frame(ByteReader& reader, std::span<std::uint64_t> words);

/// The word that all of a frame are, read over. None, and nothing read, where they may differ.
std::optional<std::uint64_t> decode_constant_frame(ByteReader& reader);

/// The bytes that put_zigzag() takes for a word.
std::size_t zigzag_size(std::uint64_t word);

}  // namespace varve::engine
