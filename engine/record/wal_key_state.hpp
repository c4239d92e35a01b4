#pragma once

#include <cstdint>

namespace varve::engine {

/// The number of a series in the WAL's current segment, if it has one. The memtable keeps one of
/// these with each series; only Wal::append reads and writes it.
struct WalKeyState {
  std::uint64_t segment = 0;  // In which `id` is defined; 0: in none.
  std::uint32_t id = 0;
};

}  // namespace varve::engine
