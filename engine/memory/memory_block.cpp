#include "engine/memory/memory_block.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <new>

// The only place that asks the system for memory: a system without mmap() needs another file here.

namespace varve::engine {

namespace {

std::atomic<std::size_t> mapped{0};  // Relaxed: a figure, which orders nothing.

std::size_t in_whole_pages(std::size_t size) {
  static const auto page_size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (size + page_size - 1) / page_size * page_size;
}

/// Null where the system refuses it. REQUIRES whole pages, as does the other.
std::byte* map(std::size_t size) {
  constexpr int access = PROT_READ | PROT_WRITE;
  void* const memory = ::mmap(nullptr, size, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
}

/// The same, beginning where a huge page can: maps that much more, and gives back what is around.
/// Begins anywhere where the system has no room for more.
std::byte* map_for_huge_pages(std::size_t size) {
  constexpr std::size_t alignment = MemoryBlock::huge_size;
  std::byte* const taken = map(size + alignment);
  if (taken == nullptr) return map(size);
  const std::size_t above = reinterpret_cast<std::uintptr_t>(taken) % alignment;
  const std::size_t before = above == 0 ? 0 : alignment - above;
  if (before != 0) ::munmap(taken, before);
  ::munmap(taken + before + size, alignment - before);
  return taken + before;
}

std::byte* take(std::size_t size) {
  if (size < MemoryBlock::mapped_size_min) return static_cast<std::byte*>(::operator new(size));
  const bool is_huge = size >= MemoryBlock::huge_size;
  const std::size_t whole = in_whole_pages(size);
  std::byte* const memory = is_huge ? map_for_huge_pages(whole) : map(whole);
  if (memory == nullptr) throw std::bad_alloc();
  if (is_huge) {
    // A wish: where it is not granted, pages are small.
    ::madvise(memory, size / MemoryBlock::huge_size * MemoryBlock::huge_size, MADV_HUGEPAGE);
  }
  mapped.fetch_add(whole, std::memory_order_relaxed);
  return memory;
}

}  // namespace

MemoryBlock::MemoryBlock(std::size_t size) : memory_(take(size), Free{size}) {}

void MemoryBlock::Free::operator()(std::byte* memory) const {
  if (size < mapped_size_min) return ::operator delete(memory);
  const std::size_t whole = in_whole_pages(size);
  ::munmap(memory, whole);
  mapped.fetch_sub(whole, std::memory_order_relaxed);
}

std::size_t MemoryBlock::mapped_bytes() { return mapped.load(std::memory_order_relaxed); }

}  // namespace varve::engine
