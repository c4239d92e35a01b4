// A process that syncs lazily is killed, and its log is damaged: a bit, or the length of a file.
// Every record that is missing and was durable is named by the sequence of its batch, and
// nothing that is there is wrong.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "tests/crash/scripted_run.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

std::uint64_t seed_count() {
  const char* text = std::getenv("VARVE_KILLED_LOGS");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

constexpr int lives_of_a_seed = is_sanitized ? 10 : 60;
constexpr int damages_of_a_life = 25;

Options lazy_options(std::shared_ptr<FileSystem> disk) {
  return ScriptedRun(nullptr).options_on(std::move(disk));
}

/// A database after a random life, and what its process had been told.
struct Life {
  struct Written {
    std::uint64_t sequence = 0;
    Value value;
  };
  std::map<Timestamp, Written> written;
  std::uint64_t durable = 0;  // Every batch up to this sequence.
  std::shared_ptr<SimulatedDisk> left;

  Life(Random& random, bool machine_goes_on) {
    const auto disk = std::make_shared<SimulatedDisk>();
    const auto clock = std::make_shared<ManualClock>();
    Options options = lazy_options(disk);
    options.clock = clock;
    Engine engine = Engine::open(options).value();
    const std::uint64_t batches = 5 + random.below(60);
    for (std::uint64_t i = 0; i < batches; ++i) {
      const auto ts = static_cast<Timestamp>(i);
      const Value value(std::string(1 + random.below(1'500), static_cast<char>('a' + i % 26)));
      WriteBatch batch;
      batch.put("k", ts, value.view());
      const bool syncs = random.below(12) == 0;
      const auto receipt = engine.write(
          std::move(batch),
          WriteOptions().durability(syncs ? Durability::always() : Durability::appended()));
      written.insert_or_assign(ts, Written{receipt.value().sequence, value});
      if (random.below(25) == 0) engine.flush().value();
      if (random.below(15) == 0) engine.sync().value();
    }
    if (random.below(3) != 0) engine.sync().value();
    // Some milliseconds after a sync with nothing behind it the log says so.
    clock->advance(std::chrono::milliseconds(20));
    while (engine.step().value()) {
    }
    durable = engine.stats().durable_sequence;
    left = disk->after(machine_goes_on ? PowerCut::kill() : PowerCut::keep_all());
  }
};

/// One of the files of the log.
std::string log_file(const SimulatedDisk& disk, Random& random) {
  std::vector<std::string> files;
  for (const std::string& name : disk.names("/db")) {
    if (name.ends_with(".wal")) files.push_back("/db/" + name);
  }
  return files.at(random.below(files.size()));
}

/// Of what was written to it; all of it now and then.
std::uint64_t place_in(const engine::Bytes& bytes, Random& random) {
  auto end = bytes.size();
  while (end > 1 && bytes[end - 1] == std::byte{0}) --end;
  return random.below(random.below(8) == 0 ? bytes.size() : end);
}

struct Damaged {
  std::string what;
  bool is_cut = false;  // So that nothing says how far the log once went.
};

Damaged damage(SimulatedDisk& disk, Random& random) {
  const std::string file = log_file(disk, random);
  const engine::Bytes bytes = disk.content(file);
  const std::uint64_t place = place_in(bytes, random);
  if (random.below(3) == 0) {
    disk.resize(file, place);
    return {file + " cut at " + std::to_string(place), true};
  }
  disk.flip_bit(file, place * 8 + random.below(8));
  return {"a bit of " + file + " @ " + std::to_string(place), false};
}

/// What a database says that is opened after the damage, and what it has.
void judge(const Life& life, const std::shared_ptr<SimulatedDisk>& disk, bool is_cut) {
  auto engine = Engine::open(lazy_options(disk));
  ASSERT_TRUE(engine) << engine.error().message();
  const RecoveryReport& report = engine->recovery_report();
  const auto is_named = [&](std::uint64_t sequence) {
    return std::ranges::any_of(report.damages, [&](const RecoveryReport::Damage& lost) {
      return lost.first_sequence != 0 && lost.first_sequence <= sequence &&
             (is_cut || sequence <= lost.last_sequence);
    });
  };
  const Content found = content_of(*engine).value();
  for (const auto& [ts, written] : life.written) {
    const auto at = found.find({"k", ts});
    if (at != found.end()) {
      EXPECT_EQ(at->second, written.value);
    } else if (written.sequence <= life.durable) {
      EXPECT_TRUE(is_named(written.sequence))
          << "batch " << written.sequence << " of " << life.durable
          << " durable ones is missing: " << report.to_string();
    }
  }
  EXPECT_LE(found.size(), life.written.size());
  // What is lost, as far as it is known, is not given again.
  WriteBatch batch;
  batch.put("after", 1, 1.0);
  const auto durably = WriteOptions().durability(Durability::always());
  const std::uint64_t next = engine->write(std::move(batch), durably).value().sequence;
  EXPECT_TRUE(is_cut || next > life.durable)
      << next << " after " << life.durable << ": " << report.to_string();
  Engine again = Engine::open(lazy_options(disk->after(PowerCut::lose_unsynced()))).value();
  EXPECT_TRUE(again.recovery_report().damages.empty()) << again.recovery_report().to_string();
  EXPECT_TRUE(again.get("after", 1).value());
}

class KilledLog : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(MachineGoesOn, KilledLog, testing::Bool());

TEST_P(KilledLog, names_every_durable_batch_that_its_damage_takes) {
  const std::uint64_t first = test_seed();
  for (std::uint64_t seed = first; seed < first + seed_count(); ++seed) {
    Random random(seed);
    for (int number = 0; number < lives_of_a_seed; ++number) {
      const Life life(random, GetParam());
      for (int i = 0; i < damages_of_a_life; ++i) {
        const auto disk = life.left->after(PowerCut::kill());
        const Damaged damaged = damage(*disk, random);
        SCOPED_TRACE(describe_seed(seed) + ", " + damaged.what);
        judge(life, disk, damaged.is_cut);
        if (HasFailure()) return;
      }
    }
  }
}

TEST_P(KilledLog, is_all_there_where_nothing_is_damaged) {
  Random random(test_seed());
  for (int i = 0; i < 20; ++i) {
    const Life life(random, GetParam());
    Engine engine = Engine::open(lazy_options(life.left)).value();
    EXPECT_TRUE(engine.recovery_report().damages.empty());
    EXPECT_EQ(content_of(engine).value().size(), life.written.size());
  }
}

/// Writes that one sync covers, and then silence: no group follows that would say so.
TEST(KilledLogOnce, names_what_is_lost_of_what_was_synced_and_followed_by_nothing) {
  const auto disk = std::make_shared<SimulatedDisk>();
  const Options options = ScriptedRun(nullptr).options_on(disk);
  {
    auto engine = std::make_unique<Engine>(Engine::open(options).value());
    for (int i = 0; i < 50; ++i) {
      WriteBatch batch;
      batch.put("k", i, 1.0);
      ASSERT_TRUE(
          engine->write(std::move(batch), WriteOptions().durability(Durability::appended())));
    }
    ASSERT_TRUE(engine->sync());
    while (engine->step().value()) {
    }
    // The process is killed here, and the machine goes down: no boot id tells anything.
    Options after = options;
    const auto left = disk->after(PowerCut::keep_all());
    after.file_system = left;
    for (const std::string& name : left->names("/db")) {
      if (name.ends_with(".wal")) left->flip_bit("/db/" + name, 8 * 200);
    }
    const Engine again = Engine::open(after).value();
    const RecoveryReport& report = again.recovery_report();
    ASSERT_EQ(report.damages.size(), 1u) << report.to_string();
    EXPECT_EQ(report.damages[0].first_sequence, 1u);
    EXPECT_EQ(report.damages[0].last_sequence, 50u);
    ASSERT_EQ(report.set_aside.size(), 1u);
    EXPECT_EQ(report.set_aside[0].last_ts, 49);
    EXPECT_EQ(again.last_sequence(), 50u) << "lost sequences are not given again";
  }
}

}  // namespace
}  // namespace varve::test
