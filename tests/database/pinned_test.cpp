// What users hold of an engine, snapshots and scans: of another one, of a closed one, of one that
// is gone, and how it is seen.

#include <gtest/gtest.h>

#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "tests/support/database.hpp"
#include "tests/support/engine_sizes.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;

Options options_on(std::shared_ptr<FileSystem> disk) {
  Options options = small_options();
  options.dir = "/db";
  options.file_system = std::move(disk);
  options.threadless = true;
  return options;
}

/// Ten series of a hundred records in a table, one of them in memory too.
void fill(Engine& engine) {
  for (int series = 0; series < 10; ++series) {
    WriteBatch batch;
    for (int i = 0; i < 100; ++i) batch.put("k" + std::to_string(series), i, i);
    engine.write(std::move(batch)).value();
  }
  engine.flush().value();
  WriteBatch batch;
  batch.put("k5", 1'000, 1);
  engine.write(std::move(batch)).value();
}

std::error_code code_of(const auto& result) {
  return result ? std::error_code() : result.error().code;
}

// Snapshots of another engine.

TEST(Pinned, a_snapshot_of_another_engine_is_refused_by_every_read) {
  Database db;
  Database other;
  other.put("k", 1, 1.0);
  const ReadOptions foreign = ReadOptions().snapshot(other->snapshot().value());
  const auto refused = [](const auto& result, const char* call) {
    EXPECT_EQ(code_of(result), Errc::invalid_argument) << call;
  };
  refused(db->get("k", 1, foreign), "get");
  refused(db->latest("k", foreign), "latest");
  refused(db->latest_n("k", 1, foreign), "latest_n");
  refused(db->query(Query::all(), foreign), "query");
  refused(db->query(Query::all().with(Matcher::equals("a", "b")), foreign), "query by label");
  refused(db->scan(Query::all(), foreign), "scan");
  refused(db->aggregate(Query::all(), Aggregation::count, foreign), "aggregate");
  refused(db->aggregate(Query::all(), Aggregation::count.group_by_label("a"), foreign),
          "aggregate by label");
  refused(db->series_list(Query::all(), foreign), "series_list");
  refused(db->described_series(Query::all(), foreign), "described_series");
  refused(db->count(Query::all(), foreign), "count");
  refused(db->labels("k", foreign), "labels");
  refused(db->label_names(Query::all(), foreign), "label_names");
  refused(db->label_values("a", Query::all(), foreign), "label_values");
  refused(db->notes("a", foreign), "notes");
  EXPECT_EQ(other->count(Query::all(), foreign).value(), 1u);
}

TEST(Pinned, a_snapshot_is_none_of_the_engine_that_opens_the_same_database_later) {
  Database db;
  db.put("k", 1, 1.0);
  const ReadOptions before = ReadOptions().snapshot(db->snapshot().value());
  db.reopen();
  EXPECT_EQ(code_of(db->get("k", 1, before)), Errc::invalid_argument);
}

TEST(Pinned, a_snapshot_that_was_moved_from_is_refused) {
  Database db;
  Snapshot snapshot = db->snapshot().value();
  const Snapshot taken = std::move(snapshot);
  const ReadOptions options = ReadOptions().snapshot(snapshot);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(code_of(db->get("k", 1, options)), Errc::invalid_argument);
}

TEST(Pinned, a_snapshot_stays_good_when_its_engine_is_moved) {
  Database db;
  db.put("k", 1, 1.0);
  const ReadOptions options = ReadOptions().snapshot(db->snapshot().value());
  Engine moved = std::move(db.engine());
  EXPECT_TRUE(moved.get("k", 1, options).value());
}

// Of an engine that is closed, or gone.

TEST(Pinned, a_scan_ends_with_closed_once_its_engine_is_closed) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Engine engine = Engine::open(options_on(disk)).value();
  fill(engine);
  Scan scan(engine.scan(Query::all()).value());
  ASSERT_TRUE(scan.next_block().value());
  ASSERT_TRUE(engine.close());
  Result<std::optional<Block>> next = scan.next_block();
  while (next && *next) next = scan.next_block();
  EXPECT_EQ(code_of(next), Errc::closed);
  EXPECT_EQ(code_of(scan.next_block()), Errc::closed) << "and stays so";
}

