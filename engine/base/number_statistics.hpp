#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/base/rows.hpp"

namespace varve::engine {

/// What aggregates need of the values of a stretch, so that they need not be read: of doubles that
/// are all finite, or of int64s. Exact.
///
/// Each member is a value of the type, as 64 bits. The sum of doubles is the exact sum, as the
/// nearest double and what that lacks; the sum of int64s has 128 bits.
struct NumberStatistics {
  RowType type = RowType::double_;
  std::uint64_t first = 0;  // In the order of time.
  std::uint64_t last = 0;
  std::uint64_t min = 0;  // Of the zeros -0.0 is the less.
  std::uint64_t max = 0;
  std::uint64_t sum_high = 0;
  std::uint64_t sum_low = 0;

  friend bool operator==(const NumberStatistics&, const NumberStatistics&) = default;
};

/// At most this many values are summed exactly.
inline constexpr std::size_t statistics_rows_max = 65'536;

/// Nothing where a value is not finite, where there are too many, or where they are so far apart
/// (of 1,024 values by a factor of over 2^34) that their sum need not be exact in two doubles.
///
/// Each value is split by adding and subtracting a power of two, so that the upper parts add up
/// without rounding, and so do the lower ones: error-free vector extraction (Rump, Ogita, Oishi:
/// Accurate Floating-Point Summation, 2008).
/// REQUIRES a value, here and below.
std::optional<NumberStatistics> statistics_of(std::span<const double> values);
std::optional<NumberStatistics> statistics_of(std::span<const std::int64_t> values);
/// Of rows of any type; nothing but for numbers.
std::optional<NumberStatistics> statistics_of(const RowsView& rows);

}  // namespace varve::engine
