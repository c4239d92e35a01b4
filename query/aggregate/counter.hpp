#pragma once

#include <cstdint>
#include <optional>

#include "engine/numeric/exact_sum.hpp"
#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve::query {

/// A double or an int64.
struct Number {
  Number(double value) : real(value) {}
  Number(std::int64_t value) : whole(value), is_whole(true) {}

  double as_double() const { return is_whole ? static_cast<double>(whole) : real; }

  double real = 0;
  std::int64_t whole = 0;
  bool is_whole = false;
};

/// Compares by value across both types, without losing digits of an int64.
inline bool less(const Number& a, const Number& b) {
  if (!a.is_whole && !b.is_whole) return a.real < b.real;
  if (a.is_whole && b.is_whole) return a.whole < b.whole;
  // 64 bits of mantissa or more hold both.
  const auto wide = [](const Number& number) {
    return number.is_whole ? static_cast<long double>(number.whole)
                           : static_cast<long double>(number.real);
  };
  return wide(a) < wide(b);
}

/// A number of a counter, other than NaN and infinite, and when it was read.
struct Reading {
  Number value;
  Timestamp ts;
};

/// How a counter grew, from readings in the order of time or against it. Between two resets the
/// steps telescope, so the sum is the newest reading less the oldest, and what each reset lost.
class Counter {
 public:
  void add_newer(const Reading& reading);
  void add_older(const Reading& reading);
  /// Another counter, whose growth is added.
  void add(const Counter& other);
  void reset();

  const std::optional<Reading>& newest() const { return newest_; }
  bool empty() const { return !newest_; }
  /// The growth, and the growth per second; none if there are not two readings.
  std::optional<double> increase() const;
  std::optional<double> rate() const;

 private:
  engine::ExactSum growth() const;

  std::optional<Reading> oldest_;
  std::optional<Reading> newest_;
  bool stepped_ = false;
  engine::ExactSum lost_;  // The readings before resets.

  // Of the others.
  bool joined_ = false;
  engine::ExactSum increases_;
  engine::ExactSum rates_;
};

}  // namespace varve::query
