#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "engine/record/rows.hpp"

namespace varve::engine {

/// What aggregates need of the values of a stretch, so that they need not be read: of doubles that
/// are all finite, or of int64s. Exact. A stretch with a NaN in it has none, whatever its bits: so
/// where a stale marker lies, which aggregates pass over, they read the rows.
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

/// Whether statistics of such values exist.
template <class T>
inline constexpr bool has_statistics = std::is_same_v<T, double> || std::is_same_v<T, std::int64_t>;

/// Nothing where exact_pair_of() the doubles has nothing. REQUIRES a value, here and below.
std::optional<NumberStatistics> statistics_of(std::span<const double> values);
std::optional<NumberStatistics> statistics_of(std::span<const std::int64_t> values);
/// The same for rows of any type; nothing if they are not numbers.
std::optional<NumberStatistics> statistics_of(const RowsView& rows);

}  // namespace varve::engine
