#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace varve::query {

/// The deviation of numbers from their mean, in groups of a fixed count that are put together by
/// the formula of Chan, Golub and LeVeque ("Updating formulae and a pairwise algorithm for
/// computing sample variances", 1979). Groups are counted from the first number on, so the result
/// depends on the numbers and their order, and not on the blocks in which they come.
class Moments {
 public:
  void add(double value) {
    pending_[pending_count_++] = value;
    if (pending_count_ == pending_.size()) fold();
  }
  /// All that `other` holds, after what is here.
  void add(const Moments& other);
  void reset() { *this = Moments(); }

  /// That of the population. REQUIRES a number.
  double standard_deviation() const;

 private:
  struct Part {
    std::uint64_t count = 0;
    double mean = 0;
    double squares = 0;  // The sum of the squared deviations.
  };

  static Part part_of(std::span<const double> values);
  static Part joined(const Part& a, const Part& b);
  std::span<const double> pending() const { return std::span(pending_).first(pending_count_); }
  void fold();

  Part folded_;
  std::size_t pending_count_ = 0;
  std::array<double, 64> pending_{};
};

}  // namespace varve::query
