// What an engine of this kind got wrong before this one, a case each: what was acknowledged and
// lost, or damaged and believed.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::test {
namespace {

std::vector<std::filesystem::path> files_with(const SimulatedDisk& disk, std::string_view ending) {
  std::vector<std::filesystem::path> found;
  const auto names = disk.names("/db");
  for (const std::string& name : names) {
    if (name.ends_with(ending)) found.push_back(std::filesystem::path("/db") / name);
  }
  return found;
}

TEST(Lessons, l09_the_sequence_never_restarts_low) {
  Database db;
  db.put("k", 1, 1, std::chrono::seconds(1));
  db.put("k", 2, 1, std::chrono::seconds(1));
  const std::uint64_t before = db->last_sequence();
  db.flush();
  db.clock().advance(std::chrono::hours(1));
  db.collect();
  EXPECT_EQ(db->stats().tables, 0u) << "collection was to remove every table";
  // Once to write it into a new manifest and log, and once to read it there.
  db.reopen();
  db.reopen();
  EXPECT_GE(db->last_sequence(), before);
  db.put("k", 3, "written after the restart");
  EXPECT_GT(db->last_sequence(), before);
  db.reopen();
  EXPECT_EQ(db.get("k", 3)->value(), Value("written after the restart"));
}

TEST(Lessons, l10_a_torn_tail_is_cut_off_before_new_appends) {
  const auto before = std::make_shared<SimulatedDisk>();
  Options options = small_options();
  options.file_system = before;
  Database killed(options);
  for (int i = 0; i < 10; ++i) killed.put("k", i, i);
  // The last group loses its end, as in a power cut.
  const auto disk = before->after(PowerCut::keep_all());
  const auto segments = files_with(*disk, ".wal");
  ASSERT_FALSE(segments.empty());
  const auto bytes = disk->content(segments.back());
  const auto last = std::find_if(bytes.rbegin(), bytes.rend(),
                                 [](std::byte byte) { return byte != std::byte{0}; });
  disk->flip_bit(segments.back(), 8 * static_cast<std::uint64_t>(bytes.rend() - last - 1));

  options.file_system = disk;
  Database db(options);
  EXPECT_EQ(db.count(Query::all()), 9u);
  EXPECT_TRUE(db->recovery_report().cut);
  db.put("k", 100, "after the cut");
  db.reopen();
  EXPECT_EQ(db.count(Query::all()), 10u);
  EXPECT_FALSE(db.get("k", 9)) << "what was cut off stays cut off";
  EXPECT_TRUE(db.get("k", 100));
}

TEST(Lessons, l11_one_flipped_bit_never_gives_wrong_or_silently_missing_data) {
  const auto fill = [](Database& db) {
    for (int i = 0; i < 40; ++i) db.put("k" + std::to_string(i % 4), i, i);
    db->sync().value();
  };
  Options options = small_options();
  options.threadless = true;  // Many are opened here.
  Database sound(options);
  fill(sound);
  sound.flush();
  const auto expected = sound.query(Query::all());

  enum class Where { log_of_a_killed_process, log_of_a_closed_one, table };
  for (const Where where :
       {Where::log_of_a_killed_process, Where::log_of_a_closed_one, Where::table}) {
    SCOPED_TRACE(static_cast<int>(where));
    for (std::uint64_t at = 0; at < 150; ++at) {
      auto disk = std::make_shared<SimulatedDisk>();
      options.file_system = disk;
      Database db(options);
      fill(db);
      if (where == Where::table) db.flush();
      if (where == Where::log_of_a_killed_process) {
        disk = disk->after(PowerCut::keep_all());
      } else {
        db.close();
      }
      const auto damaged = files_with(*disk, where == Where::table ? ".table" : ".wal").front();
      const std::uint64_t bits = 8 * std::min<std::uint64_t>(disk->content(damaged).size(), 4'096);
      disk->flip_bit(damaged, at * 7'919 % bits);

      options.file_system = disk;
      auto opened = Engine::open(options);
      if (!opened) {
        EXPECT_EQ(opened.error().code, Errc::corruption) << opened.error().message();
        continue;
      }
      const auto found = opened->query(Query::all());
      if (!found) {
        EXPECT_EQ(found.error().code, Errc::corruption) << found.error().message();
        continue;
      }
      const RecoveryReport& report = opened->recovery_report();
      if (report.cut || !report.damages.empty()) {
        ASSERT_LE(found->size(), expected.size());
        for (const Record& record : *found) {
          EXPECT_NE(std::ranges::find(expected, record), expected.end());
        }
      } else {
        EXPECT_EQ(*found, expected) << "bit " << at * 7'919 % bits;
        // Through the filter and the index too, which a query of everything passes over.
        for (int i = 0; i < 4; ++i) {
          const auto one = opened->get("k" + std::to_string(i), i);
          EXPECT_TRUE(one ? *one == found->at(10 * static_cast<std::size_t>(i))
                          : one.error().code == Errc::corruption);
          const auto some = opened->count(Query::all().between(i, i + 1));
          EXPECT_TRUE(some ? *some == 1 : some.error().code == Errc::corruption);
        }
      }
    }
  }
}

TEST(Lessons, l12_an_appended_write_is_in_the_kernel_when_acknowledged) {
  const TemporaryDirectory directory;
  Options options = small_options();
  options.dir = directory.path() / "db";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto engine = Engine::open(options);
    const bool written = engine && engine->write(std::vector<Record>{{"k", 1, "kept"}});
    // No destructor, no flush of any buffer: as a kill at this moment.
    _exit(written ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  auto engine = Engine::open(options);
  ASSERT_TRUE(engine) << engine.error().message();
  EXPECT_EQ(engine->get("k", 1).value()->value(), Value("kept"));
}

TEST(Lessons, l18_a_second_process_is_locked_out) {
  const TemporaryDirectory directory;
  Options options = small_options();
  options.dir = directory.path() / "db";
  auto engine = Engine::open(options);
  ASSERT_TRUE(engine) << engine.error().message();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto second = Engine::open(options);
    const bool locked = !second && second.error().code == Errc::locked &&
                        second.error().where.find(std::to_string(getppid())) != std::string::npos;
    _exit(locked ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "locked, naming the holder";
  const auto third = Engine::open(options);
  ASSERT_FALSE(third) << "not in the same process either";
  EXPECT_EQ(third.error().code, Errc::locked);
  const std::string message = third.error().message();
  EXPECT_NE(message.find("pid " + std::to_string(getpid())), std::string::npos) << message;
  EXPECT_TRUE(message.ends_with(": the database is open already")) << message;
}

TEST(Lessons, l20_a_failed_flush_loses_nothing_and_is_tried_again) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Options options = small_options();
  options.file_system = disk;
  Database db(options);
  for (int i = 0; i < 100; ++i) db.put("k", i, i);
  const std::uint64_t flushes = db->stats().flushes;
  const auto fails = [&](Call call, const char* suffix) {
    SCOPED_TRACE(std::string(suffix) + ", call " + std::to_string(static_cast<int>(call)));
    const std::uint64_t failures = disk->failures();
    disk->fail({.call = call, .lasting = true, .suffix = suffix});
    EXPECT_FALSE(db->flush());
    EXPECT_GT(disk->failures(), failures);
    disk->clear_faults();
    EXPECT_EQ(db.count(Query::all()), 100u);
    // A process that is killed now finds everything too.
    Options after = options;
    after.file_system = disk->after(PowerCut::keep_all());
    Database killed(after);
    EXPECT_EQ(killed.count(Query::all()), 100u);
  };
  for (const Call call : {Call::create, Call::write, Call::sync}) fails(call, ".table");
  for (const Call call : {Call::write, Call::sync}) fails(call, ".manifest");
  db.flush();
  EXPECT_EQ(db->stats().flushes, flushes + 1);
  EXPECT_EQ(db.count(Query::all()), 100u);
  db.reopen();
  EXPECT_EQ(db.count(Query::all()), 100u);
}

TEST(Lessons, l21_a_batch_is_all_or_nothing_across_a_crash) {
  const TemporaryDirectory directory;
  Options options = small_options();
  options.dir = directory.path() / "db";
  constexpr int batch_size = 50;
  for (int round = 0; round < 5; ++round) {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto engine = Engine::open(options);
      if (!engine) _exit(1);
      for (Timestamp ts = 0;; ++ts) {
        WriteBatch batch;
        for (int i = 0; i < batch_size; ++i) {
          batch.put("r" + std::to_string(round) + "/" + std::to_string(i), ts, i);
        }
        if (!engine->write(std::move(batch))) _exit(1);
        if (ts == 20 && ::write(ready[1], "x", 1) != 1) _exit(1);
      }
    }
    close(ready[1]);
    char byte = 0;
    ASSERT_EQ(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);

    auto engine = Engine::open(options);
    ASSERT_TRUE(engine) << engine.error().message();
    std::map<Timestamp, int> sizes;
    const auto found = engine->query(Query::prefix("r" + std::to_string(round) + "/")).value();
    for (const Record& record : found) ++sizes[record.ts()];
    EXPECT_GE(sizes.size(), 21u) << "what was acknowledged is there";
    for (const auto& [ts, size] : sizes) EXPECT_EQ(size, batch_size) << "in part, at " << ts;
  }
}

TEST(Lessons, l21_a_batch_torn_by_a_power_cut_is_nothing) {
  constexpr int batch_size = 200;
  int whole = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(PowerCut::random(seed).describe());
    const auto disk = std::make_shared<SimulatedDisk>();
    Options options = small_options();
    options.file_system = disk;
    options.threadless = true;
    Database db(options);
    db.put("before", 1, 1);
    db->sync().value();
    WriteBatch batch;
    for (int i = 0; i < batch_size; ++i) batch.put("torn/" + std::to_string(i), i, i * 0.1);
    disk->cut_power_at(1);
    EXPECT_FALSE(db->write(std::move(batch)));

    options.file_system = disk->after(PowerCut::random(seed));
    Database after(options);
    EXPECT_TRUE(after.get("before", 1));
    const std::size_t found = after.count(Query::prefix("torn/"));
    EXPECT_TRUE(found == 0 || found == batch_size) << found << " records of a batch";
    if (found != 0) ++whole;
  }
  EXPECT_LT(whole, 60) << "no cut tore the batch";
}

}  // namespace
}  // namespace varve::test
