#pragma once

#include <cstddef>
#include <memory>

namespace varve::engine {

/// Memory that is taken and given back as one piece. Uninitialised.
class MemoryBlock {
 public:
  /// What the system maps at once where it can: blocks of this size or more cost one page fault for
  /// it and not 512, which is a large part of filling fresh memory.
  static constexpr std::size_t huge_size = std::size_t{2} << 20;

  explicit MemoryBlock(std::size_t size);

  std::byte* data() const { return memory_.get(); }

 private:
  struct Free {
    std::size_t alignment;
    void operator()(std::byte* memory) const;
  };

  std::unique_ptr<std::byte[], Free> memory_;
};

}  // namespace varve::engine
