#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace varve::engine {

/// How many of a sample of the words are there twice or more, beyond the first of each. None where
/// there are fewer words than the sample takes.
template <std::size_t sample_size>
std::size_t sampled_repeats(std::span<const std::uint64_t> words) {
  if (words.size() < sample_size) return 0;
  std::array<std::uint64_t, sample_size> sample;
  const std::size_t step = words.size() / sample_size;
  for (std::size_t i = 0; i < sample_size; ++i) sample[i] = words[i * step];
  std::ranges::sort(sample);
  return std::ranges::unique(sample).size();
}

}  // namespace varve::engine
