#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "varve/value.hpp"

namespace varve::test {

/// The sum of numbers as a fraction: a whole number of the least double there is, 2^-1074, as long
/// as it takes. So nothing is rounded before the end. Infinities and NaN are counted apart.
class ExactTotal {
 public:
  /// REQUIRES a number: a double or an int64.
  void add(const Value& number) { add(number, false); }
  void subtract(const Value& number) { add(number, true); }

  /// The nearest double, of two equally near the even one; the infinity beyond the largest. A NaN,
  /// or two opposite infinities, make it NaN. Zero is 0.0.
  double rounded() const;

 private:
  // 1,074 bits below the point, 1,024 above it, and 64 for many numbers.
  static constexpr std::size_t limbs = 34;
  using Magnitude = std::array<std::uint64_t, limbs>;  // The least limb first.

  void add(const Value& number, bool minus);
  static void add(Magnitude& sum, std::uint64_t bits, std::size_t shift);
  static bool is_less(const Magnitude& a, const Magnitude& b);
  static Magnitude subtracted(const Magnitude& a, const Magnitude& b);
  static double nearest(const Magnitude& magnitude);

  Magnitude above_{};  // The sum of what is above zero,
  Magnitude below_{};  // and of the rest, without its sign.
  bool has_nan_ = false;
  bool has_infinity_ = false;
  bool has_minus_infinity_ = false;
};

}  // namespace varve::test
