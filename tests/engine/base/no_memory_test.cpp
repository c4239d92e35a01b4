#include "engine/base/no_memory.hpp"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <system_error>

#include "varve/error.hpp"
#include "varve/try.hpp"

namespace varve::engine {
namespace {

void take_memory() { throw std::bad_alloc(); }

TEST(NoMemory, is_what_a_call_that_finds_none_fails_with) {
  const Status outcome = or_no_memory([] {
    take_memory();
    return Status();
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::no_memory);
  EXPECT_EQ(outcome.error().code, std::errc::not_enough_memory);
}

TEST(NoMemory, leaves_the_outcome_of_any_other_call_as_it_is) {
  EXPECT_EQ(or_no_memory([]() -> Result<int> { return 7; }).value(), 7);
  const Status failed = or_no_memory([]() -> Status { return fail(Errc::busy, "where it was"); });
  EXPECT_EQ(failed.error().code, Errc::busy);
  EXPECT_EQ(failed.error().where, "where it was");
}

TEST(NoMemory, hides_no_other_exception) {
  EXPECT_THROW((void)or_no_memory([]() -> Status { throw std::runtime_error("a fault"); }),
               std::runtime_error);
  EXPECT_THROW(if_memory_allows([] { throw std::runtime_error("a fault"); }), std::runtime_error);
}

TEST(NoMemory, leaves_what_there_is_no_memory_for) {
  bool came_to_its_end = false;
  EXPECT_FALSE(if_memory_allows([&] {
    take_memory();
    came_to_its_end = true;
  }));
  EXPECT_FALSE(came_to_its_end);
  EXPECT_TRUE(if_memory_allows([&] { came_to_its_end = true; }));
  EXPECT_TRUE(came_to_its_end);
}

TEST(NoMemory, copies_an_error_with_its_text_where_there_is_memory) {
  const Error error{make_error_code(Errc::corruption),
                    "a place whose name takes memory of its own"};
  EXPECT_EQ(copied(error).code, error.code);
  EXPECT_EQ(copied(error).where, error.where);
}

}  // namespace
}  // namespace varve::engine
