#include "engine/memtable/memtable.hpp"

#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "tests/support/flat_row.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using test::append_walked;
using test::FlatRow;

constexpr auto latest = std::numeric_limits<std::uint64_t>::max();
constexpr TimeSpan all_times;

class MemtableTest : public testing::Test {
 protected:
  static constexpr std::uint64_t base = 1000;

  void put(std::string_view key, Timestamp ts, const ValueView& value,
           Timestamp expires_at = never) {
    memtable_.put(memtable_.series(key, hash_of(key)), ts, value, expires_at, ++sequence_);
  }
  void erase(std::string_view key, Timestamp ts) {
    memtable_.erase(memtable_.series(key, hash_of(key)), ts, ++sequence_);
  }
  void erase_range(std::string first, std::string end, TimeSpan times = {}) {
    memtable_.erase_range({{std::move(first), std::move(end)}, times}, ++sequence_);
  }
  std::vector<FlatRow> rows(std::string_view key, std::uint64_t sequence = latest,
                            TimeSpan times = all_times, bool newest_first = false) const {
    std::vector<FlatRow> walked;
    const MemtableSeries* const series = memtable_.find(key, hash_of(key));
    if (series == nullptr) return walked;
    MemtableRows source(memtable_, *series, times, sequence, newest_first);
    for (RowsView piece = source.next(); !piece.empty(); piece = source.next()) {
      EXPECT_LE(piece.size(), 1024u);
      append_walked(walked, piece, newest_first);
    }
    return walked;
  }
  std::optional<FlatRow> get(std::string_view key, Timestamp ts,
                             std::uint64_t sequence = latest) const {
    const auto row = memtable_.get(key, hash_of(key), ts, sequence);
    if (!row) return std::nullopt;
    return FlatRow{std::string(key), row->ts, row->type, row->value, row->expires_at};
  }
  bool touched(std::string_view key, Timestamp ts, std::uint64_t since) const {
    return memtable_.touched_since(key, hash_of(key), ts, since);
  }
  static FlatRow number(std::string key, Timestamp ts, double value, Timestamp expires_at = never) {
    return {std::move(key), ts, RowType::double_, value, expires_at};
  }
  static FlatRow deleted(std::string key, Timestamp ts) {
    return {std::move(key), ts, RowType::tombstone, 0.0, never};
  }

  Memtable memtable_{7, 3, base};
  std::uint64_t sequence_ = base;
};

TEST_F(MemtableTest, finds_the_same_series_for_many_keys_at_once_as_for_each) {
  std::vector<std::string> keys;
  for (int i = 0; i < 500; ++i) keys.push_back("key" + std::to_string(i % 400));
  for (int i = 0; i < 100; ++i)
    memtable_.series(keys[static_cast<std::size_t>(i)], hash_of(keys[static_cast<std::size_t>(i)]));
  std::vector<SeriesRequest> requests;
  for (const std::string& key : keys) requests.push_back({.key = key, .hash = hash_of(key)});
  MemtableSeries& first = memtable_.series(keys[0], hash_of(keys[0]));
  requests.front() = {.key = keys[0], .hash = 0, .series = &first, .known = true};
  // Another key of the same hash: what lies in its place is not it.
  requests.push_back({.key = "stranger", .hash = hash_of(keys[1])});

  memtable_.resolve(requests);
  EXPECT_EQ(memtable_.series_count(), 401u);
  for (const SeriesRequest& request : requests) {
    EXPECT_EQ(Memtable::key_of(*request.series), request.key);
    if (request.known) continue;
    EXPECT_EQ(request.series, &memtable_.series(request.key, request.hash));
  }
}

