#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/memory/memory_block.hpp"

namespace varve::engine {

/// Memory that is given out piece by piece and goes back all at once. One thread allocates. What
/// it gave out (not the unused end of its last block) is counted in `bytes`, which any thread may
/// read.
class Arena {
 public:
  explicit Arena(std::atomic<std::size_t>& bytes) : bytes_(bytes) {}

  /// Uninitialised. `alignment` is a power of two, at most that of operator new.
  std::byte* allocate(std::size_t size, std::size_t alignment) {
    const std::size_t padding =
        (std::size_t{0} - reinterpret_cast<std::uintptr_t>(next_)) & (alignment - 1);
    if (padding + size > left_) return allocate_from_new_block(size);
    std::byte* const memory = next_ + padding;
    next_ += padding + size;
    left_ -= padding + size;
    count(padding + size);
    return memory;
  }
  template <class T>
  T* allocate_array(std::size_t size) {
    return reinterpret_cast<T*>(allocate(size * sizeof(T), alignof(T)));
  }

  /// Counts memory that lives as long as the arena, but lies elsewhere.
  void count(std::size_t size) {
    // One thread writes, so no read-modify-write is needed.
    bytes_.store(bytes_.load(std::memory_order_relaxed) + size, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t block_size_min = std::size_t{64} << 10;
  static constexpr std::size_t block_size_max = MemoryBlock::huge_size;

  std::byte* allocate_from_new_block(std::size_t size) {
    count(size);
    // What is large gets a block of its own, so that the rest of the current one is not lost.
    const bool alone = size > block_size_ / 4;
    const MemoryBlock& block = blocks_.emplace_back(alone ? size : block_size_);
    if (alone) return block.data();
    next_ = block.data() + size;
    left_ = block_size_ - size;
    block_size_ = std::min(block_size_ * 2, block_size_max);
    return block.data();
  }

  std::atomic<std::size_t>& bytes_;
  std::vector<MemoryBlock> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t block_size_ = block_size_min;
};

}  // namespace varve::engine
