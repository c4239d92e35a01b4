// A database that is opened where its disk is full: it opens, gives what it has, refuses writes
// with no_space, and takes them again once there is room, without being opened again.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "tests/crash/scripted_run.hpp"
#include "tests/support/random.hpp"

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

/// Tables that have expired by the time of the data, tables that have not, and a log.
struct WithExpired {
  std::shared_ptr<SimulatedDisk> disk = std::make_shared<SimulatedDisk>();
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
  Content alive;
  std::vector<std::string> expired;  // Names of tables.

  WithExpired() {
    Engine engine = Engine::open(options(disk)).value();
    for (int i = 0; i < 80; ++i) {
      WriteBatch batch;
      batch.put("old", clock->wall() + i, noise(), std::chrono::minutes(10));
      engine.write(std::move(batch)).value();
      if (i % 20 == 19) engine.flush().value();
    }
    for (const std::string& name : disk->names("/db")) {
      if (name.ends_with(".table")) expired.push_back(name);
    }
    clock->advance(std::chrono::hours(1));
    for (int i = 0; i < logged_records; ++i) {
      const Value value(noise());
      WriteBatch batch;
      batch.put("new", clock->wall() + i, value.view());
      engine.write(std::move(batch)).value();
      alive.insert_or_assign({"new", clock->wall() + i}, value);
      if (i == 2) engine.flush().value();
      // The group of the last batch says that those before it are durable.
      if (i == logged_records - 2) engine.sync().value();
    }
    disk = disk->after(PowerCut::keep_all());
  }

  Options options(std::shared_ptr<FileSystem> on) const {
    Options options = options_on(std::move(on));
    options.clock = clock;
    return options;
  }

