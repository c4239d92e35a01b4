#include "engine/codec/split_words.hpp"

#include <algorithm>
#include <utility>

#include "engine/codec/bit_packing.hpp"
#include "engine/codec/dictionary.hpp"
#include "engine/codec/encoding.hpp"
#include "engine/codec/plain_words.hpp"
#include "engine/codec/scratch.hpp"

namespace varve::engine {

namespace {

using Words = std::span<const std::uint64_t>;

// Of a double, upper bits that repeat themselves are no more than sign, exponent and a few.
constexpr unsigned low_width_min = 48;
constexpr unsigned low_width_max = 60;

void shift_down(Words words, unsigned low_width, std::span<std::uint64_t> highs) {
  for (std::size_t i = 0; i < words.size(); ++i) highs[i] = words[i] >> low_width;
}

/// Plain, or a dictionary of such.
void encode_highs(Words highs, Bytes& target) {
  PlainWords plain(highs);
  if (!encode_dictionary_if_it_pays(highs, plain.size(), target)) plain.encode(target);
}

void decode_highs(ByteReader& reader, std::span<std::uint64_t> highs) {
  const auto encoding = static_cast<Encoding>(reader.take<std::uint8_t>());
  if (encoding == Encoding::dictionary) return decode_dictionary(reader, highs);
  decode_plain_words(encoding, reader, highs);
}

/// The cut that takes least for the first words.
unsigned choose_low_width(Words words) {
  constexpr std::size_t sample_size = 256;
  const Words sample = words.first(std::min(words.size(), sample_size));
  Scratch highs(sample.size());
  Bytes encoded;
  unsigned best = low_width_max;
  std::size_t least = ~std::size_t{0};
  for (unsigned low_width = low_width_min; low_width <= low_width_max; low_width += 4) {
    shift_down(sample, low_width, highs.words());
    encoded.clear();
    encode_highs(highs.words(), encoded);
    const std::size_t size = encoded.size() + packed_size(sample.size(), low_width);
    if (size >= least) continue;
    least = size;
    best = low_width;
  }
  return best;
}

}  // namespace

bool encode_split_if_it_pays(Words words, std::size_t size, Bytes& target) {
  const unsigned low_width = choose_low_width(words);
  Scratch highs(words.size());
  shift_down(words, low_width, highs.words());
  const std::size_t at = target.size();
  ByteWriter writer(target);
  writer.put(std::to_underlying(Encoding::split));
  writer.put(static_cast<std::uint8_t>(low_width));
  encode_highs(highs.words(), target);
  const std::size_t lows_at = target.size();
  const std::size_t lows_size = packed_size(words.size(), low_width);
  if (lows_at + lows_size - at >= size) {
    target.resize(at);
    return false;
  }
  target.resize(lows_at + lows_size);
  pack(words, 0, low_width, std::span(target).subspan(lows_at));
  return true;
}

void decode_split(ByteReader& reader, std::span<std::uint64_t> words) {
  const unsigned low_width = reader.take<std::uint8_t>();
  if (low_width >= 64) return reader.fail();
  Scratch highs(words.size());
  decode_highs(reader, highs.words());
  const ByteSpan lows = reader.take_bytes(packed_size(words.size(), low_width));
  if (!reader.ok()) return;
  unpack(lows, 0, low_width, words);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] |= highs.words()[i] << low_width;
}

}  // namespace varve::engine
