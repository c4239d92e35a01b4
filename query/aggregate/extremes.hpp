#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "varve/value.hpp"

namespace varve::query {

/// The least and the greatest of numbers, in whatever order they come.
class Extremes {
 public:
  void add(std::span<const double> values);
  void add(std::span<const std::int64_t> values);
  /// As if all that `other` holds were added.
  void add(const Extremes& other);

  /// NaN where there is nothing else; none without numbers.
  std::optional<Value> min() const;
  std::optional<Value> max() const;

 private:
  void offer(double low, double high);

  // Begun from the far end, so that nothing has to ask whether there is one yet.
  std::int64_t least_whole_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t greatest_whole_ = std::numeric_limits<std::int64_t>::min();
  double least_real_ = std::numeric_limits<double>::infinity();
  double greatest_real_ = -std::numeric_limits<double>::infinity();
  bool has_whole_ = false;
  bool has_real_ = false;  // Other than NaN.
  bool has_nan_ = false;
};

}  // namespace varve::query
