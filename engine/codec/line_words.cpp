#include "engine/codec/line_words.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "engine/codec/encoding.hpp"
#include "engine/codec/frame.hpp"
#include "engine/codec/scratch.hpp"

namespace varve::engine {

namespace {

using Words = std::span<const std::uint64_t>;

constexpr std::size_t sample_size = 64;

// The slope has a part of a unit, so that in a block's rows a line is off by less than one.
constexpr unsigned fraction_bits = 16;

// What sums of steps stay below: exact as doubles, and with the fraction numbers of 64 bits.
constexpr std::uint64_t sum_max = std::uint64_t{1} << 46;

constexpr double magic = 0x1p52;  // Above it, the low bits of a double are an integer.

/// The nearest whole number, of those below 2^51.
double nearest(double value) { return value + magic - magic; }
std::uint64_t rounded(double value) {
  return std::bit_cast<std::uint64_t>(value + magic) - std::bit_cast<std::uint64_t>(magic);
}
double as_double(std::uint64_t word) { return static_cast<double>(as_signed(word)); }

/// The clock's step as a sample shows it: the middle of steps says how many each has, and then it
/// is their average. None where the delays, summed up, do not stay about as near as the steps do,
/// but wander off.
std::optional<double> sampled_step(Words sample) {
  std::array<std::uint64_t, sample_size> sorted;
  std::ranges::copy(sample, sorted.begin());
  std::ranges::nth_element(sorted, sorted.begin() + sample_size / 2);
  const std::uint64_t middle = sorted[sample_size / 2];
  const auto above = std::span(sorted).subspan(sample_size / 2);
  if (middle == 0 || std::ranges::max(above) >= sum_max / sample_size) return std::nullopt;
  double sum = 0;
  double count = 0;
  for (const std::uint64_t word : sample) {
    sum += as_double(word);
    count += nearest(as_double(word) * (1 / as_double(middle)));
  }
  const double step = sum / count;
  double least = 0;
  double greatest = 0;
  double delay = 0;
  double least_delay = 0;
  double greatest_delay = 0;
  for (const std::uint64_t word : sample) {
    const double difference = as_double(word) - step * nearest(as_double(word) * (1 / step));
    least = std::min(least, difference);
    greatest = std::max(greatest, difference);
    delay += difference;
    least_delay = std::min(least_delay, delay);
    greatest_delay = std::max(greatest_delay, delay);
  }
  // The first and the last delay tilt the line by up to half of what steps vary. Of 64 numbers that
  // are independent the sums, so levelled, spread three times as far as they.
  if (greatest_delay - least_delay >= (greatest - least) * 3 / 2) return std::nullopt;
  return step;
}

/// What words are multiples of, as far as a sample shows; 1 where it shows zeros only.
std::uint64_t sampled_divisor(Words sample) {
  std::uint64_t divisor = 0;
  for (std::size_t i = 0; i < sample.size() && divisor != 1; i += 4) {
    if (divisor == 0 || sample[i] % divisor != 0) divisor = std::gcd(divisor, sample[i]);
  }
  return std::max<std::uint64_t>(divisor, 1);
}

/// False where the divisor leaves a remainder somewhere.
bool divide(Words words, std::uint64_t divisor, std::span<std::uint64_t> quotients) {
  // A multiple of an odd number is divided by a product with its inverse modulo 2^64, of which each
  // round of Newton's doubles the bits that are right. Of other numbers the product is too large.
  const int zeros = std::countr_zero(divisor);
  const std::uint64_t odd = divisor >> zeros;
  std::uint64_t inverse = odd;
  for (int round = 0; round < 5; ++round) inverse *= 2 - odd * inverse;
  std::uint64_t different = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    quotients[i] = (words[i] >> zeros) * inverse;
    different |= quotients[i] / sum_max | (quotients[i] * divisor ^ words[i]);
  }
  return different == 0;
}

/// The step that fits best by least squares, from every few readings: `sums` say when they are,
/// `places` how many steps in.
double fitting_step(Words sums, Words places, double step) {
  constexpr std::size_t readings_max = 512;
  const std::size_t stride = sums.size() / readings_max + 1;
  double count = 0;
  double all_places = 0;
  double squares = 0;
  double distances = 0;
  double products = 0;
  for (std::size_t i = 0; i < sums.size(); i += stride) {
    const double place = as_double(places[i]);
    const double distance = as_double(sums[i]) - place * step;
    ++count;
    all_places += place;
    squares += place * place;
    distances += distance;
    products += place * distance;
  }
  const double variance = squares - all_places * all_places / count;
  if (variance <= 0) return step;
  return step + (products - all_places * distances / count) / variance;
}

/// Of the line. The step is a whole one where that is as near as can be told, since clocks mostly
/// have such; none where there is no positive one.
std::optional<std::uint64_t> choose_slope(Words sums, Words places, double step) {
  step = fitting_step(sums, places, step);
  const double last_place = as_double(places.back());
  if (std::abs(step - nearest(step)) * last_place < 2) step = nearest(step);
  if (!(step > 0 && step * last_place < static_cast<double>(2 * sum_max))) return std::nullopt;
  return rounded(step * (1 << fraction_bits));
}

/// How many of the clock's steps each word has.
void count_steps(Words words, const WordRange& range, double step,
                 std::span<std::uint64_t> counts) {
  if (as_double(range.least) > step / 2 && as_double(range.greatest) < step * 3 / 2) {
    std::ranges::fill(counts, 1);
    return;
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    counts[i] = rounded(as_double(words[i]) * (1 / step));
  }
}

}  // namespace

