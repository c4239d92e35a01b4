#include "engine/codec/scaled_words.hpp"

#include <bit>
#include <numeric>
#include <utility>

#include "engine/codec/encoding.hpp"
#include "engine/codec/plain_words.hpp"
#include "engine/codec/scratch.hpp"

namespace varve::engine {

namespace {

using Words = std::span<const std::uint64_t>;

/// What the differences of a sample to the least word are multiples of; 0 or 1 where of nothing.
std::uint64_t sampled_divisor(Words words, std::uint64_t least) {
  constexpr std::size_t sample_size = 16;
  const std::size_t step = words.size() / sample_size + 1;
  std::uint64_t divisor = 0;
  for (std::size_t i = 0; i < words.size() && divisor != 1; i += step) {
    divisor = std::gcd(divisor, words[i] - least);
  }
  return divisor;
}

/// Division in doubles, which processors do for several at once, and exact for these. False where
/// it leaves a remainder somewhere. REQUIRES differences of at most 2^51, as the caller asks.
bool divide_small(Words words, std::uint64_t least, std::uint64_t divisor,
                  std::span<std::uint64_t> quotients) {
  constexpr double magic = 0x1p52;  // Above it, the low bits of a double are an integer.
  constexpr auto magic_bits = std::bit_cast<std::uint64_t>(magic);
  const auto by = static_cast<double>(divisor);
  std::uint64_t different = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::uint64_t difference_bits = (words[i] - least) + magic_bits;
    const double difference = std::bit_cast<double>(difference_bits) - magic;
    const double rounded = difference / by + magic;
    quotients[i] = std::bit_cast<std::uint64_t>(rounded) - magic_bits;
    different |= std::bit_cast<std::uint64_t>((rounded - magic) * by) ^
                 std::bit_cast<std::uint64_t>(difference);
  }
  return different == 0;
}

bool divide_large(Words words, std::uint64_t least, std::uint64_t divisor,
                  std::span<std::uint64_t> quotients) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    quotients[i] = (words[i] - least) / divisor;
    if (quotients[i] * divisor != words[i] - least) return false;
  }
  return true;
}

constexpr std::size_t scaled_size_max = 21;  // Tag and two varints.

}  // namespace

bool encode_scaled_if_it_pays(Words words, const WordRange& range, std::size_t size,
                              Bytes& target) {
  const std::uint64_t divisor = sampled_divisor(words, range.least);
  if (divisor < 2) return false;
  Scratch quotients(words.size());
  const bool small = range.greatest - range.least <= std::uint64_t{1} << 51;
  if (!(small ? divide_small : divide_large)(words, range.least, divisor, quotients.words())) {
    return false;
  }
  PlainWords plain(quotients.words());
  if (plain.size() + scaled_size_max >= size) return false;
  ByteWriter writer(target);
  writer.put(std::to_underlying(Encoding::scaled));
  writer.put_zigzag(as_signed(range.least));
  writer.put_varint(divisor);
  plain.encode(target);
  return true;
}

void decode_scaled(ByteReader& reader, std::span<std::uint64_t> words) {
  const auto least = static_cast<std::uint64_t>(reader.take_zigzag());
  const std::uint64_t divisor = reader.take_varint();
  decode_plain_words(reader, words);
  for (std::uint64_t& word : words) word = least + word * divisor;
}

}  // namespace varve::engine
