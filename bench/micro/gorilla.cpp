#include "bench/micro/gorilla.hpp"

#include <array>
#include <bit>
#include <stdexcept>
#include <vector>

namespace varve::bench {

namespace {

/// Highest bit first.
class Bits {
 public:
  std::size_t size() const { return bits_.size(); }
  void put(std::uint64_t value, unsigned width) {
    while (width-- > 0) bits_.push_back((value >> width & 1) != 0);
  }
  std::uint64_t take(unsigned width) {
    std::uint64_t value = 0;
    while (width-- > 0) value = value << 1 | static_cast<std::uint64_t>(bits_.at(next_++));
    return value;
  }

 private:
  std::vector<bool> bits_;
  std::size_t next_ = 0;
};

/// The bits of a word that are not zero, but for zeros between them.
struct Meaningful {
  unsigned leading = 0;
  unsigned length = 0;
  unsigned trailing() const { return 64 - leading - length; }
};

constexpr unsigned leading_max = 31;  // Five bits say how many zeros lead.

Meaningful meaningful(std::uint64_t word) {
  const auto leading = static_cast<unsigned>(std::countl_zero(word));
  const unsigned kept = leading < leading_max ? leading : leading_max;
  return {kept, 64 - kept - static_cast<unsigned>(std::countr_zero(word))};
}

Bits encode(std::span<const double> values) {
  Bits bits;
  std::uint64_t before = std::bit_cast<std::uint64_t>(values.front());
  bits.put(before, 64);
  Meaningful window;
  for (const double value : values.subspan(1)) {
    const auto word = std::bit_cast<std::uint64_t>(value);
    const std::uint64_t difference = word ^ before;
    before = word;
    bits.put(difference != 0 ? 1 : 0, 1);
    if (difference == 0) continue;
    const Meaningful own = meaningful(difference);
    const bool inside =
        window.length > 0 && own.leading >= window.leading && own.trailing() >= window.trailing();
    bits.put(inside ? 0 : 1, 1);
    if (!inside) {
      window = own;
      bits.put(window.leading, 5);
      bits.put(window.length - 1, 6);
    }
    bits.put(difference >> window.trailing(), window.length);
  }
  return bits;
}

bool gives(Bits bits, std::span<const double> values) {
  std::uint64_t word = bits.take(64);
  Meaningful window;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && bits.take(1) == 1) {
      if (bits.take(1) == 1) {
        window.leading = static_cast<unsigned>(bits.take(5));
        window.length = static_cast<unsigned>(bits.take(6)) + 1;
      }
      word ^= bits.take(window.length) << window.trailing();
    }
    if (word != std::bit_cast<std::uint64_t>(values[i])) return false;
  }
  return true;
}

/// What a difference between steps that lies in [least, greatest] takes: a prefix and its width.
struct Class {
  std::int64_t least;
  std::int64_t greatest;
  unsigned width;
};

// Each has one more set bit for its prefix, which a zero ends but in the last. A number of a width
// is stored as its distance from the least.
constexpr std::array<Class, 5> classes = {
    {{0, 0, 0}, {-63, 64, 7}, {-255, 256, 9}, {-2047, 2048, 12}, {INT32_MIN, INT32_MAX, 32}}};

void put_difference(std::int64_t difference, Bits& bits) {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const Class& each = classes[i];
    const bool last = i + 1 == classes.size();
    if (difference >= each.least && difference <= each.greatest) {
      if (!last) bits.put(0, 1);
      return bits.put(static_cast<std::uint64_t>(difference - each.least), each.width);
    }
    if (!last) bits.put(1, 1);
  }
  throw std::runtime_error("gorilla: steps differ by more than 32 bits");
}

std::int64_t take_difference(Bits& bits) {
  std::size_t i = 0;
  while (i + 1 < classes.size() && bits.take(1) == 1) ++i;
  return classes[i].least + static_cast<std::int64_t>(bits.take(classes[i].width));
}

}  // namespace

std::size_t gorilla_bits(std::span<const double> values) {
  if (values.empty()) return 0;
  const Bits bits = encode(values);
  if (!gives(bits, values)) throw std::runtime_error("gorilla: values came back as others");
  return bits.size();
}

std::size_t gorilla_time_bits(std::span<const std::int64_t> seconds) {
  if (seconds.empty()) return 0;
  Bits bits;
  bits.put(static_cast<std::uint64_t>(seconds.front()), 64);
  std::int64_t step = 0;
  for (std::size_t i = 1; i < seconds.size(); ++i) {
    const std::int64_t next = seconds[i] - seconds[i - 1];
    put_difference(next - step, bits);
    step = next;
  }
  const std::size_t size = bits.size();

  auto time = static_cast<std::int64_t>(bits.take(64));
  step = 0;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    if (i > 0) time += step += take_difference(bits);
    if (time != seconds[i]) throw std::runtime_error("gorilla: times came back as others");
  }
  return size;
}

}  // namespace varve::bench
