#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "varve/aggregation.hpp"

namespace varve::query {

/// Quantiles of numbers: of the numbers themselves while they are few, beyond of a merging t-digest
/// (Dunning and Ertl, "Computing extremely accurate quantiles using t-digests", 2019). That keeps
/// centroids, each for as many neighbouring numbers as the scale function k1 allows: few at the
/// ends, at most 2 pi sqrt(q (1 - q)) / compression of all at q.
///
/// Like that of moments, the result depends on the numbers and their order alone.
class Quantiles {
 public:
  /// Passes over NaN.
  void add(double value);
  /// All that `other` holds, after what is here.
  void add(const Quantiles& other);
  void reset();

  /// NaN where nothing but NaN came, or the answer would lie between two opposite infinities.
  /// REQUIRES 0 <= q <= 1.
  double value(double q) const;

 private:
  struct Centroid {
    double mean;
    double weight;
  };

  // About 1,600 centroids of 16 bytes at most: 0.3 % of the numbers in the one at the median.
  static constexpr double compression = 2'000;

  void compress();
  /// What lies at a rank among the finite numbers, counted from 0.
  double finite_at(double rank) const;

  std::vector<double> values_;       // Finite ones that no centroid holds.
  std::vector<Centroid> centroids_;  // By mean.
  double centroids_weight_ = 0;
  double min_ = 0, max_ = 0;  // Of all that centroids hold.
  // Infinities would spoil the means around them, so they are only counted.
  std::uint64_t below_ = 0;
  std::uint64_t above_ = 0;
};

}  // namespace varve::query
