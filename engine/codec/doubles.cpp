#include "engine/codec/doubles.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

#include "engine/codec/encoding.hpp"
#include "engine/codec/scratch.hpp"
#include "engine/codec/words.hpp"
#include "engine/numeric/rounding.hpp"

// How a column of doubles is encoded; doubles.hpp says why.
//
// 1. A sample of 32 values chooses the power of ten, and whether the values went through a float:
//    what costs the fewest bits, with the values that it does not give back as exceptions.
// 2. to_words() makes the integers of all values, and looks whether each gives its value back bit
//    for bit. Words of exceptions repeat the word before, which packs into nothing.
// 3. The column is the integers as words, and places and bits of the exceptions.
// 4. If that is not much shorter than the doubles, their bits are tried as words, too, and the
//    shorter of the two is kept.
//
// The loops have no branches and use magic numbers in place of conversions, so that GCC turns them
// into vector instructions on every x86-64. They round, and so do both directions by themselves:
// whoever writes or reads may have asked for another rounding (rounding.hpp).

namespace varve::engine {

namespace {

using Doubles = std::span<const double>;

// Added to a double of up to 2^51, it leaves the nearest integer in the low bits of the sum: the
// conversion to an integer and back without instructions that only some processors have.
constexpr double magic = 0x1.8p52;
constexpr auto magic_bits = std::bit_cast<std::uint64_t>(magic);

constexpr unsigned exponent_max = 18;
constexpr std::array<double, exponent_max + 1> powers_of_ten{
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
    1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

/// How decimals become doubles: over 10 to the `exponent`, and through a float where they were one.
struct Decimals {
  unsigned exponent;
  bool single;
};

std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

/// The integer as a word, if the value is small enough.
std::uint64_t word_of(double value, double scale) {
  return bits_of(value * scale + magic) - magic_bits;
}

template <bool single>
double value_of(std::uint64_t word, double scale) {
  const double value = (std::bit_cast<double>(word + magic_bits) - magic) / scale;
  if constexpr (single) return static_cast<double>(static_cast<float>(value));
  return value;
}

// Words are integers of so many bits, with the sign. Others may give their value back, too, but
// those of NaN as a processor likes: not for another one to decode.
constexpr unsigned integer_bits = 52;

/// Below 2^52 for such a word.
std::uint64_t reach_of(std::uint64_t word) {
  return word + (std::uint64_t{1} << (integer_bits - 1));
}

/// Zero where the word gives the value back, bit for bit.
template <bool single>
std::uint64_t difference(std::uint64_t word, double value, double scale) {
  return bits_of(value_of<single>(word, scale)) ^ bits_of(value);
}

/// Whether the word stands for the value.
template <bool single>
bool stands_for(std::uint64_t word, double value, double scale) {
  return (reach_of(word) >> integer_bits | difference<single>(word, value, scale)) == 0;
}

template <bool single>
bool is_exact(double value, double scale) {
  return stands_for<single>(word_of(value, scale), value, scale);
}

constexpr std::size_t sample_size_max = 32;

struct Sample {
  explicit Sample(Doubles values) : size(std::min(values.size(), sample_size_max)) {
    // From the middle of each part: a column often begins with something else.
    for (std::size_t i = 0; i < size; ++i) {
      sampled[i] = values[(2 * i + 1) * values.size() / (2 * size)];
    }
  }
  Doubles values() const { return std::span(sampled).first(size); }

  std::array<double, sample_size_max> sampled;
  std::size_t size;
};

/// A way to store a sample, and about how many bits it takes more than another.
struct Candidate {
  Decimals decimals;
  std::size_t cost;
};

// What each more digit makes integers longer, log2(10), and what an exception takes with its place.
constexpr std::size_t digit_bits_tenths = 33;
constexpr std::size_t exception_bits = 80;

/// Few exceptions, but not at the price of long integers. None where too many are exceptions.
template <bool single>
std::optional<Candidate> find_exponent(Doubles sample) {
  const std::size_t inexact_max = sample.size() / 2;
  std::optional<Candidate> best;
  for (unsigned exponent = 0; exponent <= exponent_max; ++exponent) {
    const std::size_t digits_cost = sample.size() * exponent * digit_bits_tenths / 10;
    if (best && best->cost <= digits_cost) break;
    std::size_t inexact = 0;
    for (const double value : sample) {
      inexact += !is_exact<single>(value, powers_of_ten[exponent]);
      if (inexact > inexact_max) break;
    }
    const std::size_t cost = digits_cost + inexact * exception_bits;
    if (inexact > inexact_max || (best && best->cost <= cost)) continue;
    best = {{exponent, single}, cost};
  }
  return best;
}

std::optional<Decimals> find_decimals(Doubles values) {
  const Sample sample(values);
  const auto as_double = find_exponent<false>(sample.values());
  // A float of few digits is a double of many.
  constexpr unsigned many_digits = 8;
  if (as_double && as_double->decimals.exponent < many_digits) return as_double->decimals;
  const auto as_float = find_exponent<true>(sample.values());
  if (as_float && (!as_double || as_float->cost < as_double->cost)) return as_float->decimals;
  if (as_double) return as_double->decimals;
  return std::nullopt;
}

/// Makes the integers. Gives back how many values are not exact.
template <bool single>
std::size_t to_words(Doubles values, double scale, std::span<std::uint64_t> words) {
  std::uint64_t different = 0;
  std::uint64_t reach = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    words[i] = word_of(values[i], scale);
    different |= difference<single>(words[i], values[i], scale);
    reach |= reach_of(words[i]);
  }
  if (different == 0 && reach >> integer_bits == 0) return 0;

  std::size_t exceptions = 0;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (stands_for<single>(words[i], values[i], scale)) {
      before = words[i];
    } else {
      words[i] = before;  // The cheapest there.
      ++exceptions;
    }
  }
  return exceptions;
}

template <bool single>
void from_words(std::span<const std::uint64_t> words, double scale, std::span<double> values) {
  for (std::size_t i = 0; i < words.size(); ++i) values[i] = value_of<single>(words[i], scale);
}

/// Calls `work` with what `single` says as a constant.
template <class Work>
auto with_rounding(bool single, Work work) {
  return single ? work(std::true_type{}) : work(std::false_type{});
}

std::span<const std::uint64_t> as_words(Doubles values, Scratch& scratch) {
  copy_bytes(scratch.words().data(), values.data(), values.size_bytes());
  return scratch.words();
}

void encode_decimals(Doubles values, std::span<const std::uint64_t> words, const Decimals& decimals,
                     std::size_t exceptions, Compression compression, Bytes& target) {
  ByteWriter writer(target);
  writer.put(std::to_underlying(decimals.single ? Encoding::decimal32 : Encoding::decimal));
  writer.put(static_cast<std::uint8_t>(decimals.exponent));
  writer.put_varint(exceptions);
  encode_words(words, compression, target);
  if (exceptions == 0) return;

  Scratch kept(2 * exceptions);
  const auto places = kept.words().first(exceptions);
  const auto bits = kept.words().last(exceptions);
  const double scale = powers_of_ten[decimals.exponent];
  with_rounding(decimals.single, [&](auto single) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (stands_for<single()>(words[i], values[i], scale)) continue;
      places[found] = i;
      bits[found++] = bits_of(values[i]);
    }
  });
  encode_words(places, Compression::none, target);
  encode_words(bits, compression, target);
}

