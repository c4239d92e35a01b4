#include "engine/codec/frame.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "engine/base/assert.hpp"
#include "engine/codec/bit_packing.hpp"
#include "engine/codec/digits.hpp"
#include "engine/codec/scratch.hpp"

// Chooses a frame, writes and reads it. Four kinds of frame come out of one choice:
//
// - constant: all words are the base, and no bits follow;
// - plain: each difference to the base in `width` bits;
// - patched: `width` fits most differences, and the upper bits of the others follow with their
//   places. A sample says whether a search is worth its time; the search is a histogram of widths,
//   once from the least word and once from a base above outliers;
// - digits: above `width` bits of each difference lies a digit of a radix that is no power of two,
//   which wastes no part of a bit (digits.hpp). It decodes slower, so it has to save a sixteenth.
//
// The size is computed for each candidate and never measured, so choosing encodes nothing.

namespace varve::engine {

namespace {

using Words = std::span<const std::uint64_t>;

// The form: the width, or this and the width, where digits are above; and whether exceptions are.
constexpr unsigned digits_form = 65;
constexpr std::uint8_t patched_bit = 0x80;
constexpr std::size_t place_bits = 16;

unsigned width_of(std::uint64_t range) { return static_cast<unsigned>(std::bit_width(range)); }

std::size_t frame_size(const Frame& frame, std::size_t count) {
  const std::size_t plain = zigzag_size(frame.base) + 1 + packed_size(count, frame.width);
  if (frame.radix != 0) return plain + 1 + digits_size(count, frame.radix);
  if (frame.exceptions == 0) return plain;
  return plain + 2 + 1 + frame.exceptions * sizeof(std::uint16_t) +
         packed_size(frame.exceptions, frame.high_width);
}

Frame plain_frame(const WordRange& range, std::size_t count) {
  Frame frame{.base = range.least, .width = width_of(range.greatest - range.least)};
  frame.size = frame_size(frame, count);
  return frame;
}

// A digit takes some two cycles more to decode than a bit, so it has to save a sixteenth at least.
constexpr std::size_t digits_count_min = 128;
constexpr unsigned digits_gain_min = 16;

/// The best cut between lower bits and digits above, which are few: more save hardly more.
Frame digits_frame(const WordRange& range, std::size_t count) {
  const std::uint64_t greatest = range.greatest - range.least;
  const unsigned width = width_of(greatest);
  Frame best{.size = std::numeric_limits<std::size_t>::max()};
  for (unsigned bits = 2; bits <= std::min(width, 6u); ++bits) {
    const unsigned low_width = width - bits;
    const auto radix = static_cast<unsigned>(greatest >> low_width) + 1;
    if (radix < radix_min || radix > radix_max) continue;
    Frame frame{.base = range.least, .width = low_width, .radix = radix};
    frame.size = frame_size(frame, count);
    if (frame.size < best.size) best = frame;
  }
  return best;
}

/// How many words have which width, and so what each width to pack in would cost.
class Histogram {
 public:
  Histogram(Words words, std::uint64_t base) : count_(words.size()) {
    for (const std::uint64_t word : words) ++counts_[width_of(word - base)];
  }

  /// The best width, at or below the greatest there is.
  Frame best(std::uint64_t base) const {
    unsigned greatest = 64;
    while (greatest > 0 && counts_[greatest] == 0) --greatest;
    Frame least{.base = base, .width = greatest};
    std::size_t least_bits = count_ * greatest;
    std::size_t exceptions = 0;
    for (unsigned width = greatest; width-- > 0;) {
      exceptions += counts_[width + 1];
      const std::size_t bits = count_ * width + exceptions * (place_bits + greatest - width);
      if (bits < least_bits) {
        least_bits = bits;
        least = {
            .base = base, .width = width, .high_width = greatest - width, .exceptions = exceptions};
      }
    }
    least.size = frame_size(least, count_);
    return least;
  }

