#include "tests/support/failing_allocations.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace varve::test {

namespace {

/// Counts allocations, and says which of them fail. Any thread may ask.
class Countdown {
 public:
  void begin(std::uint64_t n, bool lasting) {
    seen_.store(0, std::memory_order_relaxed);
    n_.store(n, std::memory_order_relaxed);
    last_.store(lasting ? std::numeric_limits<std::uint64_t>::max() : n, std::memory_order_relaxed);
    is_on_.store(true, std::memory_order_release);
  }
  void end() { is_on_.store(false, std::memory_order_relaxed); }

  bool fails_next() {
    if (!is_on_.load(std::memory_order_acquire)) return false;
    const std::uint64_t number = seen_.fetch_add(1, std::memory_order_relaxed) + 1;
    return n_.load(std::memory_order_relaxed) <= number &&
           number <= last_.load(std::memory_order_relaxed);
  }
  bool was_reached() const {
    return seen_.load(std::memory_order_relaxed) >= n_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<bool> is_on_{false};
  std::atomic<std::uint64_t> seen_{0};
  std::atomic<std::uint64_t> n_{0};     // The first that fails,
  std::atomic<std::uint64_t> last_{0};  // and the last.
};

constinit thread_local Countdown of_this_thread;
constinit Countdown of_any_thread;

Countdown& countdown(FailAllocation::Of of) {
  return of == FailAllocation::Of::this_thread ? of_this_thread : of_any_thread;
}

/// Memory, or null where there is said to be none.
void* take(std::size_t size) {
  if (of_this_thread.fails_next() || of_any_thread.fails_next()) return nullptr;
  return std::malloc(size == 0 ? 1 : size);
}

/// The same. std::aligned_alloc() wants whole alignments.
void* take(std::size_t size, std::align_val_t alignment) {
  if (of_this_thread.fails_next() || of_any_thread.fails_next()) return nullptr;
  const auto unit = static_cast<std::size_t>(alignment);
  if (size > std::numeric_limits<std::size_t>::max() - unit) return nullptr;
  const std::size_t units = size == 0 ? 1 : (size + unit - 1) / unit;
  return std::aligned_alloc(unit, units * unit);
}

void* or_throw(void* taken) {
  if (taken == nullptr) throw std::bad_alloc();
  return taken;
}

}  // namespace

FailAllocation::FailAllocation(std::uint64_t n, Until until, Of of) : of_(of) {
  countdown(of_).begin(n, until == Until::the_end);
}

FailAllocation::~FailAllocation() { countdown(of_).end(); }

bool FailAllocation::was_reached() const { return countdown(of_).was_reached(); }

/// For mmap(), which stands outside.
bool finds_no_pages() { return of_this_thread.fails_next() || of_any_thread.fails_next(); }

}  // namespace varve::test

// Memtables take their pages from the system, and count as well. Not under sanitizers, which have a
// mmap() of their own.
#if !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && __SIZEOF_POINTER__ == 8
extern "C" void* mmap(void* at, std::size_t size, int access, int flags, int file,
                      off_t offset) noexcept {
  if (varve::test::finds_no_pages()) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return reinterpret_cast<void*>(::syscall(SYS_mmap, at, size, access, flags, file, offset));
}
#endif

// What replaces the library's. Each form, so that none goes by another way.

void* operator new(std::size_t size) { return varve::test::or_throw(varve::test::take(size)); }
void* operator new[](std::size_t size) { return varve::test::or_throw(varve::test::take(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return varve::test::or_throw(varve::test::take(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return varve::test::or_throw(varve::test::take(size, alignment));
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return varve::test::take(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return varve::test::take(size);
}
void* operator new(std::size_t size, std::align_val_t alignment,
                   const std::nothrow_t& /*tag*/) noexcept {
  return varve::test::take(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment,
                     const std::nothrow_t& /*tag*/) noexcept {
  return varve::test::take(size, alignment);
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/,
                       std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/,
                     const std::nothrow_t& /*tag*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t /*alignment*/,
                       const std::nothrow_t& /*tag*/) noexcept {
  std::free(memory);
}