TEST(Pinned, what_is_left_when_the_engine_is_gone_can_still_be_asked_and_let_go_of) {
  for (const std::size_t threads : {1u, 4u}) {
    const auto disk = std::make_shared<SimulatedDisk>();
    Options options = options_on(disk);
    options.threadless = false;
    std::optional<Engine> engine = open_engine(options, Sizes::tiny).value();
    fill(*engine);
    const std::uint64_t sequence = engine->last_sequence();
    std::optional<Snapshot> snapshot = engine->snapshot().value();
    ReadOptions reads = ReadOptions().snapshot(*snapshot).threads(threads);
    std::optional<Scan> scan(engine->scan(Query::all(), reads).value());
    engine.reset();
    EXPECT_EQ(snapshot->sequence(), sequence);
    snapshot.reset();
    for ([[maybe_unused]] const RecordView& record : *scan) {
    }
    EXPECT_EQ(code_of(scan->status()), Errc::closed);
    scan.reset();
    reads = ReadOptions();
    // The database is free, and as it was left.
    EXPECT_EQ(Engine::open(options).value().count(Query::all()).value(), 1'001u);
  }
}

// The next opening removes it: nobody may change what another process may have opened.
TEST(Pinned, a_table_that_only_a_snapshot_still_needs_stays_when_its_engine_is_gone) {
  const auto disk = std::make_shared<SimulatedDisk>();
  std::optional<Engine> engine = Engine::open(options_on(disk)).value();
  fill(*engine);
  std::optional<Snapshot> snapshot = engine->snapshot().value();
  engine->erase_prefix("").value();
  engine->flush().value();
  engine->collect_garbage().value();
  ASSERT_GT(engine->stats().pinned_bytes, 0u);
  engine.reset();
  const std::uint64_t changes = disk->changes();
  snapshot.reset();
  EXPECT_EQ(disk->changes(), changes);
  EXPECT_GT(Engine::open(options_on(disk)).value().recovery_report().orphans_removed, 0u);
}

TEST(Pinned, a_log_callback_is_not_called_once_the_engine_is_gone) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Options options = options_on(disk);
  bool is_over = false;
  options.log = [&](LogLevel, std::string_view message) { EXPECT_FALSE(is_over) << message; };
  std::optional<Engine> engine = Engine::open(options).value();
  fill(*engine);
  std::optional<Snapshot> snapshot = engine->snapshot().value();
  engine->erase_prefix("").value();
  engine->flush().value();
  engine->collect_garbage().value();
  engine.reset();
  is_over = true;
  snapshot.reset();
}

TEST(Pinned, an_executor_need_not_live_as_long_as_a_snapshot) {
  std::optional<Snapshot> snapshot;
  {
    asio::thread_pool pool(1);
    Options options = options_on(std::make_shared<SimulatedDisk>());
    options.threadless = false;
    options.executor = asio::make_strand(pool);
    Engine engine = Engine::open(options).value();
    fill(engine);
    snapshot = engine.snapshot().value();
  }
  EXPECT_GT(snapshot->sequence(), 0u);
}

/// Holds the first such call on a table, once armed, until it is told to go on.
class HeldCall {
 public:
  HeldCall(SimulatedDisk& disk, Call which) {
    disk.on_call([this, which](Call call, const std::string& path) {
      if (call != which || !path.ends_with(".table") || !armed_.exchange(false)) return;
      held_.set_value();
      go_.get_future().wait();
    });
  }
  void arm() { armed_ = true; }
  void wait() { held_.get_future().wait(); }
  void go() { go_.set_value(); }

 private:
  std::atomic<bool> armed_ = false;
  std::promise<void> held_;
  std::promise<void> go_;
};

