#include "engine/io/descriptor_limit.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/support/descriptors.hpp"

namespace varve::engine {
namespace {

TEST(DescriptorLimit, is_that_of_the_process_as_it_is_now) {
  {
    const test::DescriptorLimit limit(64);
    EXPECT_EQ(descriptor_limit(), 64u);
  }
  struct rlimit now{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
  if (now.rlim_cur != RLIM_INFINITY) {
    EXPECT_EQ(descriptor_limit(), now.rlim_cur);
  }
}

}  // namespace
}  // namespace varve::engine