bool encode_line_if_it_pays(Words steps, Bytes& target) {
  if (steps.size() < sample_size) return false;
  const Words sample = steps.first(sample_size);
  const std::optional<double> sampled = sampled_step(sample);
  if (!sampled) return false;

  const std::uint64_t divisor = sampled_divisor(sample);
  Scratch quotients(steps.size());
  const Words words = quotients.words();
  if (!divide(steps, divisor, quotients.words())) return false;
  const WordRange range = word_range_of(words);
  if (range.greatest >= sum_max / words.size()) return false;

  const double step = *sampled / static_cast<double>(divisor);
  Scratch counts(words.size());
  Scratch places(words.size());
  Scratch distances(words.size());
  count_steps(words, range, step, counts.words());
  std::partial_sum(counts.words().begin(), counts.words().end(), places.words().begin());
  std::partial_sum(words.begin(), words.end(), distances.words().begin());
  const auto slope = choose_slope(distances.words(), places.words(), step);
  if (!slope) return false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    distances.words()[i] -= *slope * places.words()[i] >> fraction_bits;
  }

  const Frame counts_frame = choose_frame(counts.words());
  const Frame frame = choose_frame(distances.words());
  const std::size_t size = counts_frame.size + frame.size + sizeof(*slope);
  if (size + size / 32 >= choose_frame(words, range).size) return false;
  ByteWriter writer(target);
  writer.put(std::to_underlying(Encoding::line));
  writer.put_varint(divisor);
  writer.put_varint(*slope);
  encode_frame(counts.words(), counts_frame, target);
  encode_frame(distances.words(), frame, target);
  return true;
}

void decode_line(ByteReader& reader, std::uint64_t first, std::span<std::uint64_t> sums) {
  const std::uint64_t divisor = reader.take_varint();
  const std::uint64_t slope = reader.take_varint();
  Scratch counts(sums.size());
  const std::optional<std::uint64_t> count = decode_constant_frame(reader);
  if (!count) decode_frame(reader, counts.words());
  decode_frame(reader, sums);
  if (!reader.ok()) return;

  std::uint64_t place = 0;  // Times the slope.
  const auto move_to = [&](std::uint64_t& sum) {
    sum = first + ((place >> fraction_bits) + sum) * divisor;
  };
  if (count) {
    const std::uint64_t step = *count * slope;
    for (std::uint64_t& sum : sums) {
      place += step;
      move_to(sum);
    }
    return;
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    place += counts.words()[i] * slope;
    move_to(sums[i]);
  }
}

}  // namespace varve::engine
