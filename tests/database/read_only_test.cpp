// Mode::read_only: an engine that only reads.

#include <gtest/gtest.h>

#include <asio/use_future.hpp>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::test {
namespace {

Options options_on(std::shared_ptr<FileSystem> disk, Mode mode) {
  Options options = small_options();
  options.dir = "/db";
  options.file_system = std::move(disk);
  options.threadless = true;
  options.mode = mode;
  return options;
}

Result<Engine> open_to_read(const std::shared_ptr<FileSystem>& disk) {
  return Engine::open(options_on(disk, Mode::read_only));
}

WriteBatch one(std::string_view key, Timestamp ts, ValueView value) {
  WriteBatch batch;
  batch.put(key, ts, value);
  return batch;
}

/// Records in tables and in the log, replaced and deleted ones, and labels.
void fill(Engine& engine) {
  for (int i = 0; i < 50; ++i) engine.write(one("a", i, i)).value();
  engine.describe("a", Labels{{"room", "hall"}}).value();
  engine.flush().value();
  for (int i = 40; i < 90; ++i) engine.write(one("a", i, -i)).value();
  engine.erase("a", 3).value();
  engine.erase_range("a", "b", TimeRange(10, 20)).value();
}

enum class Left { closed, killed, after_a_power_cut };

std::shared_ptr<SimulatedDisk> left(Left how) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Engine engine = Engine::open(options_on(disk, Mode::read_write)).value();
  fill(engine);
  if (how == Left::after_a_power_cut) {
    engine.sync().value();
    return disk->after(PowerCut::lose_unsynced());
  }
  if (how == Left::closed) engine.close().value();
  return disk->after(PowerCut::keep_all());
}

class ReadOnly : public testing::TestWithParam<Left> {};
INSTANTIATE_TEST_SUITE_P(Left, ReadOnly,
                         testing::Values(Left::closed, Left::killed, Left::after_a_power_cut));

TEST_P(ReadOnly, gives_what_an_opening_for_writing_gives) {
  const auto disk = left(GetParam());
  Engine engine = open_to_read(disk).value();
  Engine other =
      Engine::open(options_on(disk->after(PowerCut::keep_all()), Mode::read_write)).value();
  const auto records = engine.query(Query::all()).value();
  EXPECT_EQ(records.size(), 79u);
  EXPECT_EQ(records, other.query(Query::all()).value());
  EXPECT_EQ(engine.latest("a").value(), other.latest("a").value());
  EXPECT_EQ(engine.labels("a").value(), other.labels("a").value());
  EXPECT_EQ(engine.series_list(Query::all()).value(), other.series_list(Query::all()).value());
  EXPECT_EQ(engine.count(Query::all()).value(), 79u);
  EXPECT_EQ(engine.last_sequence(), other.last_sequence());
  EXPECT_EQ(engine.stats().tables, 1u);
}

TEST_P(ReadOnly, changes_not_one_byte) {
  const auto disk = left(GetParam());
  disk->set_capacity(disk->used());
  {
    Engine engine = open_to_read(disk).value();
    EXPECT_EQ(engine.query(Query::all()).value().size(), 79u);
    EXPECT_FALSE(engine.step().value());
    EXPECT_TRUE(engine.close());
  }
  EXPECT_EQ(disk->changes(), 0u);
}

TEST(ReadOnly, refuses_every_call_that_changes_something) {
  const auto disk = left(Left::closed);
  Engine engine = open_to_read(disk).value();
  const std::vector<std::function<std::error_code()>> calls = {
      [&] { return engine.write(one("k", 1, 1)).error().code; },
      [&] { return engine.write_inline(one("k", 1, 1)).error().code; },
      [&] { return engine.try_write(one("k", 1, 1)).error().code; },
      [&] { return engine.write_many({}).error().code; },
      [&] { return engine.erase("a", 1).error().code; },
      [&] { return engine.erase_prefix("a").error().code; },
      [&] { return engine.patch("a", 1, Value(1), std::nullopt).error().code; },
      [&] { return engine.describe("a", Labels{}).error().code; },
      [&] { return engine.series("a").error().code; },
      [&] { return engine.downsample(Query::all(), Duration(1), {}, "x").error().code; },
      [&] { return engine.flush().error().code; },
      [&] { return engine.compact().error().code; },
      [&] { return engine.collect_garbage().error().code; },
      [&] { return engine.sync().error().code; },
      [&] { return engine.checkpoint().error().code; },
      [&] { return engine.start_maintenance().error().code; },
  };
  for (std::size_t i = 0; i < calls.size(); ++i) EXPECT_EQ(calls[i](), Errc::read_only) << i;
  std::error_code async;
  engine.async_write(one("k", 1, 1), [&](std::error_code error, Receipt) { async = error; });
  while (engine.step().value()) {
  }
  EXPECT_EQ(async, Errc::read_only);
  EXPECT_EQ(disk->changes(), 0u);
}

