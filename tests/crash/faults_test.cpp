// One call of the disk fails, or the disk is full for a while, or the clock is wrong.

#include <gtest/gtest.h>

#include <tuple>

#include "tests/crash/scripted_run.hpp"
#include "tests/support/random.hpp"

namespace varve::test {
namespace {

WriteBatch one(std::string_view key, Timestamp ts, ValueView value) {
  WriteBatch batch;
  batch.put(key, ts, value);
  return batch;
}

struct Running {
  Sizes sizes = Sizes::shipped;
  std::shared_ptr<SimulatedDisk> disk = std::make_shared<SimulatedDisk>();
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();

  Options options(bool threadless = true) const {
    Options options = ScriptedRun(disk).options_on(disk);
    options.clock = clock;
    options.threadless = threadless;
    options.background_maintenance = !threadless;
    return options;
  }
  Engine open(bool threadless = true) const {
    return open_engine(options(threadless), sizes).value();
  }
};

class FaultsWith : public testing::TestWithParam<Sizes> {};
INSTANTIATE_TEST_SUITE_P(SizesOf, FaultsWith, testing::Values(Sizes::shipped, Sizes::tiny),
                         [](const auto& each) { return name_of(each.param); });

TEST_P(FaultsWith, one_failing_call_of_any_kind_loses_nothing_acknowledged) {
  for (const Call call : {Call::write, Call::sync, Call::create, Call::rename, Call::remove,
                          Call::sync_directory, Call::read, Call::open}) {
    for (std::uint64_t at = 1;; ++at) {
      const Running it{.sizes = GetParam()};
      it.disk->fail({.call = call, .at = at});
      Content acknowledged;
      bool reached_end = false;
      {
        auto opened = open_engine(it.options(), it.sizes);
        for (int i = 0; opened && i < 12; ++i) {
          const std::string key = "k" + std::to_string(i);
          const auto receipt = opened->write(
              one(key, i, i), WriteOptions().durability(i % 3 == 0 ? Durability::always()
                                                                   : Durability::appended()));
          if (receipt) acknowledged.insert_or_assign({key, i}, Value(i));
          if (i % 4 == 3) std::ignore = opened->flush();
          if (i == 9) std::ignore = opened->compact();
        }
        reached_end = it.disk->failures() == 0;
        // What it says of itself is what was acknowledged, or an error.
        if (opened) {
          if (const auto content = content_of(*opened)) {
            for (const auto& [record, value] : acknowledged) {
              EXPECT_TRUE(content->contains(record)) << record.first << " at fault " << at;
            }
          }
        }
      }
      it.disk->clear_faults();
      auto again = open_engine(it.options(), it.sizes);
      ASSERT_TRUE(again) << "call " << static_cast<int>(call) << " number " << at << ": "
                         << again.error().message();
      EXPECT_TRUE(again->recovery_report().damages.empty());
      const Content content = content_of(*again).value();
      for (const auto& [record, value] : acknowledged) {
        const auto found = content.find(record);
        ASSERT_NE(found, content.end())
            << record.first << " is lost; call " << static_cast<int>(call) << " number " << at;
        EXPECT_EQ(found->second, value);
      }
      if (reached_end) break;
    }
  }
}

const WriteOptions durably = WriteOptions().durability(Durability::always());

/// Fails syncs of the log, whose files were once spares.
void fail_log_syncs(SimulatedDisk& disk, bool lasting, int error_number = EIO) {
  for (const char* const suffix : {".wal", ".spare"}) {
    disk.fail(
        {.call = Call::sync, .lasting = lasting, .error_number = error_number, .suffix = suffix});
  }
}

TEST(Faults, what_a_failed_sync_of_the_log_was_for_is_durable_in_tables_and_writes_go_on) {
  for (const bool threadless : {true, false}) {
    for (const int error_number : {EIO, ENOSPC, EDQUOT}) {
      const Running it;
      Engine engine = it.open(threadless);
      ASSERT_TRUE(engine.write(one("k", 1, 1), durably));
      ASSERT_TRUE(engine.write(one("k", 2, 2)));
      fail_log_syncs(*it.disk, false, error_number);
      const auto waiting = engine.write(one("k", 3, 3), durably);
      ASSERT_TRUE(waiting) << waiting.error().message();
      EXPECT_EQ(waiting->reached, Reached::durable);
      it.disk->clear_faults();
      const auto next = engine.write(one("k", 4, 4), durably);
      ASSERT_TRUE(next) << next.error().message();
      EXPECT_FALSE(engine.stats().last_error);
      Options options = it.options();
      options.file_system = it.disk->after(PowerCut::lose_unsynced());
      Engine after = open_engine(options, it.sizes).value();
      EXPECT_TRUE(after.recovery_report().damages.empty());
      for (int i = 1; i <= 4; ++i) EXPECT_TRUE(after.get("k", i).value()) << i;
      EXPECT_TRUE(engine.close());
    }
  }
}

TEST(Faults, a_failed_sync_and_a_failed_flush_end_writing_until_a_flush_succeeds) {
  for (const int error_number : {EIO, ENOSPC}) {
    const Running it;
    Engine engine = it.open();
    ASSERT_TRUE(engine.write(one("k", 1, 1), durably));
    it.disk->fail({.call = Call::sync, .lasting = true, .error_number = error_number});
    EXPECT_EQ(engine.write(one("k", 2, 2), durably).error().code, Errc::unknown);
    EXPECT_EQ(engine.write(one("k", 3, 3)).error().code,
              error_number == EIO ? Errc::read_only : Errc::no_space);
    EXPECT_TRUE(engine.get("k", 1).value()) << "reads go on";
    EXPECT_TRUE(engine.stats().last_error);
    it.clock->advance(std::chrono::seconds(2));
    std::ignore = engine.step();
    EXPECT_FALSE(engine.write(one("k", 3, 3))) << "the disk is not well yet";
    it.disk->clear_faults();
    it.clock->advance(std::chrono::seconds(60));
    while (engine.step().value()) {
    }
    const auto again = engine.write(one("k", 4, 4), durably);
    ASSERT_TRUE(again) << again.error().message();
    Options options = it.options();
    options.file_system = it.disk->after(PowerCut::lose_unsynced());
    Engine after = open_engine(options, it.sizes).value();
    for (const int ts : {1, 2, 4}) EXPECT_TRUE(after.get("k", ts).value()) << ts;
  }
}

TEST(Faults, a_sync_that_is_asked_for_mends_what_an_earlier_one_left) {
  const Running it;
  Engine engine = it.open();
  it.disk->fail({.call = Call::sync, .lasting = true});
  EXPECT_EQ(engine.write(one("k", 1, 1), durably).error().code, Errc::unknown);
  EXPECT_EQ(engine.sync().error().code, Errc::unknown);
  it.disk->clear_faults();
  EXPECT_TRUE(engine.sync());
  EXPECT_TRUE(engine.write(one("k", 2, 2)));
}

TEST(Faults, close_says_which_batches_a_failed_sync_left_in_doubt) {
  for (const bool threadless : {true, false}) {
    const Running it;
    Engine engine = it.open(threadless);
    ASSERT_TRUE(engine.write(one("k", 1, 1), durably));
    ASSERT_TRUE(engine.write(one("k", 2, 2)));
    it.disk->fail({.call = Call::sync, .lasting = true});
    const Status closed = engine.close();
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().code, Errc::unknown);
    EXPECT_NE(closed.error().where.find("batches 2 to 2"), std::string::npos)
        << closed.error().where;
  }
}

TEST(Faults, reopening_after_a_failed_sync_stands_on_nothing_that_the_kernel_lost) {
  for (const bool retry : {false, true}) {
    const Running it;
    {
      Engine engine = it.open();
      ASSERT_TRUE(engine.write(one("k", 1, 1), durably));
      it.disk->fail({.call = Call::sync, .lasting = true});
      EXPECT_FALSE(engine.write(one("k", 2, 2), durably));
      if (!retry) it.disk->clear_faults();
    }
    // An open that fails while the disk is ill, and one after that.
    std::ignore = open_engine(it.options(), it.sizes);
    it.disk->clear_faults();
    Engine engine = it.open();
    ASSERT_TRUE(engine.get("k", 2).value());
    ASSERT_TRUE(engine.write(one("k", 3, 3), durably));
    Options options = it.options();
    options.file_system = it.disk->after(PowerCut::lose_unsynced());
    Engine after = open_engine(options, it.sizes).value();
    EXPECT_TRUE(after.recovery_report().damages.empty()) << after.recovery_report().to_string();
    for (int i = 1; i <= 3; ++i) EXPECT_TRUE(after.get("k", i).value()) << i;
  }
}

TEST(Faults, what_the_device_cannot_read_for_good_is_damage_and_the_rest_opens) {
  for (const Call call : {Call::read, Call::open, Call::size}) {
    for (const char* const suffix : {"2.wal", ".table"}) {
      SCOPED_TRACE(std::to_string(static_cast<int>(call)) + " of " + suffix);
      const Running it;
      {
        Engine engine = it.open();
        for (int i = 0; i < 5; ++i) ASSERT_TRUE(engine.write(one("flushed", i, i), durably));
        ASSERT_TRUE(engine.flush());
        for (int i = 0; i < 5; ++i) ASSERT_TRUE(engine.write(one("logged", i, i), durably));
      }
      const auto disk = it.disk->after(PowerCut::keep_all());
      disk->fail({.call = call, .lasting = true, .suffix = suffix});
      Options options = it.options();
      options.file_system = disk;
      auto engine = open_engine(options, it.sizes);
      ASSERT_TRUE(engine) << engine.error().message();
      if (std::string_view(suffix) == ".table") {
        EXPECT_TRUE(engine->get("logged", 4).value());
        // Opening reads no table, so it finds out only where there is none to be had.
        EXPECT_EQ(engine->recovery_report().damages.size(), call == Call::read ? 0u : 1u);
        EXPECT_FALSE(engine->get("flushed", 1)) << "damage is no answer";
      } else {
        EXPECT_EQ(engine->recovery_report().damages.size(), 1u);
        EXPECT_TRUE(engine->get("flushed", 4).value());
      }
      EXPECT_TRUE(engine->write(one("after", 1, 1), durably));
    }
  }
}

TEST(Faults, what_the_device_cannot_read_for_a_moment_loses_nothing_of_the_log) {
  const Running it;
  std::shared_ptr<SimulatedDisk> left;
  {
    Engine engine = it.open();
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(engine.write(one("k", i, i), durably));
    left = it.disk->after(PowerCut::keep_all());
  }
  for (const Call call : {Call::open, Call::read, Call::size}) {
    for (std::uint64_t at = 1; at <= 6; ++at) {
      const auto disk = left->after(PowerCut::keep_all());
      disk->fail({.call = call, .at = at, .suffix = ".wal"});
      Options options = it.options();
      options.file_system = disk;
      std::ignore = open_engine(options, it.sizes);
      disk->clear_faults();
      Engine engine = open_engine(options, it.sizes).value();
      EXPECT_EQ(content_of(engine).value().size(), 20u)
          << "call " << static_cast<int>(call) << " number " << at;
    }
  }
}

TEST(Faults, a_full_disk_refuses_writes_and_takes_them_again_without_a_restart) {
  const Running it;
  Engine engine = it.open();
  Content acknowledged;
  const auto write = [&](int i) {
    const std::string value(2'000, static_cast<char>('a' + i % 26));
    const auto receipt = engine.write(one("k", i, value));
    if (receipt) acknowledged.insert_or_assign({"k", i}, Value(value));
    return receipt;
  };
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(write(i));
  it.disk->set_capacity(it.disk->used());
  int refused = 0;
  for (int i = 20; i < 300; ++i) {
    const auto receipt = write(i);
    if (receipt) continue;
    ++refused;
    EXPECT_EQ(receipt.error().code, Errc::no_space) << receipt.error().message();
    EXPECT_EQ(receipt.error().code, std::errc::no_space_on_device);
    EXPECT_TRUE(engine.get("k", 0).value()) << "reads go on";
  }
  EXPECT_GT(refused, 0);
  it.disk->set_capacity(it.disk->used() + (std::uint64_t{64} << 20));
  for (int i = 300; i < 320; ++i) ASSERT_TRUE(write(i)) << "writes go on";
  EXPECT_EQ(content_of(engine).value(), acknowledged);
  ASSERT_TRUE(engine.close());
  Engine again = it.open();
  EXPECT_EQ(content_of(again).value(), acknowledged);
}

TEST(Faults, a_full_disk_is_emptied_by_what_expires) {
  const Running it;
  Random random(1);
  Engine engine = it.open();
  const auto write = [&](int i) {
    const Timestamp now = it.clock->wall();
    std::string value(2'000, '\0');
    for (char& c : value) c = static_cast<char>(random.next());
    WriteBatch batch;
    batch.put("k" + std::to_string(i), now, value, std::chrono::minutes(10));
    const auto written = engine.write(std::move(batch));
    it.clock->advance(std::chrono::seconds(1));
    return written.has_value();
  };
  const auto rest = [&] {
    // A job that fails for want of room is tried again later.
    for (int i = 0; i < 100 && engine.step().value_or(false); ++i) {
    }
  };
  for (int i = 0; i < 400; ++i) {
    ASSERT_TRUE(write(i));
    if (i % 10 == 9) {
      ASSERT_TRUE(engine.flush());
    }
    rest();
  }
  it.disk->set_capacity(it.disk->used());
  int refused = 0;
  for (int i = 400; i < 500; ++i) refused += write(i) ? 0 : 1;
  EXPECT_GT(refused, 0);
  const std::uint64_t tables = engine.stats().tables;
  it.clock->advance(std::chrono::hours(1));
  rest();
  EXPECT_LT(engine.stats().tables, tables);
  for (int i = 500; i < 520; ++i) EXPECT_TRUE(write(i)) << "writes go on";
}

TEST(Faults, a_wrong_clock_purges_nothing_and_refuses_nothing) {
  const Running it;
  it.clock->set_synchronised(false);
  const Timestamp now = it.clock->wall();
  Engine engine = it.open();
  ASSERT_TRUE(engine.write(one("no ttl", now, 1)));
  WriteBatch batch;
  batch.put("ttl", now, 1, std::chrono::hours(24));
  ASSERT_TRUE(engine.write(std::move(batch)));
  for (const Timestamp wrong : {now - Duration(std::chrono::hours(12)).count(),
                                now + Duration(std::chrono::hours(87'600)).count(), Timestamp{0}}) {
    it.clock->set_wall(wrong);
    ASSERT_TRUE(engine.write(one("while wrong", wrong, 1)));
    ASSERT_TRUE(engine.flush());
    for (int minutes = 0; minutes < 10; ++minutes) {
      while (engine.step().value()) {
      }
      it.clock->advance(std::chrono::minutes(1));
    }
    it.clock->set_wall(now);
    EXPECT_TRUE(engine.get("no ttl", now).value());
    EXPECT_TRUE(engine.get("ttl", now).value()) << "purged while the clock said " << wrong;
    EXPECT_TRUE(engine.get("while wrong", wrong).value());
  }
}

}  // namespace
}  // namespace varve::test
