#include "engine/memory/memory_block.hpp"

#include <sys/mman.h>

#include <new>

namespace varve::engine {

namespace {

std::size_t alignment_of(std::size_t size) {
  return size >= MemoryBlock::huge_size ? MemoryBlock::huge_size : alignof(std::max_align_t);
}

}  // namespace

MemoryBlock::MemoryBlock(std::size_t size)
    : memory_(static_cast<std::byte*>(::operator new(size, std::align_val_t(alignment_of(size)))),
              Free{alignment_of(size)}) {
  // A wish: where it is not granted, pages are small.
  if (size >= huge_size) ::madvise(memory_.get(), size / huge_size * huge_size, MADV_HUGEPAGE);
}

void MemoryBlock::Free::operator()(std::byte* memory) const {
  ::operator delete(memory, std::align_val_t(alignment));
}

}  // namespace varve::engine
