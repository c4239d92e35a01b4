#pragma once

#include <cstddef>
#include <memory>

namespace varve::engine {

/// Memory from the system for an arena. Uninitialised.
class ArenaBlock {
 public:
  /// What the system can map at once where it can: touching it costs one page fault and not 512,
  /// which for a memtable that fills fresh memory is a large part of a write.
  static constexpr std::size_t huge_size = std::size_t{2} << 20;

  explicit ArenaBlock(std::size_t size);

  std::byte* data() const { return memory_.get(); }

 private:
  struct Free {
    std::size_t alignment;
    void operator()(std::byte* memory) const;
  };

  std::unique_ptr<std::byte[], Free> memory_;
};

}  // namespace varve::engine
