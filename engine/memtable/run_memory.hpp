#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/memory/arena.hpp"
#include "engine/memtable/reader_gate.hpp"
#include "varve/time.hpp"

namespace varve::engine {

class Run;
class RunChunk;

/// What the runs of a memtable have their memory from, and which of their blocks wait to be
/// sealed. The writer's, but for the gate.
///
/// The chunks of a sealed block are used again for the next rows, of whatever series, once all
/// readers have left that were inside when they were replaced. While one stays, chunks wait for it
/// and new ones come from the arena: the writer never waits. So chunks count as memory once,
/// however often they are used.
class RunMemory {
 public:
  RunMemory(Arena& arena, ReaderGate& gate) : arena_(arena), gate_(gate) {}

  Arena& arena() { return arena_; }

  /// For a chunk of so many rows (a power of two from 4 to 512), uninitialised.
  std::byte* take_chunk(std::uint32_t rows);
  Timestamp* take_expiries(std::uint32_t rows);
  /// The chunks of a block, from the newest on, which no slot names any more.
  void retire(RunChunk* newest);

  /// Says that a block of the run is full.
  void add_full(Run& run, std::uint32_t block) { full_.push_back({&run, block}); }
  /// Seals the block that has waited longest, if one waits.
  void seal_next();

  /// Scratch memory in which blocks are encoded.
  Bytes& buffer() { return buffer_; }

 private:
  static constexpr std::size_t classes = 8;
  static std::size_t class_of(std::uint32_t rows) {
    return static_cast<std::size_t>(std::countr_zero(rows)) - 2;
  }
  struct FullBlock {
    Run* run;
    std::uint32_t block;
  };

  void reclaim();
  void free_block(RunChunk* newest);

  Arena& arena_;
  ReaderGate& gate_;
  std::array<std::vector<std::byte*>, classes> free_chunks_;
  std::array<std::vector<Timestamp*>, classes> free_expiries_;
  std::vector<RunChunk*> leaving_;  // Wait for the readers of now.
  std::vector<RunChunk*> retired_;  // Came after those, and wait for the next turn.
  std::deque<FullBlock> full_;
  Bytes buffer_;
};

}  // namespace varve::engine
