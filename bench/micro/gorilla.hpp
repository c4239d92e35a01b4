#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace varve::bench {

// The baseline that papers on encodings compare with: Pelkonen et al., "Gorilla: A Fast, Scalable,
// In-Memory Time Series Database" (VLDB 2015), section 4.1. Written from the paper. Both give the
// bits that the column takes, having read it back; they throw where it came back otherwise.

/// Each double as its exclusive or with the one before.
std::size_t gorilla_bits(std::span<const double> values);

/// Each time, in seconds, as the difference between two neighbouring steps.
std::size_t gorilla_time_bits(std::span<const std::int64_t> seconds);

}  // namespace varve::bench
