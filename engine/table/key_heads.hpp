#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace varve::engine {

/// The first eight bytes in which sorted keys differ, as numbers that sort as they do, side by
/// side: a search among them touches a few cache lines, where one among the keys misses the cache
/// twice for each step. The views given outlive it.
class KeyHeads {
 public:
  /// Builds the heads of keys in ascending order; some may be equal. For a few keys it keeps none.
  void build(const std::vector<std::string_view>& keys);

  /// Keys before `first` lie below the one sought, and those from `last` on above it.
  struct Span {
    std::size_t first;
    std::size_t last;
  };
  Span may_be(std::string_view key) const;

  std::size_t bytes() const { return heads_.size() * sizeof(std::uint64_t); }

 private:
  std::uint64_t head_of(std::string_view key) const;

  std::size_t count_ = 0;
  std::string_view shared_;  // What all keys begin with.
  std::vector<std::uint64_t> heads_;
};

}  // namespace varve::engine
