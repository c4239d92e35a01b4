#include "engine/version/view.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>

#include "tests/engine/version/layered_store.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using test::FlatRow;

const KeyRange all_keys{"", "\xFF\xFF"};

std::optional<Value> get(const View& view, const std::string& key, Timestamp ts,
                         CursorOptions options = {}) {
  const auto row = view.get(key, ts, options).value();
  return row ? std::optional(row->value) : std::nullopt;
}

std::vector<Timestamp> latest(const View& view, const std::string& key, std::size_t count) {
  const auto rows = view.latest(key, count, {}).value();
  std::vector<Timestamp> times;
  for (const Row& row : rows) times.push_back(row.ts);
  return times;
}

std::vector<FlatRow> live_rows(const View& view, const CursorBounds& bounds) {
  std::vector<FlatRow> rows;
  const auto cursor = view.live_rows(bounds, {}).value();
  while (cursor->next_key().value()) {
    for (RowsView part = cursor->next_rows().value(); !part.empty();
         part = cursor->next_rows().value()) {
      test::append_walked(rows, part, bounds.newest_first);
    }
  }
  return rows;
}

using Times = std::vector<Timestamp>;

TEST(View, gets_the_newest_of_all_layers) {
  LayeredStore store;
  store.put("k", 1, 1.0);
  store.put("k", 2, 1.0);
  store.put("k", 3, 1.0);
  store.put("k", 4, 1.0);
  store.freeze_and_flush();
  store.merge_into(1);
  store.put("k", 2, 2.0);
  store.freeze_and_flush();
  store.put("k", 3, 3.0);
  store.freeze();
  store.put("k", 4, 4.0);
  const auto view = store.view();
  EXPECT_EQ(get(*view, "k", 1), Value(1.0));
  EXPECT_EQ(get(*view, "k", 2), Value(2.0));
  EXPECT_EQ(get(*view, "k", 3), Value(3.0));
  EXPECT_EQ(get(*view, "k", 4), Value(4.0));
  EXPECT_EQ(get(*view, "k", 5), std::nullopt);
  EXPECT_EQ(get(*view, "j", 1), std::nullopt);
}

TEST(View, does_not_see_what_a_newer_layer_deleted) {
  LayeredStore store;
  for (Timestamp ts = 1; ts <= 3; ++ts) store.put("k", ts, 1.0);
  store.freeze_and_flush();
  store.erase("k", 1);
  store.freeze_and_flush();
  store.erase("k", 2);
  const auto view = store.view();
  EXPECT_EQ(get(*view, "k", 1), std::nullopt);
  EXPECT_EQ(get(*view, "k", 2), std::nullopt);
  EXPECT_EQ(latest(*view, "k", 9), Times{3});
  EXPECT_EQ(live_rows(*view, {all_keys, {}}).size(), 1u);
}

TEST(View, does_not_see_what_a_range_tombstone_hides_wherever_both_are) {
  // The tombstone comes from a layer above the row's: which layers these are changes as memtables
  // are frozen and flushed, the answer does not.
  LayeredStore store;
  const auto expect_gone = [&](const char* when) {
    SCOPED_TRACE(when);
    const auto view = store.view();
    EXPECT_EQ(get(*view, "b", 5), std::nullopt);
    EXPECT_EQ(get(*view, "b", 9), Value(2.0));
    EXPECT_EQ(get(*view, "c", 5), Value(3.0));
    EXPECT_EQ(latest(*view, "b", 9), Times{9});
    EXPECT_EQ(live_rows(*view, {all_keys, {}}).size(), 2u);
  };
  store.put("b", 5, 1.0);
  store.put("b", 9, 2.0);
  store.put("c", 5, 3.0);
  store.freeze();
  store.erase_range({"b", "c"}, {0, 8});
  expect_gone("both in memtables");
  store.flush();
  expect_gone("the rows in a table");
  store.freeze_and_flush();
  expect_gone("the tombstone in the version");
  store.merge_into(2);
  expect_gone("both merged");
}

