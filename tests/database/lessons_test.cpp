// What an engine of this kind got wrong before this one, a case each.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::test {
namespace {

std::string numbered(std::string_view prefix, std::size_t number) {
  std::string digits = std::to_string(number);
  return std::string(prefix) + std::string(6 - digits.size(), '0') + digits;
}

/// Flushes after each of its parts, so that the records lie in several tables.
void write_in_parts(Database& db, std::size_t keys, std::size_t parts) {
  for (std::size_t part = 0; part < parts; ++part) {
    for (std::size_t i = part; i < keys; i += parts) {
      db.put(numbered("key", i), static_cast<Timestamp>(i), static_cast<double>(i));
    }
    db.flush();
  }
}

Status flip_bit(FileSystem& files, const std::filesystem::path& path, std::uint64_t bit) {
  auto file = files.open(path, OpenMode::read_write);
  if (!file) return std::unexpected(file.error());
  std::byte byte{};
  if (auto read = (*file)->read_at(bit / 8, std::span(&byte, 1)); !read) return read;
  byte ^= std::byte{1} << (bit % 8);
  const std::span<const std::byte> piece(&byte, 1);
  return (*file)->write_at(bit / 8, std::span(&piece, 1));
}

std::vector<std::filesystem::path> files_with(FileSystem& files, std::string_view ending) {
  std::vector<std::filesystem::path> found;
  const auto names = files.list("/db").value();
  for (const std::string& name : names) {
    if (name.ends_with(ending)) found.push_back(std::filesystem::path("/db") / name);
  }
  return found;
}

TEST(Lessons, l01_every_key_is_found_after_compaction_which_keeps_order) {
  Database db;
  write_in_parts(db, 3'000, 7);
  db.compact();
  const auto records = db.query(Query::all());
  ASSERT_EQ(records.size(), 3'000u);
  for (std::size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(records[i].key(), numbered("key", i));
    ASSERT_TRUE(db.get(records[i].key(), static_cast<Timestamp>(i))) << i;
  }
}

TEST(Lessons, l02_the_newest_wins_across_tables) {
  Database db;
  for (int value = 1; value <= 5; ++value) {
    db.put("k", 10, value);
    db.flush();
  }
  EXPECT_EQ(db.get("k", 10)->value(), Value(5));
  EXPECT_EQ(db.count(Query::key("k")), 1u);
  db.compact();
  EXPECT_EQ(db.get("k", 10)->value(), Value(5));
  EXPECT_EQ(db.count(Query::key("k")), 1u);
}

TEST(Lessons, l03_a_delete_holds_across_tables_flush_and_compaction) {
  Database db;
  db.put("k", 1, 1.0);
  db.put("k", 2, 2.0);
  db.flush();
  db.compact();
  db.erase("k", 1);
  EXPECT_FALSE(db.get("k", 1));
  db.flush();
  EXPECT_FALSE(db.get("k", 1));
  EXPECT_EQ(db.count(Query::all()), 1u);
  db.compact();
  db.collect();
  EXPECT_FALSE(db.get("k", 1));
  EXPECT_EQ(db.count(Query::all()), 1u);
  db.reopen();
  EXPECT_FALSE(db.get("k", 1));
}

TEST(Lessons, l04_latest_respects_deletes_and_sees_all_tables) {
  Database db;
  db.put("k", 5, "in the oldest table, and the latest");
  db.flush();
  db.put("k", 3, "newer, but earlier");
  db.flush();
  db.put("k", 4, "in memory");
  EXPECT_EQ(db.latest("k")->ts(), 5);
  db.erase("k", 5);
  EXPECT_EQ(db.latest("k")->ts(), 4);
  db.flush();
  db.erase("k", 4);
  EXPECT_EQ(db.latest("k")->ts(), 3);
  db.erase("k", 3);
  EXPECT_FALSE(db.latest("k"));
}

TEST(Lessons, l05_a_range_delete_hides_what_came_before_and_nothing_after_from_every_read) {
  Database db;
  const auto check = [&](const char* when) {
    SCOPED_TRACE(when);
    EXPECT_FALSE(db.get("a/1", 10));
    EXPECT_TRUE(db.get("a/1", 30)) << "outside the range of time";
    EXPECT_EQ(db.get("a/1", 11)->value(), Value("after"));
    EXPECT_EQ(db.latest("a/2")->ts(), 11);
    EXPECT_EQ(db.count(Query::prefix("a/")), 3u);
    EXPECT_EQ(db.count(Query::all().between(0, 20)), 3u) << "a/1 and a/2 at 11, b at 10";
    EXPECT_TRUE(db.get("b", 10)) << "outside the range of keys";
  };
  db.put("a/1", 10, "before");
  db.put("a/1", 30, "before");
  db.put("a/2", 10, "before");
  db.put("b", 10, "before");
  db.flush();
  db.put("a/2", 15, "before, in memory");
  db.erase_range("a/", "a0", TimeRange(0, 20));
  db.put("a/1", 11, "after");
  db.put("a/2", 11, "after");
  check("in memory");
  db.flush();
  check("flushed");
  db.compact();
  db.collect();
  check("compacted");
  db.reopen();
  check("reopened");
}

TEST(Lessons, l06_a_series_longer_than_a_block_is_found_whole) {
  Database db;
  constexpr int records = 10'240;
  WriteBatch batch;
  for (int i = 0; i < records; ++i) batch.put("long", i, i);
  batch.put("longer", 0, 0);
  db.write(std::move(batch));
  db.flush();
  EXPECT_EQ(db.count(Query::key("long")), static_cast<std::size_t>(records));
  for (const int at : {0, 1'023, 1'024, 5'000, records - 1}) {
    ASSERT_EQ(db.get("long", at)->value(), Value(at));
  }
  EXPECT_EQ(db.latest("long")->ts(), records - 1);
}

TEST(Lessons, l07_a_time_range_inside_a_long_block_finds_its_rows) {
  Database db;
  WriteBatch batch;
  for (int i = 0; i < 5'000; ++i) batch.put("k", i * 10, i);
  db.write(std::move(batch));
  for (const char* when : {"before flush", "after flush"}) {
    SCOPED_TRACE(when);
    const auto records = db.query(Query::key("k").between(7'005, 7'055));
    ASSERT_EQ(records.size(), 5u);
    EXPECT_EQ(records.front().ts(), 7'010);
    EXPECT_EQ(records.back().ts(), 7'050);
    db.flush();
  }
}

TEST(Lessons, l08_open_bounds_and_keys_of_any_byte_work) {
  Database db;
  const std::vector<std::string> keys = {std::string("\0", 1), "a", "~", "\x7f", "\xff",
                                         "\xff\xff\x01"};
  for (const char* when : {"in memory", "flushed"}) {
    SCOPED_TRACE(when);
    for (const std::string& key : keys) {
      db.put(key, std::numeric_limits<Timestamp>::min(), 1);
      db.put(key, std::numeric_limits<Timestamp>::max(), 2);
    }
    EXPECT_EQ(db.count(Query::all()), 12u);
    EXPECT_EQ(db.count(Query::all().between(std::nullopt, 0)), 6u);
    EXPECT_EQ(db.count(Query::all().between(0, std::nullopt)), 6u);
    EXPECT_EQ(db.count(Query::keys("~", std::nullopt)), 8u);
    EXPECT_EQ(db.count(Query::keys(std::nullopt, "~")), 4u);
    EXPECT_EQ(db.count(Query::prefix("\xff")), 4u);
    EXPECT_EQ(db.count(Query::prefix("\xff\xff")), 2u);
    EXPECT_EQ(db.latest("\xff")->ts(), std::numeric_limits<Timestamp>::max());
    db.flush();
  }
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
  db.reopen();
  EXPECT_GE(db->last_sequence(), before);
  db.put("k", 3, "written after the restart");
  EXPECT_GT(db->last_sequence(), before);
  db.reopen();
  EXPECT_EQ(db.get("k", 3)->value(), Value("written after the restart"));
}

TEST(Lessons, l10_a_torn_tail_is_cut_off_before_new_appends) {
  Database db;
  for (int i = 0; i < 10; ++i) db.put("k", i, i);
  db.close();
  // The last group loses its end, as in a power cut.
  const auto segments = files_with(*db.options().file_system, ".wal");
  ASSERT_FALSE(segments.empty());
  auto file = db.options().file_system->open(segments.back(), OpenMode::read_write).value();
  std::vector<std::byte> bytes(file->size().value());
  ASSERT_TRUE(file->read_at(0, bytes));
  const auto last = std::find_if(bytes.rbegin(), bytes.rend(),
                                 [](std::byte byte) { return byte != std::byte{0}; });
  ASSERT_TRUE(flip_bit(*db.options().file_system, segments.back(),
                       8 * static_cast<std::uint64_t>(bytes.rend() - last - 1)));

  db.open();
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
  Database sound;
  fill(sound);
  sound.flush();
  const auto expected = sound.query(Query::all());

  for (const bool flushed : {false, true}) {
    SCOPED_TRACE(flushed ? "in a table" : "in the WAL");
    for (std::uint64_t at = 0; at < 150; ++at) {
      Database db;
      fill(db);
      if (flushed) db.flush();
      db.close();
      auto& files = *db.options().file_system;
      const auto damaged = files_with(files, flushed ? ".table" : ".wal").back();
      const std::uint64_t bits =
          8 * (flushed ? files.open(damaged, OpenMode::read).value()->size().value() : 4'096);
      ASSERT_TRUE(flip_bit(files, damaged, at * 7'919 % bits));

      auto opened = Engine::open(db.options());
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

TEST(Lessons, l13_flush_and_compaction_racing_never_lose_or_double_a_record) {
  Database db;
  std::atomic<bool> stop{false};
  std::thread flusher([&] {
    while (!stop) EXPECT_TRUE(db->flush());
  });
  std::thread compacter([&] {
    while (!stop) EXPECT_TRUE(db->compact());
  });
  constexpr int records = 2'000;
  for (int i = 0; i < records; ++i) db.put(numbered("key", static_cast<std::size_t>(i)), i, i);
  stop = true;
  flusher.join();
  compacter.join();
  EXPECT_EQ(db.count(Query::all()), static_cast<std::size_t>(records));
  db.reopen();
  EXPECT_EQ(db.count(Query::all()), static_cast<std::size_t>(records));
}

TEST(Lessons, l14_no_wake_up_is_lost_in_group_commit) {
  // A lost one would leave a writer waiting for ever, and the test would time out.
  Options options = small_options();
  options.memtable_bytes = std::size_t{64} << 20;
  options.wal_bytes = std::size_t{256} << 20;
  Database db(options);
  constexpr std::uint64_t rounds = 20'000;
  std::atomic<std::uint64_t> acknowledged{0};
  const auto writer = [&](int id) {
    for (std::uint64_t i = 0; i < rounds; ++i) {
      WriteBatch batch;
      batch.put(id == 0 ? "a" : "b", static_cast<Timestamp>(i), 1.0);
      const auto receipt = db->write(
          std::move(batch),
          WriteOptions().durability(i % 4 == 0 ? Durability::always() : Durability::appended()));
      if (receipt) ++acknowledged;
    }
  };
  std::thread first(writer, 0);
  std::thread second(writer, 1);
  first.join();
  second.join();
  EXPECT_EQ(acknowledged, 2 * rounds);
}

TEST(Lessons, l15_acknowledged_records_are_visible_while_a_flush_runs) {
  Database db;
  std::atomic<bool> stop{false};
  std::thread flusher([&] {
    while (!stop) EXPECT_TRUE(db->flush());
  });
  for (int i = 0; i < 2'000; ++i) {
    db.put("k", i, i);
    ASSERT_TRUE(db.get("k", i)) << i;
    ASSERT_EQ(db.latest("k")->ts(), i);
  }
  stop = true;
  flusher.join();
}

TEST(Lessons, l16_keys_and_values_over_their_limits_are_refused_never_truncated) {
  Options options = small_options();
  options.queue_bytes = options.memtable_bytes = std::size_t{64} << 20;
  options.wal_bytes = std::size_t{256} << 20;
  Database db(options);
  const std::string longest_key(65'535, 'k');
  const std::string longest_value(std::size_t{16} << 20, 'v');
  db.put(longest_key, 1, longest_value);
  EXPECT_EQ(db.get(longest_key, 1)->value().as_bytes(), longest_value);

  const auto refused = [&](std::string_view key, std::string_view value) {
    WriteBatch batch;
    batch.put("fine", 1, 1.0);
    batch.put(key, 1, value);
    const auto receipt = db->write(std::move(batch));
    return !receipt && receipt.error().code == Errc::invalid_argument;
  };
  EXPECT_TRUE(refused(longest_key + "k", "v"));
  EXPECT_TRUE(refused("k", longest_value + "v"));
  EXPECT_TRUE(refused("", "v"));
  EXPECT_EQ(db.count(Query::all()), 1u) << "nothing of a refused batch is written";
}

TEST(Lessons, l17_an_explicit_expiry_beats_the_default_ttl) {
  Options options = small_options();
  options.default_ttl = std::chrono::hours(1);
  Database db(options);
  const Timestamp now = db.clock().wall();
  db.put("by default", now, 1);
  db.put("its own", now, 1, std::chrono::hours(3));
  db.write([&] {
    WriteBatch batch;
    batch.put(Record("explicit", now, 1, now + Duration(std::chrono::hours(3)).count()).view());
    return batch;
  }());
  EXPECT_EQ(db.get("by default", now)->expires_at(), now + 3'600'000'000);
  db.clock().advance(std::chrono::hours(2));
  EXPECT_FALSE(db.get("by default", now));
  EXPECT_TRUE(db.get("its own", now));
  EXPECT_TRUE(db.get("explicit", now));
  db.flush();
  EXPECT_FALSE(db.get("by default", now));
  EXPECT_TRUE(db.get("explicit", now));
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

TEST(Lessons, l19_a_scan_stays_lazy_whatever_the_range) {
  Options options = small_options();
  options.block_cache_bytes = 0;
  Database db(options);
  for (int part = 0; part < 40; ++part) {
    WriteBatch batch;
    for (int i = 0; i < 1'000; ++i) batch.put("k", part * 1'000 + i, i);
    db.write(std::move(batch));
  }
  db.flush();
  db.compact();
  // A scan that is left after its first block has read little, and not all blocks there are.
  const std::uint64_t before = db->stats().cache_misses;
  {
    auto scan = db->scan(Query::all()).value();
    ASSERT_TRUE(scan.next_block().value());
  }
  const std::uint64_t first_block = db->stats().cache_misses - before;
  {
    auto scan = db->scan(Query::all()).value();
    std::size_t records = 0;
    for (const RecordView& record : scan) records += record.ts() >= 0 ? 1 : 0;
    ASSERT_TRUE(scan.status());
    EXPECT_EQ(records, 40'000u);
  }
  const std::uint64_t all_blocks = db->stats().cache_misses - before - first_block;
  EXPECT_LE(first_block, 4u);
  EXPECT_GE(all_blocks, 30u);
}

TEST(Lessons, l20_a_failed_flush_loses_nothing_and_is_tried_again) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Options options = small_options();
  options.file_system = disk;
  Database db(options);
  for (int i = 0; i < 100; ++i) db.put("k", i, i);
  const std::uint64_t flushes = db->stats().flushes;
  std::uint64_t failures = 0;
  for (const Call call : {Call::create, Call::write, Call::sync}) {
    disk->fail({.call = call, .suffix = ".table"});
    EXPECT_FALSE(db->flush());
    EXPECT_EQ(disk->failures(), ++failures);
    disk->clear_faults();
    EXPECT_EQ(db.count(Query::all()), 100u);
  }
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

TEST(Lessons, l22_an_expired_record_never_uncovers_the_older_one_it_replaced) {
  Database db;
  const Timestamp now = db.clock().wall();
  const auto check = [&](const char* when) {
    SCOPED_TRACE(when);
    EXPECT_FALSE(db.get("k", now));
    EXPECT_FALSE(db.latest("k"));
    EXPECT_EQ(db.count(Query::all()), 0u);
  };
  db.put("k", now, "old, without a TTL");
  db.flush();
  db.put("k", now, "new, with one", std::chrono::minutes(1));
  db.clock().advance(std::chrono::hours(1));
  check("in memory");
  db.flush();
  check("flushed");
  db.collect();
  check("collected");
  db.compact();
  check("compacted");
  db.collect();
  db.reopen();
  check("reopened");
}

}  // namespace
}  // namespace varve::test
