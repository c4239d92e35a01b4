#include "engine/wal/segment_reader.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <system_error>

#include "tests/support/endless_file.hpp"

namespace varve::engine {
namespace {

TEST(SegmentReader, of_a_group_that_no_memory_holds_fails_and_reads_on_elsewhere) {
  SegmentReader reader(std::make_unique<test::EndlessFile>(),
                       std::numeric_limits<std::uint64_t>::max());
  const auto group = reader.view(128, std::uint64_t{1} << 63);
  ASSERT_FALSE(group);
  EXPECT_EQ(group.error().code, std::errc::value_too_large);
  EXPECT_FALSE(is_damage(group.error()));
  EXPECT_EQ(reader.view(128, 64).value().size(), 64u);
}

}  // namespace
}  // namespace varve::engine
