// What is written to the disk beside the data itself.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::test {
namespace {

/// What became of the files that segments of the log are made of.
struct Spares {
  explicit Spares(SimulatedDisk& disk) {
    disk.on_call([this](Call call, const std::string& path) {
      if (!path.ends_with(".spare")) return;
      if (call == Call::create) ++created;
      if (call == Call::rename) ++begun;
    });
  }
  int created = 0;
  int begun = 0;
};

std::uint64_t log_bytes(const SimulatedDisk& disk) {
  std::uint64_t sum = 0;
  for (const std::string& name : disk.names("/db")) {
    if (name.ends_with(".wal") || name.ends_with(".spare")) {
      sum += disk.content("/db/" + name).size();
    }
  }
  return sum;
}

TEST(Wear, of_opening_writing_little_and_closing_is_little) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Spares spares(*disk);
  Options options = small_options();
  options.file_system = disk;
  options.wal_bytes = std::size_t{128} << 20;
  options.threadless = true;
  for (int i = 0; i < 20; ++i) {
    Database db(options);
    db.put("k", i, i);
    EXPECT_LE(log_bytes(*disk), std::uint64_t{20} << 10);
    db.close();
    EXPECT_LE(log_bytes(*disk), std::uint64_t{4} << 10);
  }
  EXPECT_LE(spares.created, 40) << "for the log of each run, and for its end";
}

TEST(Wear, leaves_no_log_worth_speaking_of_after_a_flush_and_a_close) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Options options = small_options();
  options.file_system = disk;
  options.wal_bytes = std::size_t{128} << 20;
  options.memtable_bytes = std::size_t{32} << 20;
  options.threadless = true;
  Database db(options);
  for (int i = 0; i < 500; ++i) {
    WriteBatch batch;
    for (int record = 0; record < 100; ++record) {
      batch.put("k" + std::to_string(record), i, i * 0.37);
    }
    db.write(std::move(batch));
  }
  db.flush();
  EXPECT_GT(log_bytes(*disk), std::uint64_t{64} << 10);
  db.close();
  EXPECT_LE(log_bytes(*disk), 256u);
  db.open();
  EXPECT_EQ(db->recovery_report().batches_replayed, 0u);
  EXPECT_EQ(db.count(Query::all()), 50'000u);
}

TEST(Wear, leaves_the_log_as_long_as_what_it_holds_after_a_close) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Options options = small_options();
  options.file_system = disk;
  options.wal_bytes = std::size_t{128} << 20;
  options.memtable_bytes = std::size_t{32} << 20;
  options.queue_bytes = std::size_t{4} << 20;
  Database db(options);
  for (int i = 0; i < 40; ++i) {
    WriteBatch batch;
    batch.put("k", i, Value(std::string(100'000, 'v')).view());
    db.write(std::move(batch));
  }
  EXPECT_GT(log_bytes(*disk), std::uint64_t{5'000'000});
  db.close();
  EXPECT_LE(log_bytes(*disk), 4'010'000u);
  db.open();
  EXPECT_EQ(db->recovery_report().batches_replayed, 40u);
  EXPECT_FALSE(db->recovery_report().cut);
}

TEST(Wear, of_a_steady_stream_needs_no_new_files_for_its_log) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Spares spares(*disk);
  Options options = small_options();
  options.file_system = disk;
  options.wal_bytes = std::size_t{4} << 20;
  options.memtable_bytes = std::size_t{1} << 20;
  options.threadless = true;
  Database db(options);
  const auto write = [&](int first, int count) {
    for (int i = first; i < first + count; ++i) {
      WriteBatch batch;
      for (int record = 0; record < 100; ++record) {
        batch.put("k" + std::to_string(record), i, i * 0.37);
      }
      db.write(std::move(batch));
      while (db->step().value()) {
      }
    }
  };
  write(0, 5'000);
  const int created = spares.created;
  const int begun = spares.begun;
  write(5'000, 5'000);
  EXPECT_EQ(spares.created, created);
  EXPECT_GT(spares.begun - begun, 15);
  EXPECT_LE(log_bytes(*disk), options.wal_bytes);
}

}  // namespace
}  // namespace varve::test