 private:
  std::array<std::uint32_t, 65> counts_{};
  std::size_t count_;
};

constexpr std::size_t sample_size = 64;

/// Whether most words of a sample lie in an eighth of the range or less, so that two bits can be
/// had by leaving the others to exceptions; of a narrow range, whether nearly all are the least.
bool is_concentrated(Words words, const Frame& plain) {
  constexpr unsigned part_bits = 4;
  const bool narrow = plain.width < part_bits;
  const unsigned part_width = narrow ? 0 : plain.width - part_bits;
  std::array<std::uint8_t, std::size_t{1} << part_bits> parts{};
  const std::size_t step = words.size() / sample_size;
  for (std::size_t i = 0; i < sample_size; ++i) {
    ++parts[static_cast<std::size_t>((words[i * step] - plain.base) >> part_width)];
  }
  if (narrow) return parts[0] >= sample_size / 16 * 15;
  unsigned most = 0;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    most = std::max<unsigned>(most, parts[i - 1] + parts[i]);
  }
  return most >= sample_size / 8 * 7;
}

/// Sorted as signed numbers.
struct Sample {
  explicit Sample(Words words) {
    const std::size_t step = words.size() / sample_size;
    for (std::size_t i = 0; i < sample_size; ++i) sorted[i] = as_signed(words[i * step]);
    std::ranges::sort(sorted);
  }
  std::array<std::int64_t, sample_size> sorted;
};

/// Words far below the others would make all differences large: a base above them leaves them to
/// the exceptions.
std::uint64_t base_above_outliers(Words words, const Sample& sample) {
  const std::int64_t low = sample.sorted[sample_size / 16];
  const std::uint64_t spread = static_cast<std::uint64_t>(sample.sorted[sample_size * 15 / 16]) -
                               static_cast<std::uint64_t>(low);
  const std::uint64_t reach =
      std::min(spread, static_cast<std::uint64_t>(low) -
                           static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::min()));
  const std::int64_t bound = as_signed(static_cast<std::uint64_t>(low) - reach);
  std::int64_t base = low;
  for (const std::uint64_t word : words) {
    if (as_signed(word) >= bound) base = std::min(base, as_signed(word));
  }
  return static_cast<std::uint64_t>(base);
}

}  // namespace

std::size_t zigzag_size(std::uint64_t word) {
  return (static_cast<std::size_t>(std::bit_width(zigzag(as_signed(word)) | 1)) + 6) / 7;
}

WordRange word_range_of(Words words) {
  VARVE_ASSERT(!words.empty());
  // A word may be read as the signed number of its bits.
  const auto* const numbers = reinterpret_cast<const std::int64_t*>(words.data());
  const auto range = *range_of(std::span(numbers, words.size()));
  return {static_cast<std::uint64_t>(range.least), static_cast<std::uint64_t>(range.greatest)};
}

Frame choose_frame(Words words) {
  if (words.empty()) return {.size = frame_size({}, 0)};
  return choose_frame(words, word_range_of(words));
}

namespace {

Frame choose_bits(Words words, const WordRange& range) {
  Frame best = plain_frame(range, words.size());
  const bool may_have_exceptions =
      words.size() >= 2 * sample_size && words.size() <= patched_count_max;
  if (!may_have_exceptions || best.width == 0 || !is_concentrated(words, best)) return best;

  const Sample sample(words);
  const auto low = static_cast<std::uint64_t>(sample.sorted[sample_size / 16]);
  const auto high = static_cast<std::uint64_t>(sample.sorted[sample_size * 15 / 16]);
  const auto weigh = [&](std::uint64_t base) {
    const Frame frame = Histogram(words, base).best(base);
    if (frame.size < best.size) best = frame;
  };
  const std::uint64_t least = best.base;
  weigh(least);
  if (width_of(high - least) > width_of(high - low) + 1) weigh(base_above_outliers(words, sample));
  return best;
}

}  // namespace

Frame choose_frame(Words words, const WordRange& range) {
  const Frame bits = choose_bits(words, range);
  if (words.size() < digits_count_min || is_constant(bits)) return bits;
  const Frame digits = digits_frame(range, words.size());
  return digits.size < bits.size - bits.size / digits_gain_min ? digits : bits;
}

