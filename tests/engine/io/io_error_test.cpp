#include "engine/io/io_error.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <system_error>

namespace varve::engine {
namespace {

constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max());

TEST(MemorySizes, fit_up_to_what_the_distance_of_two_pointers_can_be) {
  EXPECT_TRUE(fits_in_memory(0));
  EXPECT_TRUE(fits_in_memory(most));
  EXPECT_FALSE(fits_in_memory(most + 1));
  EXPECT_FALSE(fits_in_memory(std::numeric_limits<std::uint64_t>::max()));
}

TEST(MemorySizes, count_what_each_thing_takes) {
  EXPECT_TRUE(fits_in_memory(most / 100, 100));
  EXPECT_FALSE(fits_in_memory(most / 100 + 1, 100));
  EXPECT_FALSE(fits_in_memory(std::uint64_t{1} << 62, 16)) << "though the product wraps around";
}

TEST(MemorySizes, that_do_not_fit_are_no_damage) {
  const Error error = too_large("a place").error();
  EXPECT_EQ(error.code, std::errc::value_too_large);
  EXPECT_FALSE(is_damage(error));
  EXPECT_EQ(error.where, "a place: larger than the memory of this machine can be");
}

}  // namespace
}  // namespace varve::engine
