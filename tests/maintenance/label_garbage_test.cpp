#include "maintenance/label_garbage.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

#include "tests/maintenance/keeper_fixture.hpp"

namespace varve::maintenance {
namespace {

/// No labels, and a writer that counts.
class LabelGarbageTest : public ::testing::Test {
 protected:
  KeeperFixture store_;
  engine::Counters counters_;
  int writes_ = 0;
  std::vector<std::function<void()>> later_;
  LabelGarbage garbage_{{
      .versions = store_.versions->published(),
      .counters = counters_,
      .clock = store_.clock,
      .log = {},
      .write_if = [this](const WriteBatch&,
                         const std::vector<engine::WriteCondition>&) -> Result<Receipt> {
        ++writes_;
        return Receipt{};
      },
      .run_later = [this](std::function<void()> job) { later_.push_back(std::move(job)); },
  }};
};

TEST_F(LabelGarbageTest, begins_no_round_in_the_background_unless_something_was_deleted) {
  garbage_.collect_later();
  ASSERT_EQ(later_.size(), 1U) << "the first one always";
  std::exchange(later_, {}).front()();
  garbage_.collect_later();
  EXPECT_TRUE(later_.empty());
  counters_.deletes_written.add();
  garbage_.collect_later();
  EXPECT_EQ(later_.size(), 1U);
}

TEST_F(LabelGarbageTest, runs_one_round_at_a_time) {
  garbage_.collect_later();
  counters_.records_purged.add();
  garbage_.collect_later();
  EXPECT_EQ(later_.size(), 1U);
  std::exchange(later_, {}).front()();
  garbage_.collect_later();
  EXPECT_EQ(later_.size(), 1U) << "what was purged meanwhile is looked at by the next round";
}

TEST_F(LabelGarbageTest, writes_nothing_where_no_labels_are) {
  EXPECT_TRUE(garbage_.collect(0));
  EXPECT_EQ(writes_, 0);
}

}  // namespace
}  // namespace varve::maintenance
