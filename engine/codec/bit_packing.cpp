#include "engine/codec/bit_packing.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/base/assert.hpp"

namespace varve::engine {

namespace {

std::uint64_t load(const std::byte* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof(word));
  return little_endian(word);
}

void store(std::uint64_t word, std::byte* to, std::size_t size = sizeof(std::uint64_t)) {
  word = little_endian(word);
  copy_bytes(to, &word, size);
}

constexpr std::uint64_t mask_of(unsigned width) {
  return width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

constexpr std::size_t lane_count = 4;
constexpr std::size_t unit_rows = packing_unit / lane_count;
static_assert(unit_rows == 64);  // So a unit ends where a word does, whatever the width.

// The compilers make the widest instructions of it that the machine surely has.
using Lanes [[gnu::vector_size(lane_count * sizeof(std::uint64_t))]] = std::uint64_t;

void to_little_endian(Lanes& lanes) {
  if constexpr (std::endian::native == std::endian::big) {
    for (std::size_t i = 0; i < lane_count; ++i) lanes[i] = little_endian(lanes[i]);
  }
}

void pack_unit(const std::uint64_t* values, std::uint64_t base, unsigned width, std::byte* to) {
  const std::uint64_t mask = mask_of(width);
  Lanes word{};
  unsigned filled = 0;  // Bits of each lane of `word`, below 64.
  const auto store_word = [&] {
    to_little_endian(word);
    std::memcpy(to, &word, sizeof(word));
    to += sizeof(word);
  };
  for (std::size_t row = 0; row < unit_rows; ++row, values += lane_count) {
    Lanes bits;
    std::memcpy(&bits, values, sizeof(bits));
    bits = (bits - base) & mask;
    word |= bits << filled;
    if (filled + width < 64) {
      filled += width;
      continue;
    }
    store_word();
    word = filled == 0 ? Lanes{} : bits >> (64 - filled);
    filled = filled + width - 64;
  }
}

void unpack_unit(const std::byte* from, std::uint64_t base, unsigned width, std::uint64_t* values) {
  const std::uint64_t mask = mask_of(width);
  for (std::size_t row = 0; row < unit_rows; ++row, values += lane_count) {
    const std::size_t bit = row * width;
    const std::size_t at = bit / 64;
    const auto shift = static_cast<unsigned>(bit % 64);
    // Of the next word, which the last has not, the mask leaves what the value reaches into.
    const std::size_t next = std::min<std::size_t>(at + 1, width - 1);
    Lanes low;
    Lanes high;
    std::memcpy(&low, from + at * sizeof(Lanes), sizeof(low));
    std::memcpy(&high, from + next * sizeof(Lanes), sizeof(high));
    to_little_endian(low);
    to_little_endian(high);
    // In two steps, since a shift by 64 is undefined.
    low = ((low >> shift | (high << 1) << (63 - shift)) & mask) + base;
    std::memcpy(values, &low, sizeof(low));
  }
}

// From its first byte on, a number lies in 8 bytes where width + 7 <= 64, else in 9.
constexpr unsigned narrow_width_max = 57;
constexpr std::size_t reach = 9;

template <bool wide>
std::uint64_t extract(const std::byte* from, std::size_t shift) {
  const std::uint64_t low = load(from) >> shift;
  // In two steps, since a shift by 64 is undefined.
  if constexpr (wide) return low | (static_cast<std::uint64_t>(from[8]) << 1) << (63 - shift);
  return low;
}

template <bool wide>
void unpack_all(ByteSpan source, std::uint64_t base, unsigned width,
                std::span<std::uint64_t> values) {
  const std::uint64_t mask = mask_of(width);
  // Up to here every read of `reach` bytes stays inside.
  const std::size_t safe =
      source.size() < reach
          ? 0
          : std::min(values.size(), ((source.size() - reach) * 8 + 7) / width + 1);
  std::size_t index = 0;
  for (; index < safe; ++index) {
    const std::size_t bit = index * width;
    values[index] = base + (extract<wide>(source.data() + bit / 8, bit % 8) & mask);
  }
  for (; index < values.size(); ++index) {
    const std::size_t bit = index * width;
    std::array<std::byte, reach> padded{};
    std::memcpy(padded.data(), source.data() + bit / 8, std::min(reach, source.size() - bit / 8));
    values[index] = base + (extract<wide>(padded.data(), bit % 8) & mask);
  }
}

void pack_rest(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
               std::byte* to) {
  const std::uint64_t mask = mask_of(width);
  std::uint64_t word = 0;
  unsigned filled = 0;  // Bits of `word`, below 64.
  for (const std::uint64_t value : values) {
    const std::uint64_t bits = (value - base) & mask;
    word |= bits << filled;
    if (filled + width < 64) {
      filled += width;
      continue;
    }
    store(word, to);
    to += sizeof(word);
    word = filled == 0 ? 0 : bits >> (64 - filled);
    filled = filled + width - 64;
  }
  store(word, to, (filled + 7) / 8);
}

void unpack_rest(ByteSpan source, std::uint64_t base, unsigned width,
                 std::span<std::uint64_t> values) {
  if (width <= narrow_width_max) return unpack_all<false>(source, base, width, values);
  unpack_all<true>(source, base, width, values);
}

}  // namespace

void pack(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
          std::span<std::byte> target) {
  VARVE_ASSERT(width <= 64 && target.size() == packed_size(values.size(), width));
  if (width == 0) return;
  std::byte* to = target.data();
  for (; values.size() >= packing_unit; values = values.subspan(packing_unit)) {
    pack_unit(values.data(), base, width, to);
    to += packed_size(packing_unit, width);
  }
  pack_rest(values, base, width, to);
}

void unpack(ByteSpan source, std::uint64_t base, unsigned width, std::span<std::uint64_t> values) {
  VARVE_ASSERT(width <= 64 && source.size() == packed_size(values.size(), width));
  if (width == 0) {
    std::ranges::fill(values, base);
    return;
  }
  const std::size_t unit_size = packed_size(packing_unit, width);
  for (; values.size() >= packing_unit; values = values.subspan(packing_unit)) {
    unpack_unit(source.data(), base, width, values.data());
    source = source.subspan(unit_size);
  }
  unpack_rest(source, base, width, values);
}

}  // namespace varve::engine
