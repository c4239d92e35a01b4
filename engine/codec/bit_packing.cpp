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

}  // namespace

void pack(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
          std::span<std::byte> target) {
  VARVE_ASSERT(width <= 64 && target.size() == packed_size(values.size(), width));
  if (width == 0) return;
  std::byte* to = target.data();
  std::uint64_t word = 0;
  unsigned filled = 0;  // Bits of `word`, below 64.
  for (const std::uint64_t value : values) {
    const std::uint64_t bits = value - base;
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

void unpack(ByteSpan source, std::uint64_t base, unsigned width, std::span<std::uint64_t> values) {
  VARVE_ASSERT(width <= 64 && source.size() == packed_size(values.size(), width));
  if (width == 0) {
    std::ranges::fill(values, base);
  } else if (width <= narrow_width_max) {
    unpack_all<false>(source, base, width, values);
  } else {
    unpack_all<true>(source, base, width, values);
  }
}

}  // namespace varve::engine
