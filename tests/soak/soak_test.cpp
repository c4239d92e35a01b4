// A database at work for a while, as on a gateway: writers, readers, expiry, flushes and
// compactions beside each other, on real files and by the real clock. Its answers stay those of a
// ledger beside it, and what it takes of memory and disk does not grow.
//
// 3 seconds with each of the sizes in the test command; VARVE_SOAK_SECONDS=600 runs ten minutes
// with each, and says every ten seconds where it stands.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/soak/ledger.hpp"
#include "tests/soak/resources.hpp"
#include "tests/support/engine_sizes.hpp"
#include "tests/support/random.hpp"
#include "tests/support/temporary_directory.hpp"
#include "varve/varve.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;

constexpr int writer_count = 3;
constexpr int reader_count = 2;
constexpr auto batch_pause = 4ms;

std::chrono::seconds soak_time() {
  const char* text = std::getenv("VARVE_SOAK_SECONDS");
  return std::chrono::seconds(text == nullptr ? 3 : std::strtoll(text, nullptr, 10));
}

/// Windows of seconds and small memtables: in ten minutes what takes a gateway days.
Options soak_options(const std::filesystem::path& dir) {
  Options options;
  options.dir = dir;
  options.memtable_bytes = std::size_t{1} << 20;
  options.wal_bytes = std::size_t{8} << 20;
  options.queue_bytes = std::size_t{1} << 20;
  options.block_cache_bytes = std::size_t{4} << 20;
  options.window = 5s;
  options.durability = Durability::interval(100ms);
  return options;
}

/// What one writer wrote. The mutex is held over a write and its entry, so that a snapshot taken
/// under it shows just what the ledger says.
struct Writer {
  explicit Writer(int id) : ledger("writer" + std::to_string(id) + "/") {}

  std::mutex mutex;
  Ledger ledger;
};

class Soak {
 public:
  Soak(const std::filesystem::path& dir, Sizes sizes, std::uint64_t seed)
      : options_(soak_options(dir)), sizes_(sizes), seed_(seed) {
    for (int id = 0; id < writer_count; ++id) writers_.push_back(std::make_unique<Writer>(id));
  }

  void run(std::chrono::seconds time) {
    open();
    if (testing::Test::HasFatalFailure()) return;
    std::vector<std::thread> threads;
    for (int id = 0; id < writer_count; ++id) threads.emplace_back([this, id] { write(id); });
    for (int id = 0; id < reader_count; ++id) threads.emplace_back([this, id] { read(id); });
    watch(time);
    stop_ = true;
    for (std::thread& thread : threads) thread.join();

    compare_all("at the end");
    const Status closed = engine_->close();
    EXPECT_TRUE(closed) << closed.error().message();
    engine_.reset();
    open();
    if (testing::Test::HasFatalFailure()) return;
    compare_all("reopened");
  }

 private:
  void open() {
    auto opened = open_engine(options_, sizes_);
    ASSERT_TRUE(opened) << opened.error().message();
    engine_.emplace(std::move(*opened));
  }