TEST(ReadOnly, runs_asynchronous_reads_with_threads_of_its_own) {
  Options options = options_on(left(Left::killed), Mode::read_only);
  options.threadless = false;
  Engine engine = Engine::open(options).value();
  EXPECT_EQ(engine.async_query(Query::all(), {}, asio::use_future).get().size(), 79u);
}

TEST(ReadOnly, is_refused_while_somebody_writes) {
  const auto disk = left(Left::closed);
  std::optional<Engine> writer = Engine::open(options_on(disk, Mode::read_write)).value();
  const auto refused = open_to_read(disk);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::locked);
  EXPECT_NE(refused.error().where.find("pid"), std::string::npos) << refused.error().where;
  writer.reset();
  EXPECT_TRUE(open_to_read(disk));
}

TEST(ReadOnly, keeps_no_writer_out_and_goes_on_to_see_what_it_saw) {
  const auto disk = left(Left::killed);
  Engine reader = open_to_read(disk).value();
  Engine second = open_to_read(disk).value();
  const auto before = reader.query(Query::all()).value();
  {
    Engine writer = Engine::open(options_on(disk, Mode::read_write)).value();
    writer.erase_prefix("").value();
    writer.flush().value();
    writer.compact().value();
    writer.collect_garbage().value();
    EXPECT_TRUE(writer.query(Query::all()).value().empty());
  }
  EXPECT_EQ(reader.query(Query::all()).value(), before);
  EXPECT_EQ(second.query(Query::all()).value(), before);
}

TEST(ReadOnly, says_what_memory_a_log_needs_that_does_not_fit) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Options large = options_on(disk, Mode::read_write);
  large.memtable_bytes = std::size_t{4} << 20;
  large.wal_bytes = std::size_t{32} << 20;
  large.background_maintenance = false;
  Engine engine = Engine::open(large).value();
  const std::string value(10'000, 'x');
  for (int i = 0; i < 100; ++i) engine.write(one("k", i, value)).value();
  const auto killed = disk->after(PowerCut::keep_all());
  Options small = options_on(killed, Mode::read_only);
  small.memtable_bytes = std::size_t{64} << 10;
  const auto refused = Engine::open(small);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::no_memory);
  EXPECT_NE(refused.error().where.find("memtable_bytes"), std::string::npos);
  small.memtable_bytes = large.memtable_bytes;
  EXPECT_EQ(Engine::open(small).value().count(Query::all()).value(), 100u);
}

TEST(ReadOnly, makes_no_database_where_there_is_none) {
  const auto disk = std::make_shared<SimulatedDisk>();
  EXPECT_EQ(open_to_read(disk).error().code, Errc::not_found);
  EXPECT_EQ(disk->changes(), 0u);
  EXPECT_TRUE(disk->names("/").empty());
}

TEST(ReadOnly, reports_damage_and_leaves_it_where_it_is) {
  const auto disk = left(Left::killed);
  for (const std::string& name : disk->names("/db")) {
    if (name.ends_with(".wal")) disk->flip_bit("/db/" + name, 8 * 200);
  }
  Engine engine = open_to_read(disk).value();
  const RecoveryReport& report = engine.recovery_report();
  EXPECT_TRUE(report.cut || !report.damages.empty());
  EXPECT_EQ(disk->changes(), 0u);
  EXPECT_EQ(engine.get("a", 39).value()->value(), Value(39)) << "what the tables hold";
}

}  // namespace
}  // namespace varve::test
