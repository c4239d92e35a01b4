#include "engine/record/number_statistics.hpp"

#include <bit>

#include "engine/base/assert.hpp"
#include "engine/numeric/exact_sum.hpp"
#include "engine/numeric/number_range.hpp"

namespace varve::engine {

namespace {

template <class T>
std::uint64_t bits_of(T value) {
  return std::bit_cast<std::uint64_t>(value);
}

/// All but the sum. REQUIRES a number.
template <class T>
NumberStatistics without_sum(RowType type, std::span<const T> values) {
  VARVE_ASSERT(!values.empty());
  const auto range = *range_of(values);
  NumberStatistics statistics;
  statistics.type = type;
  statistics.first = bits_of(values.front());
  statistics.last = bits_of(values.back());
  statistics.min = bits_of(range.least);
  statistics.max = bits_of(range.greatest);
  return statistics;
}

}  // namespace

std::optional<NumberStatistics> statistics_of(std::span<const double> values) {
  const auto sum = exact_pair_of(values);
  if (!sum) return std::nullopt;
  NumberStatistics statistics = without_sum(RowType::double_, values);
  statistics.sum_high = bits_of(sum->high);
  statistics.sum_low = bits_of(sum->low);
  return statistics;
}

std::optional<NumberStatistics> statistics_of(std::span<const std::int64_t> values) {
  NumberStatistics statistics = without_sum(RowType::int64, values);
  Int128 sum = 0;
  for (const std::int64_t value : values) sum += value;
  statistics.sum_high = static_cast<std::uint64_t>(sum >> 64);
  statistics.sum_low = static_cast<std::uint64_t>(sum);
  return statistics;
}

std::optional<NumberStatistics> statistics_of(const RowsView& rows) {
  if (rows.type == RowType::tombstone) return std::nullopt;
  return with_type(rows.type, [&]<class T>() -> std::optional<NumberStatistics> {
    if constexpr (has_statistics<T>) return statistics_of(rows.values_as<T>());
    return std::nullopt;
  });
}

}  // namespace varve::engine