TEST(Pinned, a_step_of_a_scan_under_way_is_waited_for_by_close) {
  const auto disk = std::make_shared<SimulatedDisk>();
  HeldCall held(*disk, Call::read);
  Options options = options_on(disk);
  options.threadless = false;
  options.block_cache_bytes = 0;
  Engine engine = Engine::open(options).value();
  fill(engine);
  Scan scan(engine.scan(Query::all()).value());
  held.arm();
  auto step = std::async(std::launch::async, [&] { return code_of(scan.next_block()); });
  held.wait();
  auto closing = std::async(std::launch::async, [&] { return engine.close().has_value(); });
  // Nobody is let in any more; and close() would mostly come back by now if it did not wait.
  while (engine.snapshot()) std::this_thread::yield();
  EXPECT_EQ(closing.wait_for(5ms), std::future_status::timeout);
  held.go();
  EXPECT_FALSE(step.get()) << "it was let in, so it completes";
  EXPECT_TRUE(closing.get());
}

TEST(Pinned, a_table_that_goes_with_the_last_snapshot_is_waited_for_by_close) {
  const auto disk = std::make_shared<SimulatedDisk>();
  HeldCall held(*disk, Call::remove);
  Options options = options_on(disk);
  options.threadless = false;
  Engine engine = Engine::open(options).value();
  fill(engine);
  std::optional<Snapshot> snapshot = engine.snapshot().value();
  engine.erase_prefix("").value();
  engine.flush().value();
  engine.collect_garbage().value();
  held.arm();
  auto dropping = std::async(std::launch::async, [&] { snapshot.reset(); });
  held.wait();
  auto closing = std::async(std::launch::async, [&] { return engine.close().has_value(); });
  while (engine.snapshot()) std::this_thread::yield();
  EXPECT_EQ(closing.wait_for(5ms), std::future_status::timeout);
  held.go();
  dropping.get();
  EXPECT_TRUE(closing.get());
  EXPECT_TRUE(Engine::open(options)) << "nobody holds the lock any more";
}

// How it is seen.

TEST(Pinned, snapshots_and_scans_are_counted_while_they_are_alive) {
  Database db;
  fill(db.engine());
  const auto alive = [&] {
    const Stats stats = db->stats();
    return std::pair(stats.snapshots, stats.scans_alive);
  };
  using Alive = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_EQ(alive(), Alive(0, 0));
  std::optional<Snapshot> snapshot = db->snapshot().value();
  std::optional<Snapshot> copy = snapshot;
  std::optional<Scan> scan(db->scan(Query::all()).value());
  Scan followed(db->scan(Query::all()).value());
  EXPECT_EQ(alive(), Alive(1, 2));
  while (followed.next_block().value()) {
  }
  EXPECT_EQ(alive(), Alive(1, 1)) << "at its end a scan lets go";
  scan.reset();
  snapshot.reset();
  EXPECT_EQ(alive(), Alive(1, 0));
  copy.reset();
  EXPECT_EQ(alive(), Alive(0, 0));
}

TEST(Pinned, the_age_of_the_oldest_is_told) {
  Database db;
  EXPECT_EQ(db->stats().oldest_pin_age, 0ns);
  std::optional<Snapshot> snapshot = db->snapshot().value();
  db.clock().advance(5s);
  Scan scan(db->scan(Query::all()).value());
  db.clock().advance(2s);
  EXPECT_EQ(db->stats().oldest_pin_age, 7s);
  snapshot.reset();
  EXPECT_EQ(db->stats().oldest_pin_age, 2s);
  while (scan.next_block().value()) {
  }
  EXPECT_EQ(db->stats().oldest_pin_age, 0ns);
}

TEST(Pinned, the_bytes_of_replaced_tables_are_told_until_nobody_needs_them) {
  Database db;
  fill(db.engine());
  const std::uint64_t table_bytes = db->stats().table_bytes;
  std::optional<Snapshot> snapshot = db->snapshot().value();
  EXPECT_EQ(db->stats().pinned_bytes, 0u) << "the newest version has it too";
  db.erase_range("", std::nullopt);
  db.flush();
  db.collect();
  EXPECT_EQ(db->stats().table_bytes, 0u);
  EXPECT_GE(db->stats().pinned_bytes, table_bytes);
  snapshot.reset();
  EXPECT_EQ(db->stats().pinned_bytes, 0u);
}

}  // namespace
}  // namespace varve::test