void encode_frame(Words words, const Frame& frame, Bytes& target) {
  ByteWriter writer(target);
  writer.put_zigzag(as_signed(frame.base));
  const bool patched = frame.exceptions > 0;
  const unsigned form = frame.width + (frame.radix != 0 ? digits_form : 0);
  writer.put(static_cast<std::uint8_t>(form | (patched ? patched_bit : 0)));
  if (frame.radix != 0) writer.put(static_cast<std::uint8_t>(frame.radix));
  const auto pack_more = [&](Words values, std::uint64_t base, unsigned width) {
    const std::size_t at = target.size();
    target.resize(at + packed_size(values.size(), width));
    pack(values, base, width, std::span(target).subspan(at));
  };
  pack_more(words, frame.base, frame.width);
  if (frame.radix != 0) {
    const std::size_t at = target.size();
    target.resize(at + digits_size(words.size(), frame.radix));
    pack_digits(words, frame.base, frame.width, frame.radix, std::span(target).subspan(at));
  }
  if (!patched) return;

  writer.put(static_cast<std::uint16_t>(frame.exceptions - 1));
  writer.put(static_cast<std::uint8_t>(frame.high_width));
  Scratch scratch(frame.exceptions);
  const std::span<std::uint64_t> highs = scratch.words();
  std::size_t found = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::uint64_t high = (words[i] - frame.base) >> frame.width;
    if (high == 0) continue;
    VARVE_ASSERT(found < frame.exceptions);
    highs[found++] = high;
    writer.put(static_cast<std::uint16_t>(i));
  }
  VARVE_ASSERT(found == frame.exceptions);
  pack_more(highs, 0, frame.high_width);
}

namespace {

/// The upper bits of exceptions. Their places go up, so that each has one value.
void patch(ByteReader& reader, unsigned width, std::span<std::uint64_t> words) {
  const std::size_t exceptions = std::size_t{reader.take<std::uint16_t>()} + 1;
  const auto high_width = reader.take<std::uint8_t>();
  if (exceptions > words.size() || high_width == 0 || width + high_width > 64) {
    return reader.fail();
  }
  ByteReader places(reader.take_bytes(exceptions * sizeof(std::uint16_t)));
  const ByteSpan packed = reader.take_bytes(packed_size(exceptions, high_width));
  if (!reader.ok()) return;

  Scratch scratch(exceptions);
  const std::span<std::uint64_t> highs = scratch.words();
  unpack(packed, 0, high_width, highs);
  std::size_t next = 0;
  for (const std::uint64_t high : highs) {
    const std::size_t place = places.take<std::uint16_t>();
    if (place < next || place >= words.size()) return reader.fail();
    words[place] += high << width;
    next = place + 1;
  }
}

void decode_digits(ByteReader& reader, std::uint64_t base, unsigned width,
                   std::span<std::uint64_t> words) {
  const unsigned radix = reader.take<std::uint8_t>();
  if (radix < radix_min || radix > radix_max) return reader.fail();
  const ByteSpan packed = reader.take_bytes(packed_size(words.size(), width));
  const ByteSpan digits = reader.take_bytes(digits_size(words.size(), radix));
  if (!reader.ok()) return;
  if (width == 0) return set_digits(digits, base, radix, words);
  unpack(packed, base, width, words);
  add_digits(digits, width, radix, words);
}

}  // namespace

void decode_frame(ByteReader& reader, std::span<std::uint64_t> words) {
  const auto base = static_cast<std::uint64_t>(reader.take_zigzag());
  const auto form = reader.take<std::uint8_t>();
  if (form >= digits_form && (form & patched_bit) == 0) {
    return decode_digits(reader, base, form - digits_form, words);
  }
  const unsigned width = form & ~patched_bit & 0xFFu;
  if (width > 64) return reader.fail();
  const ByteSpan packed = reader.take_bytes(packed_size(words.size(), width));
  if (!reader.ok()) return;
  unpack(packed, base, width, words);
  if ((form & patched_bit) != 0) patch(reader, width, words);
}

std::optional<std::uint64_t> decode_constant_frame(ByteReader& reader) {
  ByteReader ahead = reader;
  const auto base = static_cast<std::uint64_t>(ahead.take_zigzag());
  const auto form = ahead.take<std::uint8_t>();
  if (!ahead.ok() || form != 0) return std::nullopt;
  reader = ahead;
  return base;
}

}  // namespace varve::engine
