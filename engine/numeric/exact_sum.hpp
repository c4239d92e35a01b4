#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "engine/numeric/wide.hpp"

namespace varve::engine {

/// The exact sum of some doubles: the nearest double, and what it lacks.
struct ExactPair {
  double high = 0;
  double low = 0;
};

/// Nothing where a value is not finite, where there are over 65,536, where they are so far apart
/// (of 1,024 values by a factor of over 2^34) that two doubles need not hold the sum, or so large
/// that adding them up may pass the greatest double on the way. A zero is +0.0.
///
/// Each value is split by adding and subtracting a power of two, so that the upper parts add up
/// without rounding, and so do the lower ones: error-free vector extraction (Rump, Ogita, Oishi:
/// Accurate Floating-Point Summation, 2008).
std::optional<ExactPair> exact_pair_of(std::span<const double> values);

/// Any finite doubles added without rounding: a fixed-point number wide enough for all of them, in
/// digits of 32 bits that 64 hold, so that carries wait (Neal, "Fast exact summation using small
/// and large superaccumulators", 2015).
class Superaccumulator {
 public:
  /// REQUIRES a finite number.
  void add(double value);
  /// `value` times 2^exponent. REQUIRES -1074 <= exponent <= 900.
  void add(Int128 value, int exponent);
  void add(const Superaccumulator& other);
  /// The nearest double, ties to even; infinite beyond the greatest.
  double rounded() const;

 private:
  // Bits from 2^-1074 to 2^1023, another 64 for as many additions, and a last digit for the sign.
  static constexpr std::size_t digit_count = 70;
  static constexpr int lowest_exponent = -1074;
  // An addition puts up to 2^52 into a digit.
  static constexpr int additions_max = 1'024;

  void carry();

  std::array<std::int64_t, digit_count> digits_{};
  int additions_ = 0;  // Since the last carry().
};

/// The exact sum of doubles and int64s: whatever the order in which they come and in which partial
/// sums are put together, and however the thread rounds, rounded() gives the same bits, those of
/// the true sum rounded once to the nearest.
///
/// Many doubles at once are summed as an ExactPair, where that holds them. It, or each double, goes
/// into a number of 128 bits in units of 2^-75, which takes all from 2^-23 up to 2^40, as nearly
/// all readings are; what lies outside goes into a superaccumulator, made when the first comes.
class ExactSum {
 public:
  void add(double value) { add(std::span(&value, 1)); }
  void add(std::int64_t value) { integers_ += value; }
  void subtract(std::int64_t value) { integers_ -= value; }
  void add(std::span<const double> values);
  void add(std::span<const std::int64_t> values) {
    for (const std::int64_t value : values) integers_ += value;
  }
  void add(const ExactSum& other);
  void reset();

  /// NaN where a NaN or two opposite infinities are in it. A zero is +0.0.
  double rounded() const;

  /// A sum of int64s.
  void add_integers(Int128 sum) { integers_ += sum; }

 private:
  void add_fixed(Int128 sum);
  bool add_units(double value);
  void add_one_by_one(std::span<const double> values);
  void add_outside(double value);
  void make_room();
  Superaccumulator& rest();
  /// REQUIRES that the thread rounds so. Not inlined, so that it is done with when that ends.
  [[gnu::noinline]] double rounded_to_nearest() const;

  Int128 fixed_ = 0;  // Its magnitude is at most 2^126 between calls.
  Int128 integers_ = 0;
  std::unique_ptr<Superaccumulator> rest_;
  bool nan_ = false;
  bool plus_infinity_ = false;
  bool minus_infinity_ = false;
};

}  // namespace varve::engine
