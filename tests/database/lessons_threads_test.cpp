// What an engine of this kind got wrong before this one, a case each: what goes wrong between
// threads. Where a mistake needs two threads at certain places, the disk holds one of them there.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;

/// A thread that waits for ever would not come back, and neither would the test.
[[noreturn]] void say_that_it_hangs(const std::string& what) {
  std::fprintf(stderr, "%s waits for ever\n", what.c_str());
  std::_Exit(1);
}
constexpr auto for_ever = 20s;

template <class Future>
void finish(Future& running, const std::string& what) {
  if (running.wait_for(for_ever) != std::future_status::ready) say_that_it_hangs(what);
  running.get();
}

/// Runs `meanwhile` once, on a thread of its own, in the middle of the first matching call of the
/// disk after arm(). The caller is held there until it is done, or for a moment: it may have to
/// wait for the caller.
class Interruption {
 public:
  explicit Interruption(SimulatedDisk& disk) {
    disk.on_call([this](Call call, const std::string& path) {
      std::shared_future<void> running;
      {
        const std::lock_guard lock(mutex_);
        if (!meanwhile_ || call != call_ || !path.ends_with(suffix_)) return;
        running_ = std::async(std::launch::async, std::exchange(meanwhile_, nullptr)).share();
        running = running_;
      }
      running.wait_for(20ms);
    });
  }

  void arm(Call call, std::string suffix, std::function<void()> meanwhile) {
    const std::lock_guard lock(mutex_);
    call_ = call;
    suffix_ = std::move(suffix);
    meanwhile_ = std::move(meanwhile);
    running_ = {};
  }
  /// Waits for what was run. False where there was no such call.
  bool finish() {
    std::shared_future<void> running;
    {
      const std::lock_guard lock(mutex_);
      running = running_;
    }
    if (!running.valid()) return false;
    test::finish(running, "what came in between");
    return true;
  }

 private:
  std::mutex mutex_;  // Of all below: any thread may be at the disk.
  Call call_{};
  std::string suffix_;
  std::function<void()> meanwhile_;
  std::shared_future<void> running_;
};

/// A database whose records are overwritten again and again, and what it has to hold.
class Overwritten {
 public:
  Overwritten() : disk_(std::make_shared<SimulatedDisk>()), interruption_(*disk_), db_(options()) {}

  Database& db() { return db_; }
  Interruption& interruption() { return interruption_; }

  void put() {
    ++round_;
    for (int i = 0; i < 3; ++i) put("k" + std::to_string((round_ + i) % 5), round_ % 3);
    put("each", round_);
  }
  void check() {
    std::map<std::pair<std::string, Timestamp>, int> found;
    for (const Record& record : db_.query(Query::all())) {
      const bool once =
          found.emplace(std::pair(record.key(), record.ts()), record.value().as_int64()).second;
      EXPECT_TRUE(once) << record.key() << " at " << record.ts() << " is there twice";
    }
    EXPECT_EQ(found, expected_);
    for (const auto& [record, value] : expected_) {
      const auto got = db_.get(record.first, record.second);
      ASSERT_TRUE(got) << record.first << " at " << record.second;
      EXPECT_EQ(got->value(), Value(value));
    }
  }

 private:
  Options options() {
    Options options = small_options();
    options.file_system = disk_;
    return options;
  }
  void put(const std::string& key, Timestamp ts) {
    db_.put(key, ts, round_);
    expected_.insert_or_assign({key, ts}, round_);
  }

  std::shared_ptr<SimulatedDisk> disk_;
  Interruption interruption_;
  Database db_;
  int round_ = 0;
  std::map<std::pair<std::string, Timestamp>, int> expected_;
};

