#include "varve/error.hpp"

#include <gtest/gtest.h>

#include <string>
#include <system_error>

namespace varve {
namespace {

TEST(Error, says_of_what_the_system_knows_too_what_the_system_says) {
  EXPECT_EQ(make_error_code(Errc::no_space), std::errc::no_space_on_device);
  EXPECT_EQ(make_error_code(Errc::no_memory), std::errc::not_enough_memory);
  EXPECT_NE(make_error_code(Errc::no_memory), std::errc::no_space_on_device);
  EXPECT_NE(make_error_code(Errc::busy), std::errc::device_or_resource_busy) << "it is Varve's own";
}

TEST(Error, has_a_text_for_each_code) {
  const int last = static_cast<int>(Errc::no_memory);
  for (int value = 1; value <= last; ++value) {
    EXPECT_NE(varve_category().message(value), "unknown error") << value;
  }
  EXPECT_EQ(varve_category().message(last + 1), "unknown error") << "there is one more: test it";
}

TEST(Error, says_where_it_happened_before_what_it_is) {
  EXPECT_EQ((Error{Errc::busy, "the queue"}).message(), "the queue: busy");
  EXPECT_EQ((Error{Errc::busy, {}}).message(), "busy");
}

}  // namespace
}  // namespace varve
