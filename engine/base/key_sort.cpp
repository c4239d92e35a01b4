#include "engine/base/key_sort.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include "engine/base/bytes.hpp"

namespace varve::engine {

namespace {

constexpr std::size_t chunk_size = sizeof(std::uint64_t);
// Below, comparing numbers costs less than counting bytes, and comparing keys less than either.
constexpr std::size_t radix_count_min = 256;
constexpr std::size_t chunk_count_min = 16;

struct Item {
  std::uint64_t chunk;  // Eight bytes of the key, so that numbers compare as they do.
  KeyedPointer keyed;
};

/// From `depth` on, filled with zeros.
std::uint64_t chunk_of(std::string_view key, std::size_t depth) {
  const std::string_view rest = key.substr(std::min(depth, key.size()));
  std::uint64_t chunk = 0;
  copy_bytes(&chunk, rest.data(), std::min(rest.size(), chunk_size));
  return std::byteswap(little_endian(chunk));
}

std::size_t shared_size(std::span<const Item> items) {
  const std::string_view first = items.front().keyed.key;
  std::size_t shared = first.size();
  for (const Item& item : items) {
    const std::string_view key = item.keyed.key;
    shared = std::min(shared, key.size());
    if (std::memcmp(first.data(), key.data(), shared) == 0) continue;
    const auto different = std::mismatch(first.begin(), first.begin() + shared, key.begin());
    shared = static_cast<std::size_t>(different.first - first.begin());
  }
  return shared;
}

void sort_by_comparing(std::span<Item> items) {
  std::ranges::sort(items, {}, [](const Item& item) { return item.keyed.key; });
}

/// By the chunks, byte by byte from the lowest, without those that are the same in all.
void radix_sort(std::span<Item> items, std::span<Item> spare) {
  std::span<Item> from = items;
  std::span<Item> to = spare;
  for (unsigned shift = 0; shift < 64; shift += 8) {
    const auto byte_of = [&](const Item& item) {
      return static_cast<std::uint8_t>(item.chunk >> shift);
    };
    std::array<std::size_t, 256> places{};
    for (const Item& item : from) ++places[byte_of(item)];
    if (places[byte_of(from.front())] == from.size()) continue;
    std::size_t place = 0;
    for (std::size_t& count : places) place += std::exchange(count, place);
    for (const Item& item : from) to[places[byte_of(item)]++] = item;
    std::swap(from, to);
  }
  if (from.data() != items.data()) std::ranges::copy(from, items.begin());
}

void sort_by_chunk(std::span<Item> items, std::span<Item> spare) {
  if (items.size() >= radix_count_min) return radix_sort(items, spare.first(items.size()));
  std::ranges::sort(items, {}, &Item::chunk);
}

// Of keys that share more than these, comparing ends the recursion.
constexpr unsigned levels_max = 32;

void sort_level(std::span<Item> items, std::span<Item> spare, unsigned levels) {
  if (items.size() < chunk_count_min || levels == 0) return sort_by_comparing(items);
  const std::size_t depth = shared_size(items);
  for (Item& item : items) item.chunk = chunk_of(item.keyed.key, depth);
  sort_by_chunk(items, spare);

  for (std::size_t begin = 0; begin < items.size();) {
    std::size_t end = begin + 1;
    bool goes_on = true;
    for (; end < items.size() && items[end].chunk == items[begin].chunk; ++end) {
      goes_on &= items[end].keyed.key.size() >= depth + chunk_size;
    }
    goes_on &= items[begin].keyed.key.size() >= depth + chunk_size;
    const auto same = items.subspan(begin, end - begin);
    // Where a key ends within the chunk, its zeros are no bytes of it.
    if (same.size() > 1 && goes_on) sort_level(same, spare, levels - 1);
    if (same.size() > 1 && !goes_on) sort_by_comparing(same);
    begin = end;
  }
}

}  // namespace

void sort_by_key(std::vector<KeyedPointer>& keyed) {
  if (keyed.size() < chunk_count_min) {
    std::ranges::sort(keyed, {}, &KeyedPointer::key);
    return;
  }
  std::vector<Item> items(keyed.size());
  std::vector<Item> spare(keyed.size());
  for (std::size_t i = 0; i < keyed.size(); ++i) items[i].keyed = keyed[i];
  sort_level(items, spare, levels_max);
  for (std::size_t i = 0; i < keyed.size(); ++i) keyed[i] = items[i].keyed;
}

}  // namespace varve::engine
