#pragma once

#include <cstdint>

#include "engine/base/bytes.hpp"

namespace varve::engine {

/// XXH3-64 (Collet). Guards everything stored.
std::uint64_t checksum(ByteSpan bytes, std::uint64_t seed = 0);

/// The same over pieces, as if they were one.
class Checksum {
 public:
  explicit Checksum(std::uint64_t seed = 0);
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;
  ~Checksum();

  void add(ByteSpan bytes);
  std::uint64_t value() const;

 private:
  void* state_;
};

/// The hash of a key for hash tables and filters. The same function as checksum(): filters store
/// it.
inline std::uint64_t hash_of(std::string_view key) { return checksum(as_bytes(key)); }

}  // namespace varve::engine
