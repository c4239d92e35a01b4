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
    EXPECT_LE(log_bytes(*disk), std::uint64_t{9 * 64} << 10);
    db.close();
  }
  EXPECT_LE(spares.created, 20);
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
