// Rows of a key space that only a later version knows (docs/format/spaces.md).

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/maintenance/keeper_fixture.hpp"

namespace varve::maintenance {
namespace {

TEST(UnknownSpace, keeps_its_rows_through_flush_compaction_and_collection) {
  Rules rules;
  rules.table_bytes_max = 2000;  // Tables that hold rows of it alone, and of several spaces.
  KeeperFixture db(memory_file_system(), rules);
  const auto in = [](unsigned char space, std::string_view key) {
    return std::string(1, static_cast<char>(space)).append(key);
  };
  for (Timestamp round = 0; round < 8; ++round) {
    for (Timestamp ts = 0; ts < 50; ++ts) {
      db.put(in(200, "cursor"), round * 50 + ts, round);
      db.put(in(1, "plant/a"), round * 50 + ts, ts);
      db.put(in(1, "plant/b"), round * 50 + ts, ts, 100);  // Expires.
      db.put(in(4, "setting"), ts, round);                 // Replaced in each round.
    }
    db.flush();
    db.expect_right();
  }
  db.erase_range(in(1, ""), in(2, ""), {0, 200});  // All that a user can reach.
  db.flush();
  db.now = 1'000;
  EXPECT_TRUE(db.keeper->compact_all());
  db.expect_right();
  EXPECT_TRUE(db.keeper->collect(db.now));
  db.reopen();
  db.expect_right();
  const auto rows = db.read().value();
  EXPECT_EQ(
      std::ranges::count_if(rows, [&](const FlatRow& row) { return row.key == in(200, "cursor"); }),
      400);
}

}  // namespace
}  // namespace varve::maintenance
