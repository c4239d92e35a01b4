// The last segment of a log is gone, by whoever removed it. Where the database had been closed
// nothing was in it, so nothing is told as lost; where a process was killed that is not known.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::test {
namespace {

Options options_on(std::shared_ptr<FileSystem> disk) {
  Options options = small_options();
  options.file_system = std::move(disk);
  options.threadless = true;
  return options;
}

void put(Engine& engine, Timestamp ts) {
  WriteBatch batch;
  batch.put("k", ts, 1.0);
  engine.write(std::move(batch), WriteOptions().durability(Durability::always())).value();
}

void remove_last_segment(SimulatedDisk& disk) {
  std::string last;
  for (const std::string& name : disk.names("/db")) {
    if (name.ends_with(".wal")) last = name;
  }
  ASSERT_NE(last, "");
  disk.remove("/db/" + last).value();
}

/// Opens without damage, with so many records, and goes on.
void expect_nothing_lost(const std::shared_ptr<SimulatedDisk>& disk, std::uint64_t records) {
  Options options = options_on(disk);
  for (const Mode mode : {Mode::read_only, Mode::read_write, Mode::read_write}) {
    options.mode = mode;
    Engine engine = Engine::open(options).value();
    EXPECT_TRUE(engine.recovery_report().damages.empty()) << engine.recovery_report().to_string();
    EXPECT_TRUE(engine.recovery_report().quarantined.empty());
    EXPECT_EQ(engine.count(Query::all()).value(), records);
    if (mode == Mode::read_write) put(engine, static_cast<Timestamp>(1'000 + records++));
    engine.close().value();
  }
}

TEST(ClosedLog, loses_nothing_with_its_last_segment_where_it_held_batches) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Engine engine = Engine::open(options_on(disk)).value();
  for (int i = 0; i < 64; ++i) put(engine, i);
  engine.close().value();
  remove_last_segment(*disk);
  expect_nothing_lost(disk, 64);
}

TEST(ClosedLog, loses_nothing_with_its_last_segment_where_tables_hold_all) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Engine engine = Engine::open(options_on(disk)).value();
  for (int i = 0; i < 64; ++i) put(engine, i);
  engine.flush().value();
  engine.close().value();
  remove_last_segment(*disk);
  expect_nothing_lost(disk, 64);
}

TEST(ClosedLog, loses_nothing_with_its_last_segment_where_it_never_held_anything) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Engine::open(options_on(disk)).value().close().value();
  remove_last_segment(*disk);
  expect_nothing_lost(disk, 0);
}

TEST(ClosedLog, is_not_one_that_a_killed_process_left) {
  for (const bool flushes : {false, true}) {
    const auto disk = std::make_shared<SimulatedDisk>();
    Engine engine = Engine::open(options_on(disk)).value();
    for (int i = 0; i < 64; ++i) put(engine, i);
    if (flushes) engine.flush().value();
    const auto left = disk->after(PowerCut::kill());
    remove_last_segment(*left);
    const Engine again = Engine::open(options_on(left)).value();
    const RecoveryReport& report = again.recovery_report();
    ASSERT_EQ(report.damages.size(), 1u) << report.to_string();
    EXPECT_EQ(report.damages[0].last_sequence, 0u) << "nothing shows that it held a batch";
    EXPECT_NE(report.to_string().find(" on are lost, if there were any"), std::string::npos)
        << report.to_string();
  }
}

TEST(ClosedLog, is_not_one_that_was_opened_since) {
  const auto disk = std::make_shared<SimulatedDisk>();
  {
    Engine engine = Engine::open(options_on(disk)).value();
    for (int i = 0; i < 64; ++i) put(engine, i);
    engine.flush().value();
    engine.close().value();
  }
  Engine engine = Engine::open(options_on(disk)).value();
  put(engine, 64);
  const auto left = disk->after(PowerCut::kill());
  remove_last_segment(*left);
  EXPECT_EQ(Engine::open(options_on(left)).value().recovery_report().damages.size(), 1u);
}

}  // namespace
}  // namespace varve::test
