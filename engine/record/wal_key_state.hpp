#pragma once

#include <cstdint>

namespace varve::engine {

/// Where a series stands in the numbering of the WAL's current segment. The memtable keeps one
/// with each series; only Wal::append reads and writes it.
struct WalKeyState {
  std::uint64_t segment = 0;  // In which `id` is defined; 0: in none.
  std::uint32_t id = 0;
};

}  // namespace varve::engine
