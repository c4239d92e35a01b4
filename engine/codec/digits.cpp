#include "engine/codec/digits.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "engine/base/assert.hpp"
#include "engine/numeric/wide.hpp"

namespace varve::engine {

namespace {

/// How many digits go into a word, and how many values they have: the radix to that power.
struct Capacity {
  unsigned digits = 0;
  std::uint64_t values = 1;
};

constexpr Capacity capacity_of(unsigned radix) {
  Capacity capacity;
  while (capacity.values <= std::numeric_limits<std::uint64_t>::max() / radix) {
    capacity.values *= radix;
    ++capacity.digits;
  }
  return capacity;
}

constexpr auto capacities = [] {
  std::array<Capacity, radix_max + 1> all;
  for (unsigned radix = radix_min; radix <= radix_max; ++radix) all[radix] = capacity_of(radix);
  return all;
}();

std::uint64_t load(const std::byte* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof(word));
  return little_endian(word);
}

/// The next digit, and what is left of the fraction.
std::uint64_t take_digit(std::uint64_t& fraction, unsigned radix) {
  const Product product = multiply(fraction, radix);
  fraction = product.low;
  return product.high;
}

}  // namespace

std::size_t digits_size(std::size_t count, unsigned radix) {
  VARVE_ASSERT(radix >= radix_min && radix <= radix_max);
  const std::size_t digits = capacities[radix].digits;
  return (count + digits - 1) / digits * sizeof(std::uint64_t);
}

void pack_digits(std::span<const std::uint64_t> values, std::uint64_t base, unsigned shift,
                 unsigned radix, std::span<std::byte> target) {
  VARVE_ASSERT(radix >= radix_min && radix <= radix_max);
  VARVE_ASSERT(target.size() == digits_size(values.size(), radix));
  const Capacity capacity = capacities[radix];
  std::byte* to = target.data();
  while (!values.empty()) {
    const auto some = values.first(std::min<std::size_t>(values.size(), capacity.digits));
    values = values.subspan(some.size());
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < capacity.digits; ++i) {
      number = number * radix + (i < some.size() ? (some[i] - base) >> shift : 0);
    }
    // Rounded up, it is too large by less than the last digit's unit, even after all
    // multiplications, since these come to `capacity.values`, which is below 2^64.
    const std::uint64_t word = little_endian(fraction_of(number, capacity.values));
    std::memcpy(to, &word, sizeof(word));
    to += sizeof(word);
  }
}

namespace {

/// Calls `take` with each value and its digit.
template <class Take>
void for_each_digit(ByteSpan source, unsigned radix, std::span<std::uint64_t> values, Take take) {
  VARVE_ASSERT(radix >= radix_min && radix <= radix_max);
  VARVE_ASSERT(source.size() == digits_size(values.size(), radix));
  const std::size_t digits = capacities[radix].digits;
  const std::byte* from = source.data();
  // Four words at a time, since each digit of one waits for the digit before.
  constexpr std::size_t lanes = 4;
  std::uint64_t* to = values.data();
  std::size_t left = values.size();
  for (; left >= lanes * digits; left -= lanes * digits, to += lanes * digits) {
    std::uint64_t a = load(from);
    std::uint64_t b = load(from + 8);
    std::uint64_t c = load(from + 16);
    std::uint64_t d = load(from + 24);
    from += lanes * sizeof(std::uint64_t);
    for (std::size_t i = 0; i < digits; ++i) {
      take(to[i], take_digit(a, radix));
      take(to[digits + i], take_digit(b, radix));
      take(to[2 * digits + i], take_digit(c, radix));
      take(to[3 * digits + i], take_digit(d, radix));
    }
  }
  while (left > 0) {
    const std::size_t count = std::min(left, digits);
    std::uint64_t fraction = load(from);
    for (std::size_t i = 0; i < count; ++i) take(to[i], take_digit(fraction, radix));
    from += sizeof(std::uint64_t);
    to += count;
    left -= count;
  }
}

}  // namespace

void add_digits(ByteSpan source, unsigned shift, unsigned radix, std::span<std::uint64_t> values) {
  for_each_digit(source, radix, values,
                 [shift](std::uint64_t& value, std::uint64_t digit) { value += digit << shift; });
}

void set_digits(ByteSpan source, std::uint64_t base, unsigned radix,
                std::span<std::uint64_t> values) {
  for_each_digit(source, radix, values,
                 [base](std::uint64_t& value, std::uint64_t digit) { value = base + digit; });
}

}  // namespace varve::engine
