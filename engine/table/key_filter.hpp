#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/bytes.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// Which keys a table may hold: their hashes, scaled down to 256 places for each key, in a roaring
/// bitmap (CRoaring). About 16 bits a key. Immutable; any thread.
class KeyFilter {
 public:
  KeyFilter(KeyFilter&&) noexcept;
  ~KeyFilter();

  static Bytes encode(std::vector<std::uint64_t> hashes);
  /// Any bytes in: a filter, or corruption.
  static Result<KeyFilter> decode(ByteSpan bytes);

  /// True for every key that went in, and for about 0.4 % of others.
  bool may_contain(std::uint64_t hash) const;
  /// The memory it takes.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Bitmap;
  KeyFilter(std::unique_ptr<Bitmap> bitmap, std::uint64_t places, std::size_t bytes);

  std::unique_ptr<Bitmap> bitmap_;
  std::uint64_t places_;
  std::size_t bytes_;
};

}  // namespace varve::engine