TEST_F(MemtableTest, begins_empty) {
  EXPECT_TRUE(memtable_.empty());
  EXPECT_EQ(memtable_.number(), 7u);
  EXPECT_EQ(memtable_.first_segment(), 3u);
  EXPECT_EQ(memtable_.last_sequence(), base);
  EXPECT_EQ(memtable_.find("a", hash_of("a")), nullptr);
  EXPECT_EQ(memtable_.sorted_series()->size(), 0u);
  EXPECT_FALSE(get("a", 1));
}

TEST_F(MemtableTest, gives_back_each_type_as_it_was_put) {
  put("k", 1, 1.5);
  put("k", 2, 7);
  put("k", 3, true);
  put("k", 4, "text");
  put("k", 5, "");
  EXPECT_EQ(rows("k"), (std::vector<FlatRow>{{"k", 1, RowType::double_, 1.5},
                                             {"k", 2, RowType::int64, 7},
                                             {"k", 3, RowType::bool_, true},
                                             {"k", 4, RowType::bytes, "text"},
                                             {"k", 5, RowType::bytes, ""}}));
  EXPECT_EQ(get("k", 3)->value, Value(true));
  EXPECT_EQ(get("k", 4)->value, Value("text"));
}

TEST_F(MemtableTest, keeps_a_value_that_is_larger_than_its_blocks) {
  const std::string large(3 << 20, 'x');
  put("k", 1, large);
  put("k", 2, "small");
  EXPECT_EQ(get("k", 1)->value, Value(large));
  EXPECT_EQ(get("k", 2)->value, Value("small"));
  EXPECT_GT(memtable_.bytes(), large.size());
  EXPECT_LT(memtable_.bytes(), large.size() + 10'000);
}

TEST_F(MemtableTest, puts_late_rows_into_their_place) {
  put("k", 10, 1.0);
  put("k", 30, 3.0);
  put("k", 20, 2.0);
  put("k", 5, 0.5);
  EXPECT_EQ(rows("k"), (std::vector<FlatRow>{number("k", 5, 0.5), number("k", 10, 1.0),
                                             number("k", 20, 2.0), number("k", 30, 3.0)}));
}

TEST_F(MemtableTest, shows_the_newest_write_of_a_record) {
  put("k", 10, 1.0);
  put("k", 10, 2.0);
  put("k", 10, 3.0);
  EXPECT_EQ(rows("k"), std::vector<FlatRow>{number("k", 10, 3.0)});
  EXPECT_EQ(get("k", 10), number("k", 10, 3.0));
}

TEST_F(MemtableTest, shows_an_older_sequence_what_it_showed_then) {
  put("k", 10, 1.0);
  put("k", 10, 2.0);
  erase("k", 10);
  put("k", 10, 4.0);
  EXPECT_EQ(rows("k", base), std::vector<FlatRow>{});
  EXPECT_EQ(rows("k", base + 1), std::vector<FlatRow>{number("k", 10, 1.0)});
  EXPECT_EQ(rows("k", base + 2), std::vector<FlatRow>{number("k", 10, 2.0)});
  EXPECT_EQ(rows("k", base + 3), std::vector<FlatRow>{deleted("k", 10)});
  EXPECT_EQ(rows("k", base + 4), std::vector<FlatRow>{number("k", 10, 4.0)});
  EXPECT_FALSE(get("k", 10, base));
  EXPECT_EQ(get("k", 10, base + 2), number("k", 10, 2.0));
  EXPECT_EQ(get("k", 10, base + 3), deleted("k", 10));
}

TEST_F(MemtableTest, a_range_tombstone_hides_what_came_before_it_and_nothing_after) {
  put("k", 10, 1.0);
  put("k", 20, 2.0);
  put("k", 30, 3.0);
  erase_range("a", "z", {10, 20});
  put("k", 20, 4.0);
  EXPECT_EQ(rows("k"), (std::vector<FlatRow>{number("k", 20, 4.0), number("k", 30, 3.0)}));
  EXPECT_EQ(rows("k", base + 3).size(), 3u);
  EXPECT_EQ(get("k", 10), deleted("k", 10));
  EXPECT_EQ(get("k", 20), number("k", 20, 4.0));
  EXPECT_EQ(get("k", 10, base + 3), number("k", 10, 1.0));
}

TEST_F(MemtableTest, a_range_tombstone_spares_its_own_batch) {
  memtable_.erase_range({{"a", "z"}, {}}, base + 1);
  memtable_.put(memtable_.series("k", hash_of("k")), 1, 1.0, never, base + 1);
  EXPECT_EQ(rows("k"), std::vector<FlatRow>{number("k", 1, 1.0)});
  EXPECT_EQ(get("k", 1), number("k", 1, 1.0));
}

TEST_F(MemtableTest, a_range_tombstone_speaks_of_records_that_it_never_held) {
  erase_range("a", "c", {0, 9});
  EXPECT_FALSE(memtable_.empty());
  EXPECT_EQ(get("b", 5), deleted("b", 5));
  EXPECT_FALSE(get("b", 10));
  EXPECT_FALSE(get("c", 5));
  EXPECT_FALSE(get("b", 5, base));
}

TEST_F(MemtableTest, lists_range_tombstones_oldest_first_up_to_a_sequence) {
  erase_range("a", "b");
  erase_range("c", "d", {1, 2});
  erase_range("e", "f");
  const auto found = memtable_.range_tombstones(base + 2);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].range.keys.first, "a");
  EXPECT_EQ(found[1].range, (RangeTombstone{{"c", "d"}, {1, 2}}));
  EXPECT_EQ(found[1].sequence, base + 2);
}