  static Timestamp wall() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<Duration>(now).count();
  }

  void write(int id) {
    Writer& writer = *writers_[static_cast<std::size_t>(id)];
    Random random(seed_ + static_cast<std::uint64_t>(id));
    while (!stop_) {
      {
        const std::lock_guard lock(writer.mutex);
        const auto receipt = engine_->write(writer.ledger.next_batch(wall(), random));
        ASSERT_TRUE(receipt) << receipt.error().message();
      }
      ++batches_;
      std::this_thread::sleep_for(batch_pause);
    }
  }

  /// Asks for a series, or for all of a writer's, and expects what the ledger has.
  void read(int id) {
    Random random(seed_ + 1'000 + static_cast<std::uint64_t>(id));
    while (!stop_) {
      Writer& writer = *random.pick(writers_);
      if (random.chance(0.02)) {
        compare_writer(writer, "while running");
      } else {
        compare_series(writer, random);
      }
      ++reads_;
      std::this_thread::sleep_for(2ms);
    }
  }

  Snapshot snapshot() {
    auto taken = engine_->snapshot();
    EXPECT_TRUE(taken) << taken.error().message();
    return *taken;
  }

  void compare_series(Writer& writer, Random& random) {
    const std::string key = writer.ledger.some_key(random);
    std::unique_lock lock(writer.mutex);
    const Snapshot snapshot = this->snapshot();
    const std::vector<Record> expected = writer.ledger.live(key, snapshot.now());
    lock.unlock();
    const ReadOptions options = ReadOptions().snapshot(snapshot);
    compare(expected, Query::key(key), options, "while running");
    const auto latest = engine_->latest(key, options);
    ASSERT_TRUE(latest) << latest.error().message();
    ASSERT_EQ(latest->has_value(), !expected.empty()) << key;
    if (!expected.empty()) {
      ASSERT_EQ(**latest, expected.back());
    }
  }

  void compare_writer(Writer& writer, const char* when) {
    std::unique_lock lock(writer.mutex);
    const Snapshot snapshot = this->snapshot();
    const std::vector<Record> expected = writer.ledger.live(snapshot.now());
    lock.unlock();
    compare(expected, Query::prefix(writer.ledger.prefix()), ReadOptions().snapshot(snapshot),
            when);
  }

  void compare_all(const char* when) {
    for (const auto& writer : writers_) compare_writer(*writer, when);
  }

  void compare(const std::vector<Record>& expected, const Query& query, const ReadOptions& options,
               const char* when) {
    const auto found = engine_->query(query, options);
    ASSERT_TRUE(found) << found.error().message();
    if (*found == expected) return;
    stop_ = true;
    FAIL() << when << ", from " << query.first_key() << ": found " << found->size()
           << " records, not the " << expected.size() << " of the ledger";
  }

  /// Looks at what the process takes, first half against second.
  void watch(std::chrono::seconds time) {
    const auto begun = std::chrono::steady_clock::now();
    auto next_word = begun + 10s;
    Resources first;
    Resources second;
    while (!stop_) {
      const auto now = std::chrono::steady_clock::now();
      if (now - begun >= time) break;
      const Resources taken = Resources::now(options_.dir);
      Resources& half = now - begun < time / 2 ? first : second;
      half = half.greatest(taken);
      if (now >= next_word) {
        say(std::chrono::duration_cast<std::chrono::seconds>(now - begun), taken);
        next_word += 10s;
      }
      std::this_thread::sleep_for(250ms);
    }
    const Stats stats = engine_->stats();
    EXPECT_EQ(stats.maintenance_failures, 0u) << stats.last_error->message();
    EXPECT_GT(stats.flushes, 0u);
    expect_bounded(first, second, stats);
    say(time, first.greatest(second));
  }

  static void expect_bounded(const Resources& first, const Resources& second, const Stats& stats) {
    // A minute fills TTLs, windows and caches. Only then the first half is a measure of the second.
    if (soak_time() >= 120s) {
      EXPECT_LE(second.resident_bytes, first.resident_bytes + first.resident_bytes / 5);
      EXPECT_LE(second.disk_bytes, first.disk_bytes + first.disk_bytes / 5);
      EXPECT_LE(second.files, first.files + first.files / 2);
      EXPECT_LE(second.open_files, first.open_files + first.open_files / 2);
      EXPECT_GT(stats.compactions, 0u);
      EXPECT_GT(stats.records_expired, 0u);
    }
    EXPECT_LE(second.files, 300u);
  }

  void say(std::chrono::seconds at, const Resources& taken) {
    const Stats stats = engine_->stats();
    std::cout << "soak: " << at.count() << " s; " << batches_ << " batches, " << reads_
              << " reads; resident " << (taken.resident_bytes >> 10U) << " KiB, "
              << taken.open_files << " open files; " << taken.files << " files, "
              << (taken.disk_bytes >> 10U) << " KiB; " << stats.tables << " tables, "
              << stats.flushes << " flushes, " << stats.compactions << " compactions, "
              << stats.collections << " collections, " << stats.records_expired << " expired"
              << std::endl;
  }

  Options options_;
  const Sizes sizes_;
  std::uint64_t seed_;
  std::vector<std::unique_ptr<Writer>> writers_;
  std::optional<Engine> engine_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> reads_{0};
};

class SoakWith : public testing::TestWithParam<Sizes> {};
INSTANTIATE_TEST_SUITE_P(SizesOf, SoakWith, testing::Values(Sizes::shipped, Sizes::small),
                         [](const auto& each) { return name_of(each.param); });

TEST_P(SoakWith, answers_as_the_ledger_says_and_takes_no_more_with_time) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(describe_seed(seed));
  const TemporaryDirectory directory;
  Soak(directory.path() / "db", GetParam(), seed).run(soak_time());
}

}  // namespace
}  // namespace varve::test
