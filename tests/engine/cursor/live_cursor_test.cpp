#include <gtest/gtest.h>

#include "engine/cursor/cursor.hpp"
#include "tests/engine/cursor/scripted_cursor.hpp"

namespace varve::engine {
namespace {

using test::FlatRow;

using FlatRows = std::vector<FlatRow>;

FlatRow text(Timestamp ts, Timestamp expires_at = never, std::string key = "k") {
  return {std::move(key), ts, RowType::bytes, std::to_string(ts), expires_at};
}
FlatRow deleted(Timestamp ts) { return {"k", ts, RowType::tombstone, 0.0, never}; }

FlatRows live(FlatRows rows, Timestamp now) {
  return walk(*live_cursor(scripted({.rows = std::move(rows)}), now)).value();
}

TEST(LiveCursor, leaves_out_tombstones) {
  EXPECT_EQ(live({text(1), deleted(2), text(3)}, 100), (FlatRows{text(1), text(3)}));
}

TEST(LiveCursor, leaves_out_a_row_from_the_moment_at_which_it_expires) {
  EXPECT_EQ(live({text(1, 99), text(2, 100), text(3, 101)}, 100), FlatRows{text(3, 101)});
}

TEST(LiveCursor, keeps_what_lives_between_what_has_expired) {
  const FlatRows rows{text(1, 5), text(2), text(3, 500), text(4, 6), text(5), text(6, 7)};
  EXPECT_EQ(live(rows, 100), (FlatRows{rows[1], rows[2], rows[4]}));
}

TEST(LiveCursor, keeps_every_row_that_never_expires_also_at_the_end_of_time) {
  EXPECT_EQ(live({text(1), text(2, 5)}, never - 1), FlatRows{text(1)});
}

TEST(LiveCursor, a_key_whose_rows_are_all_hidden_comes_up_empty) {
  const auto cursor =
      live_cursor(scripted({.rows = {deleted(1), text(2, 3), text(1, never, "l")}}), 100);
  ASSERT_TRUE(cursor->next_key().value());
  EXPECT_EQ(cursor->key(), "k");
  EXPECT_TRUE(cursor->next_rows().value().empty());
  ASSERT_TRUE(cursor->seek_key("l").value());
  EXPECT_EQ(walk_key(*cursor, false).value(), FlatRows{text(1, never, "l")});
}

// A source that hands out one view, to see whether it comes through as it is.
class OneStretch final : public Cursor {
 public:
  explicit OneStretch(RowsView rows) : rows_(rows) {}
  Result<bool> next_key() override { return true; }
  Result<bool> seek_key(std::string_view) override { return true; }
  std::string_view key() const override { return rows_.key; }
  Result<RowsView> next_rows() override { return std::exchange(rows_, {}); }

 private:
  RowsView rows_;
};

TEST(LiveCursor, passes_through_without_copying_what_lies_together) {
  Rows rows;
  rows.reset("k", RowType::double_);
  for (int i = 0; i < 100; ++i) rows.append(i, 1.0, i + 10);
  for (const Timestamp now : {5, 50}) {
    const auto cursor = live_cursor(std::make_unique<OneStretch>(rows.view()), now);
    const RowsView live = cursor->next_rows().value();
    const auto expired = static_cast<std::size_t>(now < 10 ? 0 : now - 9);
    EXPECT_EQ(live.size(), 100 - expired);
    EXPECT_EQ(live.timestamps.data(), rows.view().timestamps.data() + expired);
  }
}

TEST(LiveCursor, passes_on_errors) {
  const auto cursor = live_cursor(scripted({.rows = {text(1)}, .fails_at_call = 1}), 1);
  ASSERT_TRUE(cursor->next_key().value());
  EXPECT_EQ(cursor->next_rows().error().where, "scripted");
}

}  // namespace
}  // namespace varve::engine