TEST_F(MemtableTest, expiries_appear_from_the_first_row_that_has_one) {
  put("k", 1, 1.0);
  put("k", 2, 2.0, 50);
  put("k", 3, 3.0);
  put("k", 0, 0.0, 40);
  EXPECT_EQ(rows("k"), (std::vector<FlatRow>{number("k", 0, 0.0, 40), number("k", 1, 1.0),
                                             number("k", 2, 2.0, 50), number("k", 3, 3.0)}));
  EXPECT_EQ(get("k", 2)->expires_at, 50);
  EXPECT_EQ(get("k", 3)->expires_at, never);
}

TEST_F(MemtableTest, gives_columns_that_are_not_sealed_as_they_lie) {
  for (int i = 0; i < 5000; ++i) put("k", i, i * 0.5);
  constexpr TimeSpan end{4900, 5000};
  MemtableRows source(memtable_, *memtable_.find("k", hash_of("k")), end, latest, false);
  const RowsView first = source.next();
  ASSERT_EQ(first.size(), 100u);
  MemtableRows again(memtable_, *memtable_.find("k", hash_of("k")), end, latest, false);
  EXPECT_EQ(again.next().values, first.values) << "not copied";
  EXPECT_EQ(rows("k").size(), 5000u);
}

TEST_F(MemtableTest, clips_to_a_span_of_time_from_either_end) {
  for (int i = 0; i < 3000; ++i) put("k", i * 10, i * 1.0);
  const auto forward = rows("k", latest, {95, 20'000});
  ASSERT_EQ(forward.size(), 1991u);
  EXPECT_EQ(forward.front().ts, 100);
  EXPECT_EQ(forward.back().ts, 20'000);
  auto backward = rows("k", latest, {95, 20'000}, true);
  std::ranges::reverse(backward);
  EXPECT_EQ(backward, forward);
  EXPECT_EQ(rows("k", latest, {11, 19}).size(), 0u);
  EXPECT_EQ(rows("k", latest, {1, 0}).size(), 0u);
}

TEST_F(MemtableTest, reaches_the_ends_of_time) {
  constexpr auto least = std::numeric_limits<Timestamp>::min();
  constexpr auto greatest = std::numeric_limits<Timestamp>::max();
  put("k", least, 1.0);
  put("k", greatest, 2.0);
  put("k", least, 3.0);
  put("k", greatest, 4.0);
  EXPECT_EQ(rows("k"), (std::vector<FlatRow>{number("k", least, 3.0), number("k", greatest, 4.0)}));
  EXPECT_EQ(rows("k", latest, {greatest, greatest}).size(), 1u);
  EXPECT_EQ(get("k", greatest), number("k", greatest, 4.0));
}

TEST_F(MemtableTest, knows_what_was_touched_since_a_sequence) {
  put("k", 10, 1.0);
  put("k", 20, 2.0);
  put("k", 10, 3.0);
  EXPECT_TRUE(touched("k", 10, base + 2));
  EXPECT_FALSE(touched("k", 10, base + 3));
  EXPECT_FALSE(touched("k", 20, base + 2));
  EXPECT_FALSE(touched("k", 30, base));
  erase("k", 20);
  EXPECT_TRUE(touched("k", 20, base + 3));
  erase_range("k", "l", {30, 40});
  EXPECT_TRUE(touched("k", 30, base + 4));
  EXPECT_FALSE(touched("k", 30, base + 5));
  EXPECT_FALSE(touched("l", 30, base));
}

TEST_F(MemtableTest, sorts_series_by_key_and_keeps_the_list_until_one_is_added) {
  for (const char* key : {"m", "c", "x"}) put(key, 1, 1.0);
  const auto keys = [&] {
    std::vector<std::string_view> all;
    for (const auto* series : *memtable_.sorted_series()) all.push_back(Memtable::key_of(*series));
    return all;
  };
  EXPECT_EQ(keys(), (std::vector<std::string_view>{"c", "m", "x"}));
  EXPECT_EQ(memtable_.sorted_series(), memtable_.sorted_series());
  for (const char* key : {"a", "n", "z", "d"}) put(key, 1, 1.0);
  EXPECT_EQ(keys(), (std::vector<std::string_view>{"a", "c", "d", "m", "n", "x", "z"}));
}

TEST_F(MemtableTest, sorts_what_lies_in_a_range_among_series_that_were_added_meanwhile) {
  test::Random random(1);
  std::set<std::string> known;
  for (int round = 0; round < 300; ++round) {
    for (std::uint64_t i = random.below(round % 50 == 0 ? 200 : 4); i > 0; --i) {
      const std::string key = "k" + std::to_string(random.below(5'000));
      put(key, round, 1.0);
      known.insert(key);
    }
    KeyRange range{"k" + std::to_string(random.below(6'000)),
                   "k" + std::to_string(random.below(6'000))};
    if (random.chance(0.1)) range = {"", "z"};
    if (range.empty()) continue;
    std::vector<std::string> found;
    const auto sorted = memtable_.sorted_series(range);
    for (const auto* series : *sorted) {
      found.emplace_back(Memtable::key_of(*series));
    }
    EXPECT_TRUE(std::ranges::is_sorted(found));
    std::erase_if(found, [&](const std::string& key) { return !range.contains(key); });
    ASSERT_EQ(found, std::vector<std::string>(known.lower_bound(range.first),
                                              known.lower_bound(range.end)));
  }
}

TEST_F(MemtableTest, sorts_all_series_again_only_once_readers_looked_at_as_many) {
  for (int i = 0; i < 1'000; ++i) put("k" + std::to_string(i), 1, 1.0);
  const KeyRange range{"k1", "k2"};
  const auto all = memtable_.sorted_series(range);
  EXPECT_EQ(all->size(), 1'000u);
  put("k1x", 1, 1.0);
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(memtable_.sorted_series(range)->size(), 112u);
  EXPECT_EQ(memtable_.sorted_series(range)->size(), 1'001u);
  EXPECT_EQ(memtable_.sorted_series(range), memtable_.sorted_series());
}

TEST_F(MemtableTest, finds_each_of_many_series_and_keeps_what_the_wal_said_of_it) {
  const auto key = [](int i) { return "key/" + std::to_string(i); };
  for (int i = 0; i < 20'000; ++i) {
    put(key(i), i, i * 1.0);
    Memtable::wal_state(memtable_.series(key(i), hash_of(key(i)))) = {1, std::uint32_t(i)};
  }
  EXPECT_EQ(memtable_.series_count(), 20'000u);
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(get(key(i), i), number(key(i), i, i * 1.0));
    MemtableSeries& series = memtable_.series(key(i), hash_of(key(i)));
    ASSERT_EQ(Memtable::wal_state(series).id, std::uint32_t(i));
  }
  EXPECT_EQ(memtable_.series_count(), 20'000u);
  EXPECT_EQ(memtable_.row_count(), 20'000u);
  EXPECT_FALSE(get(key(20'000), 0));
}

TEST_F(MemtableTest, keeps_apart_keys_whose_hashes_are_equal) {
  MemtableSeries& a = memtable_.series("a", 42);
  MemtableSeries& b = memtable_.series("b", 42);
  EXPECT_NE(&a, &b);
  EXPECT_EQ(&memtable_.series("a", 42), &a);
  EXPECT_EQ(memtable_.find("b", 42), &b);
}

// Measured, not guessed: what a series costs beside its key and rows bounds how many fit.
TEST_F(MemtableTest, an_idle_series_takes_little) {
  for (int i = 0; i < 10'000; ++i) put("plant/line/sensor/" + std::to_string(10'000 + i), i, 1.0);
  EXPECT_LT(memtable_.bytes() / 10'000, 300u);
}

/// One operation of a random program, as the model keeps it.
struct Operation {
  enum class Kind { put, erase, erase_range } kind;
  FlatRow row;
  RangeTombstone range;
  std::uint64_t sequence;
};

class Program {
 public:
  /// `steady`: long stretches of one type without deletes between them.
  Program(std::uint64_t seed, bool steady) : random_(seed), steady_(steady) {}

  void run(Memtable& memtable, int batches) {
    for (int i = 0; i < batches; ++i) step(memtable);
  }

  std::uint64_t last_sequence() const { return sequence_; }

  /// What a reader of `sequence` has to see of a key, in order of time.
  std::vector<FlatRow> expected(const std::string& key, std::uint64_t sequence,
                                TimeSpan times) const {
    std::map<Timestamp, const FlatRow*> rows;
    for (const Operation& operation : operations_) {
      if (operation.sequence > sequence) break;
      if (operation.kind != Operation::Kind::erase_range) {
        if (operation.row.key == key) rows[operation.row.ts] = &operation.row;
      } else if (operation.range.keys.contains(key)) {
        std::erase_if(
            rows, [&](const auto& entry) { return operation.range.times.contains(entry.first); });
      }
    }
    std::vector<FlatRow> flat;
    for (const auto& [ts, row] : rows) {
      if (times.contains(ts)) flat.push_back(*row);
    }
    return flat;
  }

  /// Whether a range tombstone has the last word on a record.
  bool range_deleted(const std::string& key, Timestamp ts, std::uint64_t sequence) const {
    bool deleted = false;
    for (const Operation& operation : operations_) {
      if (operation.sequence > sequence) break;
      if (operation.kind == Operation::Kind::erase_range) {
        deleted |= operation.range.keys.contains(key) && operation.range.times.contains(ts);
      } else if (operation.row.key == key && operation.row.ts == ts) {
        deleted = false;
      }
    }
    return deleted;
  }

  int below(int end) { return static_cast<int>(random_.between(0, end - 1)); }
  std::string key() { return std::string(1, static_cast<char>('a' + below(4))); }
  TimeSpan times() {
    const Timestamp first = below(static_cast<int>(clock_) + 20);
    return {first, first + below(60)};
  }

 private:
  void step(Memtable& memtable) {
    ++sequence_;
    if (below(steady_ ? 1000 : 40) == 0) {
      const RangeTombstone range{{key(), key()}, times()};
      memtable.erase_range(range, sequence_);
      operations_.push_back({Operation::Kind::erase_range, {}, range, sequence_});
      return;
    }
    // Long stretches of one key in order, with some late rows between them.
    if (below(steady_ ? 3000 : 30) == 0) current_ = key();
    const bool late = below(clock_ / 600 % 2 == 0 && !steady_ ? 8 : 100) == 0;
    const Timestamp ts =
        late ? below(static_cast<int>(clock_) + 1) : clock_ += 1 + below(steady_ ? 2 : 1);
    FlatRow row{current_, ts, RowType::tombstone, 0.0, never};
    MemtableSeries& series = memtable.series(row.key, hash_of(row.key));
    if (below(20) == 0 && (!steady_ || late)) {
      memtable.erase(series, ts, sequence_);
    } else {
      if (below(steady_ ? 5000 : 50) == 0) type_ = below(4);
      row.value = value();
      row.type = row_type(row.value.type());
      if (below(200) < 40 && clock_ % 1000 > 500) row.expires_at = ts + below(100);
      memtable.put(series, ts, row.value.view(), row.expires_at, sequence_);
    }
    operations_.push_back({Operation::Kind::put, row, {}, sequence_});
  }

  Value value() {
    switch (type_) {
      case 0: return below(1000) * 0.25;
      case 1: return below(1000);
      case 2: return below(2) == 0;
      default: return std::string(static_cast<std::size_t>(below(20)), 'v');
    }
  }

  test::Random random_;
  const bool steady_;
  std::vector<Operation> operations_;
  std::string current_ = "a";
  int type_ = 0;
  Timestamp clock_ = 0;
  std::uint64_t sequence_ = 0;
};

class MemtableModel : public testing::TestWithParam<unsigned> {};

TEST_P(MemtableModel, agrees_with_the_memtable_at_every_sequence) {
  const std::uint64_t seed = test::test_seed() + GetParam();
  SCOPED_TRACE(test::describe_seed(seed) + " and the case for 0");
  Program program(seed, GetParam() >= 10);
  Memtable memtable(1, 1, 0);
  program.run(memtable, GetParam() >= 10 ? 12'000 : GetParam() % 2 == 0 ? 4000 : 300);
  const int last = static_cast<int>(program.last_sequence());
  for (int i = 0; i < 100; ++i) {
    const std::string key = program.key();
    const auto sequence = static_cast<std::uint64_t>(i % 3 == 0 ? last : program.below(last + 1));
    const TimeSpan times = i % 4 == 0 ? all_times : program.times();
    const bool newest_first = i % 2 == 0;
    std::vector<FlatRow> expected = program.expected(key, sequence, times);
    if (newest_first) std::ranges::reverse(expected);

    std::vector<FlatRow> walked;
    if (const auto* const series = memtable.find(key, hash_of(key))) {
      MemtableRows source(memtable, *series, times, sequence, newest_first);
      for (RowsView rows = source.next(); !rows.empty(); rows = source.next()) {
        append_walked(walked, rows, newest_first);
      }
    }
    ASSERT_EQ(walked, expected) << "key " << key << " sequence " << sequence;

    const Timestamp ts = program.times().first;
    const auto row = memtable.get(key, hash_of(key), ts, sequence);
    const auto wanted = program.expected(key, sequence, {ts, ts});
    if (wanted.empty()) {
      ASSERT_EQ(row.has_value(), program.range_deleted(key, ts, sequence)) << key << ' ' << ts;
      ASSERT_TRUE(!row || row->type == RowType::tombstone);
    } else {
      ASSERT_TRUE(row.has_value());
      ASSERT_EQ((FlatRow{key, row->ts, row->type, row->value, row->expires_at}), wanted[0]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, MemtableModel, testing::Range(0u, 20u));

}  // namespace
}  // namespace varve::engine
