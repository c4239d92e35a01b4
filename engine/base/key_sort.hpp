#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace varve::engine {

/// A key, and what it belongs to.
struct KeyedPointer {
  std::string_view key;
  const void* pointer;
};

/// Sorts by key. For many keys that lie all over memory: each is loaded once for every eight bytes
/// that it shares with others, and not once for every comparison. Most significant digits first,
/// eight bytes at a time (Bentley and Sedgewick, "Fast Algorithms for Sorting and Searching
/// Strings", 1997; Ng and Kakehi, "Cache Efficient Radix Sort for String Sorting", 2007).
void sort_by_key(std::vector<KeyedPointer>& keyed);

}  // namespace varve::engine
