#include "tools/varve/demo/demo_crash.hpp"

#include <gtest/gtest.h>

namespace varve::tools {
namespace {

Engine engine_with(std::int64_t batches) {
  Engine engine = Engine::open_in_memory().value();
  for (std::int64_t number = 0; number < batches; ++number) {
    EXPECT_TRUE(engine.write(crash_batch(number)));
  }
  return engine;
}

TEST(CheckAfterCrash, is_content_when_every_batch_is_there) {
  Engine engine = engine_with(5);
  const CrashFindings findings = check_after_crash(engine, 5).value();
  EXPECT_TRUE(findings.good());
  EXPECT_EQ(findings.whole, 5U);
}

TEST(CheckAfterCrash, does_not_mind_a_batch_that_nobody_was_told_of) {
  Engine engine = engine_with(6);
  EXPECT_TRUE(check_after_crash(engine, 5).value().good());
}

TEST(CheckAfterCrash, misses_an_acknowledged_batch) {
  Engine engine = engine_with(5);
  const CrashFindings findings = check_after_crash(engine, 7).value();
  EXPECT_FALSE(findings.good());
  EXPECT_EQ(findings.missing, 2U);
}

TEST(CheckAfterCrash, sees_a_batch_that_is_there_in_part) {
  Engine engine = engine_with(5);
  ASSERT_TRUE(engine.erase(std::string(crash_prefix) + "3", 4));
  const CrashFindings findings = check_after_crash(engine, 4).value();
  EXPECT_FALSE(findings.good());
  EXPECT_EQ(findings.in_part, 1U);
  EXPECT_EQ(findings.missing, 0U);
}

TEST(CheckAfterCrash, refuses_values_that_were_never_written) {
  Engine engine = engine_with(2);
  WriteBatch batch;
  batch.put(std::string(crash_prefix) + "3", 1, 7);
  ASSERT_TRUE(engine.write(std::move(batch)));
  EXPECT_FALSE(check_after_crash(engine, 2));
}

}  // namespace
}  // namespace varve::tools
