#pragma once

#include <cstdint>
#include <string>

namespace varve::engine {

/// "0, 5": the numbers of the bits that are set.
inline std::string bit_names(std::uint64_t bits) {
  std::string names;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((bits >> bit & 1) != 0) names += (names.empty() ? "" : ", ") + std::to_string(bit);
  }
  return names;
}

}  // namespace varve::engine
