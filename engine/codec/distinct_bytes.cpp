#include "engine/codec/distinct_bytes.hpp"

#include <array>
#include <functional>
#include <unordered_map>

#include "engine/codec/sampled_repeats.hpp"

namespace varve::engine {

namespace {

constexpr std::size_t sample_size = 64;

std::vector<std::string_view> views_of(std::span<const std::uint64_t> sizes,
                                       std::string_view heap) {
  std::vector<std::string_view> views;
  views.reserve(sizes.size());
  for (const std::uint64_t size : sizes) {
    views.push_back(heap.substr(0, static_cast<std::size_t>(size)));
    heap.remove_prefix(static_cast<std::size_t>(size));
  }
  return views;
}

/// Of 256 values that are equally frequent, 64 samples repeat eight.
bool may_pay(std::span<const std::string_view> values) {
  std::array<std::uint64_t, sample_size> sample;
  const std::size_t step = values.size() / sample_size;
  for (std::size_t i = 0; i < sample_size; ++i) {
    sample[i] = std::hash<std::string_view>()(values[i * step]);
  }
  return sampled_repeats<sample_size>(sample) >= 6;
}

}  // namespace

std::optional<DistinctBytes> DistinctBytes::of(std::span<const std::uint64_t> sizes,
                                               std::string_view heap) {
  if (sizes.size() < sample_size || heap.empty()) return std::nullopt;
  const std::vector<std::string_view> values = views_of(sizes, heap);
  if (!may_pay(values)) return std::nullopt;
  DistinctBytes distinct;
  distinct.places.reserve(values.size());
  std::unordered_map<std::string_view, std::uint64_t> known;
  for (const std::string_view value : values) {
    const auto [at, is_new] = known.try_emplace(value, known.size());
    if (is_new) {
      if (known.size() > count_max) return std::nullopt;
      distinct.sizes.push_back(value.size());
      distinct.heap += value;
    }
    distinct.places.push_back(at->second);
  }
  return distinct;
}

}  // namespace varve::engine