TEST(View, sees_what_was_written_after_a_range_was_deleted) {
  LayeredStore store;
  store.put("b", 5, 1.0);
  store.freeze_and_flush();
  store.erase_range({"a", "z"}, {});
  store.put("b", 5, 2.0);
  EXPECT_EQ(get(*store.view(), "b", 5), Value(2.0));
  store.freeze_and_flush();
  EXPECT_EQ(get(*store.view(), "b", 5), Value(2.0));
  store.put("b", 6, 3.0);
  store.freeze_and_flush();
  EXPECT_EQ(latest(*store.view(), "b", 9), (Times{6, 5}));
}

TEST(View, never_uncovers_what_an_expired_row_replaced) {
  LayeredStore store;
  store.put("k", 1, 1.0);
  store.freeze_and_flush();
  store.put("k", 1, 2.0, 100);
  for (int layer = 0; layer < 2; ++layer) {
    EXPECT_EQ(get(*store.view(99), "k", 1), Value(2.0));
    EXPECT_EQ(get(*store.view(100), "k", 1), std::nullopt);
    EXPECT_EQ(latest(*store.view(100), "k", 1), Times{});
    EXPECT_TRUE(live_rows(*store.view(100), {all_keys, {}}).empty());
    store.freeze_and_flush();
  }
}

TEST(View, does_not_change_while_the_store_does) {
  LayeredStore store;
  store.put("k", 1, 1.0);
  store.put("k", 2, 2.0);
  const auto view = store.view();
  store.put("k", 1, 9.0);
  store.erase("k", 2);
  store.put("k", 3, 3.0);
  for (int step = 0; step < 3; ++step) {
    EXPECT_EQ(get(*view, "k", 1), Value(1.0));
    EXPECT_EQ(latest(*view, "k", 9), (Times{2, 1}));
    EXPECT_EQ(live_rows(*view, {all_keys, {}}).size(), 2u);
    if (step == 0) store.freeze_and_flush();
    if (step == 1) store.merge_into(1);
  }
  EXPECT_EQ(latest(*store.view(), "k", 9), (Times{3, 1}));
}

TEST(View, finds_the_latest_in_memtables_without_opening_a_table) {
  LayeredStore store;
  store.put("k", 1, 1.0);
  store.put("k", 2, 2.0);
  store.freeze_and_flush();
  store.put("k", 3, 3.0);
  store.freeze();
  store.put("k", 4, 4.0);
  store.forget_blocks();
  const std::uint64_t opened = store.disk().calls(test::Call::open);
  EXPECT_EQ(latest(*store.view(), "k", 1), Times{4});
  EXPECT_EQ(latest(*store.view(), "k", 2), (Times{4, 3}));
  EXPECT_EQ(store.disk().calls(test::Call::open), opened);
  EXPECT_EQ(latest(*store.view(), "k", 3), (Times{4, 3, 2}));
  EXPECT_EQ(store.disk().calls(test::Call::open), opened + 1);
}

TEST(View, opens_only_tables_that_the_latest_rows_can_lie_in) {
  LayeredStore store;
  for (Timestamp ts = 0; ts < 50; ts += 10) {
    store.put("k", ts, 1.0);
    store.put("k", ts + 5, 1.0);
    store.freeze_and_flush();
  }
  store.forget_blocks();
  const std::uint64_t opened = store.disk().calls(test::Call::open);
  EXPECT_EQ(latest(*store.view(), "k", 2), (Times{45, 40}));
  EXPECT_EQ(store.disk().calls(test::Call::open), opened + 1);
  EXPECT_EQ(latest(*store.view(), "k", 3), (Times{45, 40, 35}));
  EXPECT_EQ(store.disk().calls(test::Call::open), opened + 2);
}

TEST(View, finds_the_latest_where_tables_overlap_and_rows_come_late) {
  LayeredStore store;
  for (Timestamp ts = 0; ts < 10; ++ts) store.put("k", ts, 1.0);
  store.freeze_and_flush();
  store.erase("k", 9);
  store.put("k", 7, 2.0);
  store.freeze_and_flush();
  store.put("k", 3, 3.0);
  EXPECT_EQ(latest(*store.view(), "k", 1), Times{8});
  const auto rows = store.view()->latest("k", 100, {}).value();
  ASSERT_EQ(rows.size(), 9u);
  EXPECT_EQ(rows[1].value, Value(2.0));
  EXPECT_EQ(rows[5].value, Value(3.0));
}

