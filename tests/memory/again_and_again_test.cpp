// Writes that find no memory, one after the other, and then one that does.

#include <gtest/gtest.h>

#include <cstdint>
#include <new>
#include <string>
#include <tuple>
#include <utility>

#include "tests/memory/sample.hpp"
#include "tests/support/engine_sizes.hpp"
#include "tests/support/failing_allocations.hpp"

namespace varve::test {
namespace {

/// Takes memory also where it is applied.
WriteBatch ranges() {
  WriteBatch batch;
  for (int i = 0; i < 2; ++i) {
    batch.erase_range("key" + std::string(300, 'x') + std::to_string(i), std::string(400, 'z'));
  }
  return batch;
}

TEST(WithoutMemoryAgainAndAgain, writes_are_refused_and_the_next_with_memory_is_done) {
  bool was_reached = true;
  for (std::uint64_t n = 1; was_reached; ++n) {
    SCOPED_TRACE(n);
    Engine engine = open_engine(tiny_options(sample().copy(), read_at), Sizes::tiny).value();
    for (int i = 0; i < 6; ++i) {
      WriteBatch batch = ranges();
      const FailAllocation fail(n);
      try {
        std::ignore = engine.write(std::move(batch));
      } catch (const std::bad_alloc&) {
      }
      was_reached = fail.was_reached();
    }
    WriteBatch batch;
    batch.put("after", 1, 1.0);
    ASSERT_TRUE(engine.write(std::move(batch)));
    EXPECT_TRUE(engine.flush());
    EXPECT_TRUE(engine.get("after", 1).value());
    EXPECT_TRUE(engine.close());
  }
}

}  // namespace
}  // namespace varve::test
