#include "maintenance/compaction_input.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <system_error>

#include "tests/maintenance/keeper_fixture.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::maintenance {
namespace {

/// A table of "a" at 10 and "b" at 20, and an input of a compaction on it.
class CompactionInput : public testing::Test {
 protected:
  CompactionInput() {
    db_.put("a", 10, 1);
    db_.put("b", 20, 2);
    db_.flush();
    disk_->on_call([this](test::Call call, const std::string& path) {
      if (call == test::Call::read && path.ends_with(".table")) ++reads_;
    });
  }

  void begin(const engine::TimeSpan& times = {}) {
    input_ = input_cursor(table(), times, broken_, [this] { is_over_ = true; });
  }
  TablePointer table() const { return db_.version()->levels[0].front(); }
  void expect_at(const std::string& key, std::size_t rows) {
    EXPECT_EQ(input_->key(), key);
    const auto found = input_->next_rows();
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->size(), rows);
  }
  void expect_end() {
    EXPECT_FALSE(is_over_);
    EXPECT_FALSE(input_->next_key().value());
    EXPECT_TRUE(is_over_);
    EXPECT_FALSE(input_->next_key().value());
  }

  const std::shared_ptr<test::SimulatedDisk> disk_ = std::make_shared<test::SimulatedDisk>();
  KeeperFixture db_{disk_};
  BrokenInput broken_;
  bool is_over_ = false;
  int reads_ = 0;
  std::unique_ptr<engine::Cursor> input_;
};

TEST_F(CompactionInput, opens_its_table_once_rows_of_its_first_key_are_asked_for) {
  begin();
  ASSERT_TRUE(input_->next_key().value());
  EXPECT_EQ(input_->key(), "a");
  EXPECT_EQ(reads_, 0);
  expect_at("a", 1);
  EXPECT_GT(reads_, 0);
}

TEST_F(CompactionInput, lets_go_of_its_table_after_the_last_key) {
  begin();
  ASSERT_TRUE(input_->next_key().value());
  expect_at("a", 1);
  ASSERT_TRUE(input_->next_key().value());
  expect_at("b", 1);
  expect_end();
}

TEST_F(CompactionInput, begins_with_its_first_key_also_where_that_has_no_rows_in_the_span) {
  begin({15, 30});
  ASSERT_TRUE(input_->next_key().value());
  EXPECT_FALSE(input_->peek_block());
  expect_at("a", 0);
  ASSERT_TRUE(input_->next_key().value());
  expect_at("b", 1);
  expect_end();
}

TEST_F(CompactionInput, ends_after_its_first_key_where_nothing_lies_in_the_span) {
  begin({12, 15});
  ASSERT_TRUE(input_->next_key().value());
  expect_at("a", 0);
  expect_end();
}

TEST_F(CompactionInput, goes_on_to_a_key_past_those_that_nobody_looked_at) {
  begin();
  ASSERT_TRUE(input_->next_key().value());
  ASSERT_TRUE(input_->next_key().value());
  expect_at("b", 1);
  expect_end();
}

TEST_F(CompactionInput, passes_over_blocks_outside_of_the_span_without_reading_them) {
  Rules rules;
  rules.block_size = {.rows = 1, .raw_bytes = 1'000};
  KeeperFixture db(memory_file_system(), rules);
  db.put("a", 10, 1);
  db.put("b", 20, 2);
  db.flush();
  for (const engine::TimeSpan& times : {engine::TimeSpan{15, 30}, engine::TimeSpan{12, 15}}) {
    is_over_ = false;
    input_ =
        input_cursor(db.version()->levels[0].front(), times, broken_, [this] { is_over_ = true; });
    ASSERT_TRUE(input_->next_key().value());
    expect_at("a", 0);
    if (times.contains(20)) {
      ASSERT_TRUE(input_->next_key().value());
      expect_at("b", 1);
    }
    expect_end();
  }
}

TEST_F(CompactionInput, seeks_as_cursors_do) {
  begin();
  ASSERT_TRUE(input_->seek_key("0").value());
  EXPECT_EQ(input_->key(), "a");
  ASSERT_TRUE(input_->seek_key("a").value());
  EXPECT_EQ(input_->key(), "a");
  EXPECT_EQ(reads_, 0);
  ASSERT_TRUE(input_->seek_key("aa").value());
  expect_at("b", 1);
  EXPECT_FALSE(input_->seek_key("c").value());
  EXPECT_TRUE(is_over_);
}

TEST_F(CompactionInput, that_cannot_be_opened_says_so_by_its_rows_and_names_its_table) {
  begin();
  ASSERT_TRUE(input_->next_key().value());
  disk_->fail({.call = test::Call::read, .suffix = ".table"});
  EXPECT_FALSE(input_->peek_block());
  const auto rows = input_->next_rows();
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, std::errc::io_error);
  EXPECT_EQ(broken_.table, table()->meta().number);
  EXPECT_FALSE(input_->next_key()) << "an error is final";
}

}  // namespace
}  // namespace varve::maintenance
