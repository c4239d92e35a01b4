#pragma once

#include <cstddef>
#include <memory>

namespace varve::engine {

/// Memory that is taken and given back as one piece. Uninitialised. Throws std::bad_alloc.
///
/// From mapped_size_min on a block has pages of its own. Of these the ones that nobody has written
/// to take no memory, and all are the system's again at once when the block goes; what malloc gets
/// back may stay with the process for good. A block may go on any thread.
class MemoryBlock {
 public:
  /// What the system maps at once where it can: blocks of this size or more cost one page fault for
  /// it and not 512, which is a large part of filling fresh memory.
  static constexpr std::size_t huge_size = std::size_t{2} << 20;
  /// Smaller blocks come from operator new, since they would not be worth two calls to the system.
  static constexpr std::size_t mapped_size_min = std::size_t{64} << 10;

  explicit MemoryBlock(std::size_t size);

  std::byte* data() const { return memory_.get(); }

  /// What all blocks of this process have mapped, in bytes of whole pages. Any thread.
  static std::size_t mapped_bytes();

 private:
  struct Free {
    std::size_t size;
    void operator()(std::byte* memory) const;
  };

  std::unique_ptr<std::byte[], Free> memory_;
};

}  // namespace varve::engine
