#pragma once

#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"
#include "varve/compression.hpp"

namespace varve::engine {

/// A column of 64-bit words: whatever is a number in the end. Appends the encoding's tag and what
/// belongs to it, in the encoding that takes least. Every sequence comes back bit for bit. A
/// column of no words takes no bytes.
void encode_words(std::span<const std::uint64_t> words, Compression compression, Bytes& target);

/// Fills `words` from such a column; their number is stored elsewhere. Fails the reader where the
/// bytes are not one.
void decode_words(ByteReader& reader, std::span<std::uint64_t> words);

/// Words that are the steps between others: the same, and where they are those of a clock whose
/// readings come late, in an encoding for these.
void encode_step_words(std::span<const std::uint64_t> steps, Bytes& target);

/// Fills `sums` from a column, of steps or of others, with the sum of `first` and all words up to
/// each: with what they are the steps between.
void decode_step_sums(ByteReader& reader, std::uint64_t first, std::span<std::uint64_t> sums);

}  // namespace varve::engine
