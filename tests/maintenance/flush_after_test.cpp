// Rows that wait in memory for more of them to come.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include "tests/maintenance/keeper_fixture.hpp"

namespace varve::maintenance {
namespace {

using namespace std::chrono_literals;

/// A database whose memtables are flushed an hour after a step has seen rows in them.
struct Waiting : KeeperFixture {
  Waiting() {
    KeeperContext needs = keeper_context();
    needs.flush_after = 1h;
    needs.try_freeze = [this]() -> Result<bool> {
      ++asked;
      if (!freezes) return false;
      freeze();
      return true;
    };
    waiting = std::make_unique<Keeper>(std::move(needs), rules);
  }
  bool step() { return waiting->step().value(); }
  void pass(Duration time) { clock.advance_monotonic(time); }

  std::unique_ptr<Keeper> waiting;
  bool freezes = true;  // Or the writer is busy.
  int asked = 0;
};

TEST(FlushAfter, moves_rows_to_a_table_once_they_have_waited_for_so_long) {
  Waiting db;
  db.put("a", 1, 10);
  EXPECT_FALSE(db.step()) << "it sees them";
  db.pass(59min);
  EXPECT_FALSE(db.step());
  EXPECT_EQ(db.asked, 0);
  db.pass(1min);
  EXPECT_TRUE(db.step());
  EXPECT_EQ(db.tables(0), 1u);
  db.expect_right();
}

TEST(FlushAfter, counts_from_the_first_row_though_others_follow) {
  Waiting db;
  for (Timestamp ts = 0; ts < 6; ++ts) {
    db.put("a", ts, 10);
    EXPECT_FALSE(db.step());
    db.pass(10min);
  }
  EXPECT_TRUE(db.step());
}

TEST(FlushAfter, begins_anew_with_each_memtable) {
  Waiting db;
  db.put("a", 1, 10);
  EXPECT_FALSE(db.step());
  db.pass(50min);
  db.flush();
  db.put("a", 2, 10);
  EXPECT_FALSE(db.step());
  db.pass(50min);
  EXPECT_FALSE(db.step());
  db.pass(10min);
  EXPECT_TRUE(db.step());
}

TEST(FlushAfter, leaves_an_empty_memtable_alone) {
  Waiting db;
  for (int hours = 0; hours < 5; ++hours) {
    EXPECT_FALSE(db.step());
    db.pass(1h);
  }
  EXPECT_EQ(db.asked, 0);
  db.put("a", 1, 10);
  EXPECT_FALSE(db.step()) << "the hours before do not count";
}

TEST(FlushAfter, tries_again_where_the_writer_is_busy) {
  Waiting db;
  db.put("a", 1, 10);
  EXPECT_FALSE(db.step());
  db.pass(1h);
  db.freezes = false;
  EXPECT_FALSE(db.step());
  EXPECT_EQ(db.tables(), 0u);
  db.freezes = true;
  EXPECT_TRUE(db.step());
  EXPECT_EQ(db.tables(0), 1u);
}

TEST(FlushAfter, frees_the_space_of_a_range_delete_at_rest) {
  Waiting db;
  for (Timestamp ts = 0; ts < 100; ++ts) db.put("a", ts, ts);
  db.flush();
  db.erase_range("a", "b", {});
  for (int minutes = 0; minutes < 120; ++minutes) {
    while (db.step()) {
    }
    db.pass(1min);
  }
  EXPECT_EQ(db.rows(), 0u);
  EXPECT_TRUE(db.version()->tombstones.empty());
}

}  // namespace
}  // namespace varve::maintenance