TEST(Lessons, l13_flush_and_compaction_that_meet_at_any_call_lose_and_double_nothing) {
  using Action = void (*)(Database&);
  constexpr Action flush = [](Database& db) { db.flush(); };
  constexpr Action compact = [](Database& db) { db.compact(); };
  constexpr Action collect = [](Database& db) { db.collect(); };
  struct Meeting {
    const char* name;
    Action first;
    Action second;
  };
  for (const auto& [name, first, second] :
       {Meeting{"a flush in a compaction", compact, flush},
        Meeting{"a compaction in a flush", flush, compact}, Meeting{"two flushes", flush, flush},
        Meeting{"two compactions", compact, compact},
        Meeting{"a collection in a compaction", compact, collect}}) {
    Overwritten it;
    for (const auto& [call, suffix] : {std::pair(Call::create, ".table"),
                                       {Call::write, ".table"},
                                       {Call::sync, ".table"},
                                       {Call::write, ".manifest"},
                                       {Call::sync, ".manifest"}}) {
      SCOPED_TRACE(std::string(name) + ", at call " + std::to_string(static_cast<int>(call)) +
                   " of a " + suffix);
      for (int table = 0; table < 2; ++table) {
        it.put();
        it.db().flush();
      }
      it.put();
      // So that the second finds something to do, wherever the first stands.
      it.interruption().arm(call, suffix, [&, action = second] {
        it.put();
        action(it.db());
      });
      first(it.db());
      EXPECT_TRUE(it.interruption().finish()) << "they did not meet";
      it.check();
    }
    it.db().reopen();
    it.check();
  }
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
  for (int i = 0; i < records; ++i) db.put("key" + std::to_string(i), i, i);
  stop = true;
  flusher.join();
  compacter.join();
  EXPECT_EQ(db.count(Query::all()), static_cast<std::size_t>(records));
  db.reopen();
  EXPECT_EQ(db.count(Query::all()), static_cast<std::size_t>(records));
}

TEST(Lessons, l14_writes_that_come_while_another_is_at_the_disk_are_woken) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Interruption interruption(*disk);
  Options options = small_options();
  options.file_system = disk;
  options.queue_bytes = std::size_t{16} << 10;
  Database db(options);
  const auto write = [&](const std::string& key, std::size_t size, Durability durability) {
    WriteBatch batch;
    batch.put(key, 1, std::string(size, 'v'));
    EXPECT_TRUE(db->write(std::move(batch), WriteOptions().durability(durability))) << key;
  };
  const Durability appended = Durability::appended();
  const Durability always = Durability::always();
  constexpr std::size_t small = 10;
  constexpr std::size_t most_of_the_queue = std::size_t{9} << 10;
  struct Meeting {
    const char* name;
    Call call;
    Durability first;
    Durability others;
    int other_count;
    std::size_t size;
  };
  for (const Meeting& meeting : {
           Meeting{"while one appends", Call::write, appended, appended, 2, small},
           Meeting{"to be synced, while one appends", Call::write, appended, always, 2, small},
           Meeting{"while one syncs", Call::sync, always, appended, 2, small},
           Meeting{"to be synced, while one syncs", Call::sync, always, always, 2, small},
           Meeting{"when the queue is full", Call::write, appended, appended, 1, most_of_the_queue},
       }) {
    const auto writer = [&](const std::string& key, Durability durability) {
      return std::async(std::launch::async, [&write, &meeting, key, durability] {
        write(key, meeting.size, durability);
      });
    };
    // Nothing else is written, so who is not woken waits for ever.
    interruption.arm(meeting.call, "", [&] {
      std::vector<std::future<void>> others;
      for (int i = 0; i < meeting.other_count; ++i) {
        others.push_back(writer("other " + std::to_string(i), meeting.others));
      }
      for (std::future<void>& other : others) finish(other, meeting.name);
    });
    std::future<void> first = writer("first", meeting.first);
    finish(first, meeting.name);
    EXPECT_TRUE(interruption.finish()) << "they did not meet";
  }
}

/// Two writers that begin each round together, where none begins the next before both are
/// acknowledged: so no later write makes good a wake-up that was lost.
class Rounds {
 public:
  /// `write` is one writer's part of a round. Ends after a second, or, where VARVE_ROUNDS is set,
  /// after so many rounds.
  void run(const std::function<void(int, std::uint64_t)>& write) {
    const char* const given = std::getenv("VARVE_ROUNDS");
    const std::uint64_t rounds = given == nullptr ? 20'000 : std::strtoull(given, nullptr, 10);
    const auto end = std::chrono::steady_clock::now() + (given == nullptr ? 1s : 24h);
    const auto writer = [&](int id) {
      for (std::uint64_t round = 0; !over_; ++round) {
        // One of them somewhat later, each time by another moment.
        if (round % 2 == static_cast<std::uint64_t>(id)) pause(10ns * (round / 2 % 256));
        write(id, round);
        if (arrived_.fetch_add(1) % 2 == 0) {
          wait_for_the_other(round);
        } else {
          over_ = round + 1 == rounds || std::chrono::steady_clock::now() > end;
          finished_ = round + 1;
        }
      }
    };
    std::atomic<bool> done{false};
    std::thread watch([&] { look_after(done); });
    std::thread first(writer, 0);
    std::thread second(writer, 1);
    first.join();
    second.join();
    done = true;
    watch.join();
  }

