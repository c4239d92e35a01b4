#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/memory/memory_block.hpp"

namespace varve::engine {

/// Memory that is given out piece by piece and goes back all at once. One thread allocates. What
/// it holds is counted in `bytes`, which any thread may read: what it gave out, but not the end of
/// its last block, whose pages are not there before they are written to. A block that the system
/// may give as huge pages is there as soon as it is begun, and counts whole.
class Arena {
 public:
  /// `expected` is about what it may come to hold. It takes huge blocks only where the last of them
  /// is a small part of that.
  explicit Arena(std::atomic<std::size_t>& bytes, std::size_t expected = 0)
      : bytes_(bytes),
        block_size_max_(expected / huge_blocks_min >= MemoryBlock::huge_size
                            ? MemoryBlock::huge_size
                            : MemoryBlock::huge_size / 2) {}

  /// Uninitialised. `alignment` is a power of two, at most that of operator new.
  std::byte* allocate(std::size_t size, std::size_t alignment) {
    const std::size_t padding =
        (std::size_t{0} - reinterpret_cast<std::uintptr_t>(next_)) & (alignment - 1);
    if (padding + size > left_) return allocate_from_new_block(size);
    std::byte* const memory = next_ + padding;
    next_ += padding + size;
    left_ -= padding + size;
    if (!is_huge_) count(padding + size);
    return memory;
  }
  template <class T>
  T* allocate_array(std::size_t size) {
    return reinterpret_cast<T*>(allocate(size * sizeof(T), alignof(T)));
  }

  /// What will be counted once it has given out so much more: all of the next huge block, where the
  /// current one has no room for that. For the thread that allocates.
  std::size_t bytes_with(std::size_t more) const {
    const std::size_t bytes = bytes_.load(std::memory_order_relaxed);
    if (more <= left_) return is_huge_ ? bytes : bytes + more;
    const bool is_huge = block_size_ >= MemoryBlock::huge_size;
    return bytes + (is_huge ? std::max(more, block_size_) : more);
  }

  /// Counts memory that lives as long as the arena, but lies elsewhere.
  void count(std::size_t size) {
    // One thread writes, so no read-modify-write is needed.
    bytes_.store(bytes_.load(std::memory_order_relaxed) + size, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t block_size_min = std::size_t{64} << 10;
  static constexpr std::size_t huge_blocks_min = 16;

  std::byte* allocate_from_new_block(std::size_t size) {
    // What is large gets a block of its own, so that the rest of the current one is not lost.
    const bool alone = size > block_size_ / 4;
    const MemoryBlock& block = blocks_.emplace_back(alone ? size : block_size_);
    if (alone) {
      count(size);
      return block.data();
    }
    next_ = block.data() + size;
    left_ = block_size_ - size;
    is_huge_ = block_size_ >= MemoryBlock::huge_size;
    count(is_huge_ ? block_size_ : size);
    block_size_ = std::min(block_size_ * 2, block_size_max_);
    return block.data();
  }

  std::atomic<std::size_t>& bytes_;
  const std::size_t block_size_max_;
  std::vector<MemoryBlock> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t block_size_ = block_size_min;  // Of the next one.
  bool is_huge_ = false;                     // The current block.
};

}  // namespace varve::engine
