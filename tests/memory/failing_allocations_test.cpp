#include "tests/support/failing_allocations.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <thread>

namespace varve::test {
namespace {

using Of = FailAllocation::Of;
using Until = FailAllocation::Until;

/// Of so many allocations one after the other, which fail: bit i stands for the (i + 1)-th.
std::uint64_t failing(int count) {
  std::uint64_t failed = 0;
  for (int i = 0; i < count; ++i) {
    try {
      ::operator delete(::operator new(8));
    } catch (const std::bad_alloc&) {
      failed |= std::uint64_t{1} << i;
    }
  }
  return failed;
}

TEST(FailAllocation, has_the_nth_find_no_memory_and_no_other) {
  const FailAllocation fail(3);
  EXPECT_EQ(failing(6), 0b000100u);
  EXPECT_TRUE(fail.was_reached());
}

TEST(FailAllocation, has_all_after_the_nth_find_none_until_the_end) {
  std::uint64_t failed = 0;
  {
    const FailAllocation fail(3, Until::the_end);
    failed = failing(6);
  }
  EXPECT_EQ(failed, 0b111100u);
  EXPECT_EQ(failing(6), 0u);
}

TEST(FailAllocation, says_whether_there_were_as_many) {
  const FailAllocation fail(1'000);
  failing(3);
  EXPECT_FALSE(fail.was_reached());
}

TEST(FailAllocation, is_for_every_form_of_new) {
  constexpr std::align_val_t alignment{64};
  void* found[4] = {};
  {
    const FailAllocation fail(1, Until::the_end);
    EXPECT_THROW(static_cast<void>(::operator new[](8)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(::operator new(8, alignment)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(::operator new[](8, alignment)), std::bad_alloc);
    found[0] = ::operator new(8, std::nothrow);
    found[1] = ::operator new[](8, std::nothrow);
    found[2] = ::operator new(8, alignment, std::nothrow);
    found[3] = ::operator new[](8, alignment, std::nothrow);
  }
  for (const void* each : found) EXPECT_EQ(each, nullptr);
}

TEST(FailAllocation, leaves_memory_as_aligned_as_it_was_asked_for) {
  for (std::size_t size : {0u, 1u, 63u, 64u, 100u}) {
    constexpr std::align_val_t alignment{64};
    void* const memory = ::operator new(size, alignment);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0u) << size;
    ::operator delete(memory, alignment);
  }
}

TEST(FailAllocation, leaves_other_threads_alone_unless_told) {
  std::atomic<std::uint64_t> mine = 0;
  std::atomic<std::uint64_t> of_any = 0;
  std::atomic<int> turn = 0;
  std::thread other([&] {
    while (turn != 1) std::this_thread::yield();
    mine = failing(2);
    turn = 2;
    while (turn != 3) std::this_thread::yield();
    of_any = failing(2);
    turn = 4;
  });
  {
    const FailAllocation fail(1, Until::the_end);
    turn = 1;
    while (turn != 2) std::this_thread::yield();
  }
  {
    const FailAllocation fail(1, Until::the_end, Of::any_thread);
    turn = 3;
    while (turn != 4) std::this_thread::yield();
  }
  other.join();
  EXPECT_EQ(mine, 0u);
  EXPECT_EQ(of_any, 0b11u);
}

}  // namespace
}  // namespace varve::test
