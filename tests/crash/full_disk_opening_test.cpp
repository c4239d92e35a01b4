// A database that is opened where its disk is full: it opens, gives what it has, refuses writes
// with no_space, and takes them again once there is room, without being opened again.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "tests/crash/scripted_run.hpp"

namespace varve::test {
namespace {

constexpr int flushed_records = 6;
constexpr int logged_records = 60;

Options options_on(std::shared_ptr<FileSystem> disk) {
  return ScriptedRun(nullptr).options_on(std::move(disk));
}

WriteBatch one(int number) {
  WriteBatch batch;
  batch.put("k" + std::to_string(number), number, std::string(2'000, 'x'));
  return batch;
}

/// A database with tables and a log of several memtables, closed or as a killed process leaves it.
std::shared_ptr<SimulatedDisk> made(bool closed) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Engine engine = Engine::open(options_on(disk)).value();
  for (int i = 0; i < flushed_records; ++i) engine.write(one(i)).value();
  engine.flush().value();
  for (int i = 0; i < logged_records; ++i) engine.write(one(flushed_records + i)).value();
  if (closed) engine.close().value();
  return disk->after(PowerCut::keep_all());
}

void expect_all(Engine& engine) {
  const auto content = content_of(engine);
  ASSERT_TRUE(content) << content.error().message();
  EXPECT_EQ(content->size(), static_cast<std::size_t>(flushed_records + logged_records));
}

class FullDisk : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Closed, FullDisk, testing::Bool());

TEST_P(FullDisk, does_not_keep_a_database_from_opening_however_little_is_left) {
  const auto found = made(GetParam());
  for (const std::uint64_t left : {0U, 1U, 3U, 9U, 17U, 33U, 50U, 100U, 200U}) {
    SCOPED_TRACE(std::to_string(left) + " sectors left");
    const auto disk = found->after(PowerCut::keep_all());
    disk->set_capacity(disk->used() + left * 512);
    auto engine = Engine::open(options_on(disk));
    ASSERT_TRUE(engine) << engine.error().message();
    EXPECT_TRUE(engine->recovery_report().damages.empty());
    expect_all(*engine);
    int refused = 0;
    for (int i = 0; i < 200; ++i) {
      const auto written = engine->write(one(1'000 + i));
      if (written) continue;
      ++refused;
      ASSERT_EQ(written.error().code, Errc::no_space) << written.error().message();
    }
    EXPECT_GT(refused, 0);
    disk->set_capacity(disk->used() + (std::uint64_t{64} << 20));
    const auto again = engine->write(one(2'000), WriteOptions().durability(Durability::always()));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_TRUE(engine->flush());
    EXPECT_TRUE(engine->close());
    const Engine after = Engine::open(options_on(disk->after(PowerCut::lose_unsynced()))).value();
    EXPECT_TRUE(after.recovery_report().damages.empty());
  }
}

TEST_P(FullDisk, is_not_made_fuller_by_opening_again_and_again) {
  const auto disk = made(GetParam());
  disk->set_capacity(disk->used());
  ASSERT_TRUE(Engine::open(options_on(disk)));
  const auto names = disk->names("/db");
  const std::uint64_t used = disk->used();
  for (int i = 0; i < 10; ++i) {
    Engine engine = Engine::open(options_on(disk)).value();
    expect_all(engine);
  }
  EXPECT_EQ(disk->names("/db"), names);
  EXPECT_LE(disk->used(), used);
}

TEST_P(FullDisk, loses_nothing_where_the_power_goes_at_any_call_of_the_opening) {
  const auto found = made(GetParam());
  for (std::uint64_t at = 1;; ++at) {
    const auto disk = found->after(PowerCut::keep_all());
    disk->set_capacity(disk->used() + 20 * 512);
    disk->cut_power_at(at);
    std::ignore = Engine::open(options_on(disk));
    if (!disk->power_is_off()) break;
    const auto after = disk->after(PowerCut::random(at));
    after->set_capacity(std::uint64_t{64} << 20);
    auto engine = Engine::open(options_on(after));
    ASSERT_TRUE(engine) << engine.error().message() << " cut at " << at;
    EXPECT_TRUE(engine->recovery_report().damages.empty());
    expect_all(*engine);
  }
}

}  // namespace
}  // namespace varve::test