TEST(View, finds_the_latest_at_both_ends_of_time) {
  constexpr Timestamp first = std::numeric_limits<Timestamp>::min();
  constexpr Timestamp last = std::numeric_limits<Timestamp>::max();
  LayeredStore store;
  store.put("k", first, 1.0);
  store.put("k", last, 2.0);
  EXPECT_EQ(latest(*store.view(), "k", 9), (Times{last, first}));
  store.freeze_and_flush();
  store.put("k", 0, 3.0);
  EXPECT_EQ(latest(*store.view(), "k", 9), (Times{last, 0, first}));
  EXPECT_EQ(latest(*store.view(), "k", 0), Times{});
  EXPECT_EQ(latest(*store.view(), "j", 9), Times{});
}

TEST(View, says_corruption_of_a_damaged_table_unless_it_may_be_passed_over) {
  LayeredStore store;
  store.put("k", 1, 1.0);
  store.freeze_and_flush();
  store.put("k", 1, 2.0);
  store.freeze_and_flush();
  const std::filesystem::path newest = store.tables().front();
  store.disk().set_content(newest, Bytes(store.disk().content(newest).size()));
  store.forget_blocks();
  const auto view = store.view();

  EXPECT_EQ(view->get("k", 1, {}).error().code, Errc::corruption);
  EXPECT_EQ(view->latest("k", 1, {}).error().code, Errc::corruption);
  const CursorOptions skip{.skip_damaged = true};
  EXPECT_EQ(get(*view, "k", 1, skip), Value(1.0));
  EXPECT_EQ(view->latest("k", 1, skip).value().size(), 1u);
  EXPECT_EQ(view->newest("k", {}).error().code, Errc::corruption);
  EXPECT_EQ(view->newest("k", skip).value()->value, Value(1.0));
}

TEST(View, passes_over_what_the_device_cannot_read_and_over_no_other_failure) {
  for (const int error_number : {EIO, EMFILE}) {
    LayeredStore store;
    store.put("k", 1, 1.0);
    store.freeze_and_flush();
    store.forget_blocks();
    store.disk().fail({.call = test::Call::read, .lasting = true, .error_number = error_number});
    const CursorOptions skip{.skip_damaged = true};
    EXPECT_EQ(store.view()->get("k", 1, skip).has_value(), error_number == EIO);
    EXPECT_EQ(store.view()->latest("k", 1, skip).has_value(), error_number == EIO);
    EXPECT_FALSE(store.view()->get("k", 1, {}).has_value());
  }
}

/// A view, and what it has to show for ever.
struct Pinned {
  std::shared_ptr<const View> view;
  LayeredStore::Model model;
};

class RandomProgram {
 public:
  explicit RandomProgram(std::uint64_t seed) : random_(seed) {}

  void step() {
    const std::uint64_t kind = random_.below(100);
    if (kind < 70) {
      const Timestamp expires_at = random_.chance(0.2) ? random_.between(0, 20) : never;
      store_.put(key(), ts(), value(), expires_at);
    } else if (kind < 82) {
      store_.erase(key(), ts());
    } else if (kind < 87) {
      store_.erase_range(keys(), times());
    } else if (kind < 94) {
      store_.freeze();
      ++frozen_;
    } else if (kind < 99) {
      if (frozen_ > 0) store_.flush();
      if (frozen_ > 0) --frozen_;
    } else {
      store_.merge_into(static_cast<std::uint32_t>(random_.between(1, 3)));
    }
  }

  Pinned pin() { return {store_.view(random_.between(0, 20)), store_.model()}; }

  /// The newest row, found without a walk, against the walk.
  static void compare_newest(const View& view, const std::string& key) {
    const auto newest = view.newest(key, {}).value();
    const auto walked = view.latest(key, 1, {}).value();
    ASSERT_EQ(newest.has_value(), !walked.empty());
    if (!newest) return;
    ASSERT_EQ(newest->ts, walked.front().ts);
    ASSERT_EQ(newest->value, walked.front().value);
    ASSERT_EQ(newest->expires_at, walked.front().expires_at);
  }

