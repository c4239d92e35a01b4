#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace varve::engine {

/// The least and the greatest of some numbers.
template <class T>
struct NumberRange {
  T least;
  T greatest;
};

/// Passes over NaN; -0.0 is below 0.0. Nothing where there is no number.
std::optional<NumberRange<double>> range_of(std::span<const double> values);
std::optional<NumberRange<std::int64_t>> range_of(std::span<const std::int64_t> values);

}  // namespace varve::engine
