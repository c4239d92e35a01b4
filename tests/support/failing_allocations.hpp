#pragma once

#include <cstdint>

namespace varve::test {

/// While it lives, the n-th allocation by `new` from its making on (1 is the next one) finds no
/// memory.
///
///     {
///       const FailAllocation fail(n);
///       ... a call ...
///       reached = fail.was_reached();
///     }
///
/// It takes an executable that has failing_allocations.cpp among its own sources, which replaces
/// `operator new` and `operator delete` in all their forms. What is taken by malloc is not counted
/// and does not fail: of zstd, CRoaring and the ConcurrentQueue. What Asio takes is counted, since
/// ASIO_DISABLE_STD_ALIGNED_ALLOC, which Asio::asio defines, has it use `new`. One at a time; of
/// this thread's, made and gone on that thread.
class FailAllocation {
 public:
  enum class Until : std::uint8_t {
    once,     ///< That one allocation.
    the_end,  ///< And all after it.
  };
  enum class Of : std::uint8_t { this_thread, any_thread };

  explicit FailAllocation(std::uint64_t n, Until until = Until::once, Of of = Of::this_thread);
  ~FailAllocation();
  FailAllocation(const FailAllocation&) = delete;
  FailAllocation& operator=(const FailAllocation&) = delete;

  /// Whether there were as many. If not, nothing failed.
  bool was_reached() const;

 private:
  const Of of_;
};

}  // namespace varve::test
