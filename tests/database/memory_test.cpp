// What an engine holds in memory, and that it gives it back.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "engine/memory/memory_block.hpp"
#include "tests/support/database.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

using engine::MemoryBlock;

constexpr std::size_t mib = std::size_t{1} << 20;

Options large_options() {
  Options options = small_options();
  options.memtable_bytes = options.queue_bytes = 32 * mib;
  options.wal_bytes = 256 * mib;
  return options;
}

std::vector<std::string> keys_of(int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) keys.push_back("plant/sensor" + std::to_string(i));
  return keys;
}

/// A record of each series at the time, a thousand in a batch.
void write_round(Engine& engine, const std::vector<std::string>& keys, Timestamp ts) {
  WriteBatch batch;
  for (const std::string& key : keys) {
    batch.put(key, ts, 0.5 * static_cast<double>(ts));
    if (batch.size() < 1'000) continue;
    const auto receipt = engine.write(std::move(batch));
    ASSERT_TRUE(receipt) << receipt.error().message();
    batch = WriteBatch();
  }
}

/// Of this process, in memory now.
std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;  // The second number.
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(Memory, of_memtables_is_the_systems_again_after_a_flush) {
  const std::size_t before = MemoryBlock::mapped_bytes();
  Database db(large_options());
  const auto keys = keys_of(10'000);
  for (Timestamp ts = 0; ts < 5; ++ts) {
    write_round(db.engine(), keys, ts);
    EXPECT_GT(MemoryBlock::mapped_bytes(), before + mib);
    db.flush();
    EXPECT_EQ(MemoryBlock::mapped_bytes(), before);
  }
}

TEST(Memory, of_a_memtable_stays_as_long_as_a_snapshot_keeps_it_and_is_counted) {
  const std::size_t before = MemoryBlock::mapped_bytes();
  Database db(large_options());
  write_round(db.engine(), keys_of(10'000), 1);
  EXPECT_EQ(db->stats().pinned_memtable_bytes, 0u);
  std::optional<Snapshot> snapshot = db->snapshot().value();
  db.flush();
  EXPECT_GT(MemoryBlock::mapped_bytes(), before + mib);
  const Stats pinned = db->stats();
  EXPECT_GT(pinned.pinned_memtable_bytes, mib);
  EXPECT_GE(pinned.memory_bytes(), pinned.pinned_memtable_bytes);
  snapshot.reset();
  EXPECT_EQ(MemoryBlock::mapped_bytes(), before);
  EXPECT_EQ(db->stats().pinned_memtable_bytes, 0u);
}

TEST(Memory, of_a_closed_engine_is_none) {
  const std::size_t before = MemoryBlock::mapped_bytes();
  {
    Database db(large_options());
    write_round(db.engine(), keys_of(10'000), 1);
    db.close();
  }
  EXPECT_EQ(MemoryBlock::mapped_bytes(), before);
}

TEST(Memory, that_the_engine_counts_is_the_sum_of_its_parts) {
  Database db(large_options());
  write_round(db.engine(), keys_of(2'000), 1);
  ASSERT_TRUE(db->describe("plant/sensor1", {{"room", "hall 2"}}));
  ASSERT_TRUE(db->label_values("room"));
  const Stats stats = db->stats();
  EXPECT_GT(stats.memtable_bytes, 0u);
  EXPECT_GT(stats.label_index_bytes, 0u);
  EXPECT_EQ(stats.memory_bytes(),
            stats.memtable_bytes + stats.cache_bytes + stats.queue_bytes + stats.label_index_bytes);
}

TEST(Memory, rests_at_little_after_a_burst) {
  if (is_sanitized) GTEST_SKIP() << "sanitizers keep what was freed";
  const TemporaryDirectory directory;
  Options options;
  options.dir = directory.path() / "db";
  options.durability = Durability::appended();
  options.memtable_bytes = 16 * mib;
  auto engine = Engine::open(options);
  ASSERT_TRUE(engine) << engine.error().message();
  const auto keys = keys_of(30'000);
  write_round(*engine, keys, 0);
  ASSERT_TRUE(engine->flush());
  const std::size_t before = resident_bytes();
  for (Timestamp ts = 1; ts <= 24; ++ts) write_round(*engine, keys, ts);
  ASSERT_TRUE(engine->flush());
  ASSERT_TRUE(engine->compact()) << "after the one that the background may have begun";
  EXPECT_GE(engine->stats().flushes, 3u);
  // Three memtables of 16 MiB went through. What malloc keeps of flushes and compactions stays.
  EXPECT_LT(resident_bytes(), before + 32 * mib);
}

}  // namespace
}  // namespace varve::test
