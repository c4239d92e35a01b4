#pragma once

#include <cstddef>
#include <span>

namespace varve::engine {

/// So many results of a loop that have nothing to wait for of each other.
inline constexpr std::size_t lane_count = 4;

/// Calls `step(lane, value)` for each value, with the lanes in turn.
template <class T, class Step>
void for_each_in_lanes(std::span<const T> values, Step step) {
  std::size_t at = 0;
  for (; at + lane_count <= values.size(); at += lane_count) {
    step(0, values[at]);
    step(1, values[at + 1]);
    step(2, values[at + 2]);
    step(3, values[at + 3]);
  }
  for (; at < values.size(); ++at) step(0, values[at]);
}

}  // namespace varve::engine