 private:
  std::string noise() {
    std::string bytes(2'000, '\0');
    for (char& c : bytes) c = static_cast<char>(random_.next());
    return bytes;
  }

  Random random_{1};
};

TEST(FullDiskOpening, makes_room_by_what_has_expired_though_not_one_byte_is_left) {
  const WithExpired database;
  const auto disk = database.disk->after(PowerCut::keep_all());
  disk->set_capacity(disk->used());
  Engine engine = Engine::open(database.options(disk)).value();
  EXPECT_EQ(content_of(engine).value(), database.alive);
  for (const std::string& name : database.expired) {
    EXPECT_FALSE(disk->exists("/db/" + name).value()) << "the opening itself drops them";
  }
  for (int i = 0; i < 100 && engine.step().value_or(false); ++i) {
  }
  for (int i = 0; i < 3; ++i) {
    const auto written = engine.write(one(i), WriteOptions().durability(Durability::always()));
    EXPECT_TRUE(written) << written.error().message();
  }
}

TEST(FullDiskOpening, sets_damage_aside_in_the_room_of_what_has_expired) {
  const WithExpired database;
  const auto disk = database.disk->after(PowerCut::keep_all());
  const auto names = disk->names("/db");
  const auto segment =
      std::ranges::find_if(names, [](const std::string& name) { return name.ends_with(".wal"); });
  disk->flip_bit("/db/" + *segment, 8 * 5'000);
  disk->set_capacity(disk->used());
  auto engine = Engine::open(database.options(disk));
  ASSERT_TRUE(engine) << engine.error().message();
  EXPECT_FALSE(engine->recovery_report().damages.empty());
  const Content content = content_of(*engine).value();
  EXPECT_FALSE(content.empty());
  for (const auto& [record, value] : content) EXPECT_EQ(database.alive.at(record), value);
}

/// A closed database with one damaged group in its log.
struct WithDamage {
  std::shared_ptr<SimulatedDisk> disk = made(true);

  WithDamage() {
    std::string largest;
    for (const std::string& name : disk->names("/db")) {
      if (!name.ends_with(".wal")) continue;
      if (largest.empty() ||
          disk->content("/db/" + name).size() > disk->content("/db/" + largest).size()) {
        largest = name;
      }
    }
    disk->flip_bit("/db/" + largest, 8 * (disk->content("/db/" + largest).size() / 2));
  }
};

TEST(FullDiskOpening, gives_what_is_there_where_damage_cannot_be_set_aside) {
  const WithDamage database;
  database.disk->set_capacity(database.disk->used());
  const auto names = database.disk->names("/db");
  Content found;
  for (int i = 0; i < 3; ++i) {
    auto engine = Engine::open(options_on(database.disk));
    ASSERT_TRUE(engine) << engine.error().message();
    EXPECT_EQ(engine->recovery_report().damages.size(), 1u);
    found = content_of(*engine).value();
    EXPECT_GE(found.size(), static_cast<std::size_t>(flushed_records));
    EXPECT_LT(found.size(), static_cast<std::size_t>(flushed_records + logged_records));
    const auto written = engine->write(one(1'000));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::no_space) << written.error().message();
    EXPECT_EQ(engine->stats().last_error->code, Errc::no_space);
    EXPECT_TRUE(engine->close());
  }
  for (const std::string& name : names) {
    if (!name.ends_with(".wal")) continue;
    EXPECT_TRUE(database.disk->exists("/db/" + name).value()) << name;
  }

  database.disk->set_capacity(database.disk->used() + (std::uint64_t{64} << 20));
  Engine engine = Engine::open(options_on(database.disk)).value();
  EXPECT_EQ(engine.recovery_report().damages.size(), 1u);
  EXPECT_FALSE(engine.recovery_report().quarantined.empty());
  EXPECT_EQ(content_of(engine).value(), found);
  EXPECT_TRUE(engine.write(one(1'000)));
}

TEST(FullDiskOpening, names_damage_wherever_the_power_goes_while_there_is_no_room_for_it) {
  const WithDamage database;
  for (const std::uint64_t left : {0U, 2U, 8U, 20U, 60U}) {
    for (std::uint64_t at = 1;; ++at) {
      const auto disk = database.disk->after(PowerCut::keep_all());
      disk->set_capacity(disk->used() + left * 512);
      disk->cut_power_at(at);
      std::ignore = Engine::open(options_on(disk));
      if (!disk->power_is_off()) break;
      const auto after = disk->after(PowerCut::random(at));
      after->set_capacity(std::uint64_t{64} << 20);
      auto engine = Engine::open(options_on(after));
      ASSERT_TRUE(engine) << engine.error().message() << " cut at " << at;
      const RecoveryReport& report = engine->recovery_report();
      EXPECT_TRUE(!report.damages.empty() || !report.quarantined.empty())
          << left << " sectors left, cut at " << at;
      EXPECT_GE(content_of(*engine).value().size(), static_cast<std::size_t>(flushed_records));
    }
  }
}

// The header of the group says which batch is missing, and nothing that it was durable.
TEST(FullDiskOpening, is_not_kept_from_opening_by_a_torn_tail) {
  const auto disk = made(false);
  std::string path;
  std::size_t end = 0;
  for (const std::string& name : disk->names("/db")) {
    if (!name.ends_with(".wal")) continue;
    const engine::Bytes bytes = disk->content("/db/" + name);
    auto used = bytes.size();
    while (used > 0 && bytes[used - 1] == std::byte{0}) --used;
    if (used < 1'000) continue;  // Begun, and nothing else.
    path = "/db/" + name;
    end = used;
  }
  disk->flip_bit(path, 8 * (end - 100));
  disk->set_capacity(disk->used());
  auto engine = Engine::open(options_on(disk));
  ASSERT_TRUE(engine) << engine.error().message();
  EXPECT_TRUE(engine->recovery_report().damages.empty());
  EXPECT_TRUE(engine->recovery_report().cut);
  EXPECT_EQ(content_of(*engine).value().size(),
            static_cast<std::size_t>(flushed_records + logged_records - 1));
}

TEST(FullDiskOpening, keeps_the_log_where_a_database_without_one_has_no_room_to_flush_it) {
  const auto disk = made(false);
  disk->set_capacity(disk->used());
  Options options = options_on(disk);
  options.durability = Durability::none();
  for (int i = 0; i < 3; ++i) {
    Engine engine = Engine::open(options).value();
    expect_all(engine);
  }
  disk->set_capacity(disk->used() + (std::uint64_t{64} << 20));
  Engine engine = Engine::open(options).value();
  expect_all(engine);
  ASSERT_TRUE(engine.close());
  for (const std::string& name : disk->names("/db")) EXPECT_FALSE(name.ends_with(".wal")) << name;
}

TEST(FullDiskOpening, loses_nothing_where_the_power_goes_while_it_makes_room) {
  const WithExpired database;
  for (std::uint64_t at = 1;; ++at) {
    const auto disk = database.disk->after(PowerCut::keep_all());
    disk->set_capacity(disk->used());
    disk->cut_power_at(at);
    if (auto engine = Engine::open(database.options(disk))) {
      for (int i = 0; i < 100 && engine->step().value_or(false); ++i) {
      }
    }
    if (!disk->power_is_off()) break;
    const auto after = disk->after(PowerCut::random(at));
    after->set_capacity(std::uint64_t{64} << 20);
    auto engine = Engine::open(database.options(after));
    ASSERT_TRUE(engine) << engine.error().message() << " cut at " << at;
    EXPECT_TRUE(engine->recovery_report().damages.empty());
    EXPECT_EQ(content_of(*engine).value(), database.alive) << " cut at " << at;
  }
}

}  // namespace
}  // namespace varve::test