 private:
  static void pause(std::chrono::nanoseconds length) {
    const auto end = std::chrono::steady_clock::now() + length;
    while (std::chrono::steady_clock::now() < end) {
    }
  }

  /// Mostly awake, so that the next round begins together.
  void wait_for_the_other(std::uint64_t round) const {
    for (int look = 1; finished_ == round; ++look) {
      if (look % 1'000 == 0) std::this_thread::yield();
    }
  }

  void look_after(const std::atomic<bool>& done) const {
    std::uint64_t seen = 0;
    auto since = std::chrono::steady_clock::now();
    while (!done) {
      std::this_thread::sleep_for(5ms);
      const auto now = std::chrono::steady_clock::now();
      if (const std::uint64_t finished = finished_; finished != seen) {
        seen = finished;
        since = now;
      }
      if (now - since > for_ever) say_that_it_hangs("round " + std::to_string(seen));
    }
  }

  std::atomic<std::uint64_t> arrived_{0};
  std::atomic<std::uint64_t> finished_{0};  // Stored by who comes last, and orders `over_`.
  bool over_ = false;
};

TEST(Lessons, l14_no_wake_up_is_lost_in_group_commit) {
  Options options = small_options();
  options.memtable_bytes = std::size_t{64} << 20;
  options.wal_bytes = std::size_t{256} << 20;
  Database db(options);
  Rounds().run([&](int id, std::uint64_t round) {
    WriteBatch batch;
    batch.put(id == 0 ? "a" : "b", static_cast<Timestamp>(round), 1.0);
    // Both, one or none of them waits for the sync thread.
    const bool always = (round >> id) % 4 == 0;
    const auto durability = always ? Durability::always() : Durability::appended();
    EXPECT_TRUE(db->write(std::move(batch), WriteOptions().durability(durability)));
  });
}

TEST(Lessons, l15_acknowledged_records_are_visible_at_each_call_of_a_flush) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Database* written = nullptr;
  std::uint64_t looks = 0;
  bool looking = false;
  disk->on_call([&](Call, const std::string&) {
    if (written == nullptr || std::exchange(looking, true)) return;
    ++looks;
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(written->get("k", i)) << i;
    const auto latest = written->latest("k");
    EXPECT_EQ(latest ? latest->ts() : -1, 2);
    EXPECT_EQ(written->count(Query::all()), 3u);
    looking = false;
  });
  Options options = small_options();
  options.file_system = disk;
  options.threadless = true;
  Database db(options);
  for (int i = 0; i < 3; ++i) {
    if (i == 1) db.flush();
    db.put("k", i, i);
  }
  written = &db;
  db.flush();
  written = nullptr;
  EXPECT_GT(looks, 5u);
}

TEST(Lessons, l15_acknowledged_records_are_visible_while_tables_take_their_memtables_place) {
  Database db;
  std::atomic<Timestamp> acknowledged{-1};
  std::atomic<Timestamp> missed{-1};
  // Without a pause, to be there in the moment of the change.
  const auto look_again_and_again = [&](auto&& look) {
    while (missed < 0) {
      const Timestamp newest = acknowledged;
      if (newest == std::numeric_limits<Timestamp>::max()) return;
      if (newest >= 0 && !look(newest)) missed = newest;
    }
  };
  const auto get = [&](Timestamp newest) {
    const auto found = db->get("k", newest);
    return found && *found;
  };
  const auto latest = [&](Timestamp newest) {
    const auto found = db->latest("k");
    return found && *found && (*found)->ts() >= newest;
  };
  std::thread readers[] = {std::thread(look_again_and_again, get),
                           std::thread(look_again_and_again, get),
                           std::thread(look_again_and_again, latest)};
  const auto end = std::chrono::steady_clock::now() + 1s;
  for (Timestamp ts = 0; ts < 10'000 && missed < 0 && std::chrono::steady_clock::now() < end;
       ++ts) {
    db.put("k", ts, ts);
    acknowledged = ts;
    db.flush();
    if (ts % 16 == 0) db.compact();
  }
  acknowledged = std::numeric_limits<Timestamp>::max();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(missed, -1) << "was acknowledged, and not there";
}

}  // namespace
}  // namespace varve::test
