#include "engine/codec/words.hpp"

#include <utility>

#include "engine/codec/compressed_words.hpp"
#include "engine/codec/dictionary.hpp"
#include "engine/codec/encoding.hpp"
#include "engine/codec/line_words.hpp"
#include "engine/codec/plain_words.hpp"
#include "engine/codec/scaled_words.hpp"
#include "engine/codec/split_words.hpp"

namespace varve::engine {

namespace {

// Below, what a divisor or a dictionary takes itself outweighs what it saves.
constexpr std::size_t elaborate_size_min = 64;

}  // namespace

void encode_words(std::span<const std::uint64_t> words, Compression compression, Bytes& target) {
  if (words.empty()) return;
  PlainWords plain(words);
  const std::size_t size = plain.size();
  if (size >= elaborate_size_min) {
    if (encode_scaled_if_it_pays(words, plain.range(), size, target)) return;
    const bool costly = size > words.size() * 3 / 2;
    if (costly && encode_dictionary_if_it_pays(words, size, target)) return;
  }
  // What costs more than all before, and is for those who ask for it.
  if (compression == Compression::zstd) {
    if (encode_compressed_if_it_pays(words, size, target)) return;
    const bool hardly_packs = size >= elaborate_size_min && size > words.size_bytes() / 8 * 6;
    if (hardly_packs && encode_split_if_it_pays(words, size - size / 32, target)) return;
  }
  plain.encode(target);
}

void encode_step_words(std::span<const std::uint64_t> steps, Bytes& target) {
  if (!encode_line_if_it_pays(steps, target)) encode_words(steps, Compression::none, target);
}

namespace {

void add_up(std::uint64_t first, std::span<std::uint64_t> words) {
  for (std::uint64_t& word : words) word = first += word;
}

/// What adding up from 0 undoes.
void subtract_neighbours(std::span<std::uint64_t> sums) {
  std::uint64_t before = 0;
  for (std::uint64_t& sum : sums) sum -= std::exchange(before, sum);
}

}  // namespace

void decode_step_sums(ByteReader& reader, std::uint64_t first, std::span<std::uint64_t> sums) {
  if (sums.empty()) return;
  ByteReader ahead = reader;
  if (static_cast<Encoding>(ahead.take<std::uint8_t>()) == Encoding::line) {
    reader.take<std::uint8_t>();
    return decode_line(reader, first, sums);
  }
  decode_words(reader, sums);
  add_up(first, sums);
}

void decode_words(ByteReader& reader, std::span<std::uint64_t> words) {
  if (words.empty()) return;
  const auto encoding = static_cast<Encoding>(reader.take<std::uint8_t>());
  switch (encoding) {
    case Encoding::scaled: return decode_scaled(reader, words);
    case Encoding::dictionary: return decode_dictionary(reader, words);
    case Encoding::line: decode_line(reader, 0, words); return subtract_neighbours(words);
    case Encoding::split: return decode_split(reader, words);
    case Encoding::zstd: return decode_compressed(reader, words);
    default: return decode_plain_words(encoding, reader, words);
  }
}

}  // namespace varve::engine
