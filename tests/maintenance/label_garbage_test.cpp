#include "maintenance/label_garbage.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/commit/committer.hpp"
#include "engine/record/label_record.hpp"
#include "tests/maintenance/keeper_fixture.hpp"

namespace varve::maintenance {
namespace {

using Keys = std::vector<std::string>;

/// No labels at first, and a writer that counts, and notes whose labels it would remove.
class LabelGarbageTest : public ::testing::Test {
 protected:
  /// "j" and "k" have labels and no records.
  void describe_two() {
    for (const char* key : {"j", "k"}) store_.describe(key, labels_);
  }
  Result<Receipt> write_if(const std::vector<engine::WriteCondition>& conditions) {
    ++writes_;
    if (meanwhile_) {
      std::exchange(meanwhile_, {})();
      const Error conflict{make_error_code(Errc::busy), "record changed"};
      EXPECT_TRUE(engine::is_conflict(conflict));
      return std::unexpected(conflict);
    }
    for (const engine::WriteCondition& condition : conditions) {
      if (condition.ts) removed_.emplace_back(engine::user_key(condition.key));
    }
    return Receipt{};
  }
  /// As a collection does that was told to.
  void forget_two(const engine::View& chosen_in) {
    const Keys both = {"j", "k"};
    const Status forgotten = garbage_.forget(both, chosen_in, 0);
    EXPECT_TRUE(forgotten) << forgotten.error().message();
  }

  const Labels labels_{{"kind", "pod"}};
  KeeperFixture store_;
  engine::Counters counters_;
  int writes_ = 0;
  Keys removed_;
  std::function<void()> meanwhile_;  // Before the next write, which then conflicts.
  std::vector<std::function<void()>> later_;
  LabelGarbage garbage_{{
      .versions = store_.versions->published(),
      .counters = counters_,
      .clock = store_.clock,
      .log = {},
      .write_if = [this](const WriteBatch&, const std::vector<engine::WriteCondition>& conditions)
          -> Result<Receipt> { return write_if(conditions); },
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

TEST_F(LabelGarbageTest, forgets_the_series_that_were_chosen) {
  describe_two();
  forget_two(*store_.versions->view(0));
  EXPECT_EQ(removed_, (Keys{"j", "k"}));
}

TEST_F(LabelGarbageTest, leaves_a_series_that_was_described_after_it_was_chosen_its_labels) {
  describe_two();
  const auto chosen_in = store_.versions->view(0);
  store_.describe("k", labels_);
  forget_two(*chosen_in);
  EXPECT_EQ(removed_, Keys{"j"}) << "also where it was given the same again";
}

TEST_F(LabelGarbageTest, leaves_a_series_that_is_described_while_it_writes_its_labels) {
  describe_two();
  meanwhile_ = [this] { store_.describe("k", labels_); };
  forget_two(*store_.versions->view(0));
  EXPECT_EQ(removed_, Keys{"j"});
  EXPECT_EQ(writes_, 2);
}

TEST_F(LabelGarbageTest, knows_of_a_description_that_was_flushed_since_the_series_was_chosen) {
  describe_two();
  const auto chosen_in = store_.versions->view(0);
  store_.describe("k", labels_);
  store_.flush();
  forget_two(*chosen_in);
  EXPECT_EQ(removed_, Keys{"j"});
}

TEST_F(LabelGarbageTest, knows_of_other_labels_in_a_memtable_that_came_and_went_meanwhile) {
  describe_two();
  const auto chosen_in = store_.versions->view(0);
  store_.flush();
  store_.describe("k", {{"kind", "station"}});
  store_.flush();
  forget_two(*chosen_in);
  EXPECT_EQ(removed_, Keys{"j"});
}

}  // namespace
}  // namespace varve::maintenance