void decode_decimals(ByteReader& reader, bool single, std::span<double> values) {
  const unsigned exponent = reader.take<std::uint8_t>();
  const std::uint64_t exceptions = reader.take_varint();
  if (exponent > exponent_max || exceptions > values.size()) return reader.fail();
  Scratch words(values.size());
  decode_words(reader, words.words());
  if (!reader.ok()) return;
  {
    const NearestRounding nearest;
    with_rounding(single, [&](auto rounded) {
      from_words<rounded()>(words.words(), powers_of_ten[exponent], values);
    });
  }
  if (exceptions == 0) return;

  const auto count = static_cast<std::size_t>(exceptions);
  Scratch kept(2 * count);
  const auto places = kept.words().first(count);
  const auto bits = kept.words().last(count);
  decode_words(reader, places);
  decode_words(reader, bits);
  if (!reader.ok()) return;
  for (std::size_t i = 0; i < count; ++i) {
    if (places[i] >= values.size()) return reader.fail();
    values[static_cast<std::size_t>(places[i])] = std::bit_cast<double>(bits[i]);
  }
}

}  // namespace

void encode_doubles(std::span<const double> values, Compression compression, Bytes& target) {
  if (values.empty()) return;
  const NearestRounding nearest;
  Scratch words(values.size());
  const std::size_t at = target.size();
  if (const auto decimals = find_decimals(values)) {
    const std::size_t exceptions = with_rounding(decimals->single, [&](auto single) {
      return to_words<single()>(values, powers_of_ten[decimals->exponent], words.words());
    });
    encode_decimals(values, words.words(), *decimals, exceptions, compression, target);
    // So short, no bits of doubles can be.
    if (target.size() - at <= values.size() * 4) return;
  }
  Bytes by_bits;
  encode_words(as_words(values, words), compression, by_bits);
  if (target.size() > at && target.size() - at <= by_bits.size()) return;
  target.resize(at);
  ByteWriter(target).put_bytes(by_bits);
}

void decode_doubles(ByteReader& reader, std::span<double> values) {
  if (values.empty()) return;
  ByteReader ahead = reader;
  const auto encoding = static_cast<Encoding>(ahead.take<std::uint8_t>());
  if (encoding == Encoding::decimal || encoding == Encoding::decimal32) {
    reader.take<std::uint8_t>();
    return decode_decimals(reader, encoding == Encoding::decimal32, values);
  }
  Scratch words(values.size());
  decode_words(reader, words.words());
  if (reader.ok()) copy_bytes(values.data(), words.words().data(), values.size_bytes());
}

}  // namespace varve::engine
