#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"
#include "varve/varve.hpp"

namespace varve::test {

/// Small budgets, so that a few thousand records go through flushes and compactions.
inline Options small_options() {
  Options options;
  options.dir = "/db";
  options.memtable_bytes = std::size_t{256} << 10;
  options.wal_bytes = std::size_t{1} << 20;
  options.queue_bytes = std::size_t{256} << 10;
  options.block_cache_bytes = std::size_t{1} << 20;
  options.durability = Durability::appended();
  options.background_maintenance = false;
  return options;
}

/// A database whose files, clock and options outlive its engine, so that a test can close and
/// reopen it. Verbs fail the test on an error; what may fail on purpose goes through engine().
class Database {
 public:
  explicit Database(Options options = small_options()) : options_(std::move(options)) {
    if (!options_.file_system) options_.file_system = memory_file_system();
    if (!options_.clock) options_.clock = clock_;
    open();
  }

  Engine& engine() { return *engine_; }
  Engine* operator->() { return &*engine_; }
  Options& options() { return options_; }
  ManualClock& clock() { return *clock_; }

  void open() {
    auto opened = Engine::open(options_);
    ASSERT_TRUE(opened) << opened.error().message();
    engine_.emplace(std::move(*opened));
  }
  void close() {
    const Status closed = engine_->close();
    EXPECT_TRUE(closed) << closed.error().message();
    engine_.reset();
  }
  void reopen() {
    close();
    open();
  }

  void put(std::string_view key, Timestamp ts, ValueView value, std::optional<Duration> ttl = {}) {
    WriteBatch batch;
    batch.put(key, ts, value, ttl);
    write(std::move(batch));
  }
  void write(WriteBatch batch) {
    const auto receipt = engine_->write(std::move(batch));
    ASSERT_TRUE(receipt) << receipt.error().message();
  }
  void erase(std::string_view key, Timestamp ts) {
    const auto receipt = engine_->erase(key, ts);
    ASSERT_TRUE(receipt) << receipt.error().message();
  }
  void erase_range(std::string_view first, std::optional<std::string_view> end,
                   TimeRange range = {}) {
    const auto receipt = engine_->erase_range(first, end, range);
    ASSERT_TRUE(receipt) << receipt.error().message();
  }
  void flush() {
    const Status flushed = engine_->flush();
    ASSERT_TRUE(flushed) << flushed.error().message();
  }
  void compact() {
    const auto compacted = engine_->compact();
    ASSERT_TRUE(compacted) << compacted.error().message();
  }
  std::uint64_t collect() {
    const auto purged = engine_->collect_garbage();
    EXPECT_TRUE(purged) << purged.error().message();
    return purged.value_or(0);
  }

  std::optional<Record> get(std::string_view key, Timestamp ts) {
    auto found = engine_->get(key, ts);
    EXPECT_TRUE(found) << found.error().message();
    return found ? std::move(*found) : std::nullopt;
  }
  std::optional<Record> latest(std::string_view key) {
    auto found = engine_->latest(key);
    EXPECT_TRUE(found) << found.error().message();
    return found ? std::move(*found) : std::nullopt;
  }
  std::vector<Record> query(const Query& query, const ReadOptions& options = {}) {
    auto found = engine_->query(query, options);
    EXPECT_TRUE(found) << found.error().message();
    return found ? std::move(*found) : std::vector<Record>();
  }
  std::size_t count(const Query& query) { return this->query(query).size(); }

 private:
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
  Options options_;
  std::optional<Engine> engine_;
};

}  // namespace varve::test