  void compare(const Pinned& pinned) {
    const View& view = *pinned.view;
    compare_gets(view, pinned.model);
    for (const bool newest_first : {false, true}) {
      const CursorBounds bounds{keys(), times(), newest_first};
      ASSERT_EQ(live_rows(view, bounds), expected(pinned, bounds));
      const CursorBounds all{all_keys, {}, newest_first};
      ASSERT_EQ(live_rows(view, all), expected(pinned, all));
    }
    const std::string one = key();
    compare_newest(view, one);
    const auto count = static_cast<std::size_t>(random_.between(0, 12));
    auto rows = expected(pinned, {{one, one + '\0'}, {}, true});
    rows.resize(std::min(rows.size(), count));
    ASSERT_EQ(flat(one, view.latest(one, count, {}).value()), rows);
  }

 private:
  static std::vector<FlatRow> flat(const std::string& key, const std::vector<Row>& rows) {
    std::vector<FlatRow> flat;
    for (const Row& row : rows) flat.push_back({key, row.ts, row.type, row.value, row.expires_at});
    return flat;
  }

  void compare_gets(const View& view, const LayeredStore::Model& model) {
    for (int count = 0; count < 20; ++count) {
      const std::string one = key();
      const Timestamp at = ts();
      const auto entry = model.find({one, at});
      const bool is_live = entry != model.end() && entry->second.expires_at > view.now();
      const auto row = view.get(one, at, {}).value();
      ASSERT_EQ(row.has_value(), is_live) << one << " @" << at;
      if (!row) continue;
      ASSERT_EQ(flat(one, {*row}).front(), entry->second);
    }
  }

  static std::vector<FlatRow> expected(const Pinned& pinned, const CursorBounds& bounds) {
    std::vector<FlatRow> rows;
    for (const auto& [id, row] : pinned.model) {
      if (bounds.keys.contains(row.key) && bounds.times.contains(row.ts) &&
          row.expires_at > pinned.view->now()) {
        rows.push_back(row);
      }
    }
    if (bounds.newest_first) {
      std::ranges::sort(rows, [](const FlatRow& a, const FlatRow& b) {
        return a.key != b.key ? a.key < b.key : a.ts > b.ts;
      });
    }
    return rows;
  }

  std::string key() { return std::string(1, static_cast<char>('a' + random_.below(5))); }
  KeyRange keys() {
    const auto [first, last] = std::minmax({key(), key()});
    return {first, last + '\0'};
  }
  TimeSpan times() {
    const auto [first, last] = std::minmax({ts(), ts()});
    return {first, last};
  }
  Timestamp ts() { return random_.between(0, 30); }
  Value value() {
    switch (random_.below(4)) {
      case 0: return Value(static_cast<double>(random_.below(100)));
      case 1: return Value(static_cast<std::int64_t>(random_.below(100)));
      case 2: return Value(random_.chance(0.5));
      default: return Value(std::to_string(random_.below(100)));
    }
  }

  test::Random random_;
  LayeredStore store_;
  std::uint64_t frozen_ = 0;
};

TEST(View, gives_the_answers_of_the_model_whatever_layer_the_rows_are_in) {
  const std::uint64_t seed = test::test_seed();
  for (std::uint64_t program = 0; program < 5; ++program) {
    SCOPED_TRACE(test::describe_seed(seed) + ", program " + std::to_string(program));
    RandomProgram random(seed + program);
    std::vector<Pinned> pinned;
    for (int step = 0; step < 250; ++step) {
      random.step();
      if (step % 80 == 0) pinned.push_back(random.pin());
      if (step % 10 != 0) continue;
      ASSERT_NO_FATAL_FAILURE(random.compare(random.pin()));
    }
    for (const Pinned& pin : pinned) ASSERT_NO_FATAL_FAILURE(random.compare(pin));
  }
}

}  // namespace
}  // namespace varve::engine
