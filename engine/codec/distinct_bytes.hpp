#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace varve::engine {

/// Byte strings of which many are the same, as texts for states are.
struct DistinctBytes {
  static constexpr std::size_t count_max = 256;

  /// Nothing where there are fewer than 64, all are empty, hardly one of a sample comes again, or
  /// over 256 are distinct. `heap` is all values one after the other, `sizes` how long each is.
  static std::optional<DistinctBytes> of(std::span<const std::uint64_t> sizes,
                                         std::string_view heap);

  std::vector<std::uint64_t> sizes;   // Of the distinct ones, in the order of their coming,
  std::string heap;                   // which lie here one after the other.
  std::vector<std::uint64_t> places;  // Which of them each is.
};

}  // namespace varve::engine
