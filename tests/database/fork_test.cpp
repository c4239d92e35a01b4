// fork() while an engine is open: the child can do nothing with it, and the parent notices nothing.

#include <gtest/gtest.h>
#include <pthread.h>

#include <asio/post.hpp>
#include <asio/system_executor.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tests/database/every_call.hpp"
#include "tests/support/child.hpp"
#include "tests/support/database.hpp"
#include "tests/support/engine_sizes.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;

class Fork : public testing::Test {
 protected:
  /// Of an engine with all its threads, on the machine's own files.
  Options options() const {
    Options options = small_options();
    options.dir = directory_.path() / "db";
    options.file_system = posix_file_system();
    options.clock = system_clock();
    options.background_maintenance = true;
    options.durability = Durability::interval(1ms);
    return options;
  }
  /// Of one that a child may open anywhere: ThreadSanitizer lets it start no threads.
  Options threadless_options() const {
    Options options = this->options();
    options.threadless = true;
    return options;
  }

  const TemporaryDirectory directory_;
};

void put(Engine& engine, const std::string& key, int count) {
  for (int i = 0; i < count; ++i) {
    WriteBatch batch;
    batch.put(key, i, i);
    const auto receipt = engine.write(std::move(batch));
    ASSERT_TRUE(receipt) << receipt.error().message();
  }
}

std::error_code code_of(const auto& result) {
  return result ? std::error_code() : result.error().code;
}

/// Whether a read and a write are refused.
bool is_closed(Engine& engine) {
  return code_of(engine.get("k", 1)) == Errc::closed &&
         code_of(engine.write(one_record())) == Errc::closed;
}

TEST_F(Fork, has_every_blocking_call_say_closed_in_the_child) {
  Database db(options());
  const Series series = db->series("k").value();
  EXPECT_EQ(in_child([&] {
              int wrong = 0;
              for (const auto& [name, code] : blocking_calls(db.engine(), series)) {
                if (code == Errc::closed) continue;
                std::fprintf(stderr, "%s\n", name.c_str());
                ++wrong;
              }
              return wrong;
            }),
            0);
  put(db.engine(), "k", 10);
}

// Handlers of the program run before those of the library, and after it again.
TEST_F(Fork, lets_a_handler_of_the_program_close_the_database_before_it_and_open_it_after) {
  const Options options = threadless_options();
  EXPECT_EQ(in_child([&] {
              static std::optional<Engine> engine;
              static const Options* const how = &options;
              engine.emplace(Engine::open(*how).value());
              ::pthread_atfork([] { engine.reset(); },
                               [] { engine.emplace(Engine::open(*how).value()); }, nullptr);
              if (in_child([] { return 0; }) != 0) return 1;
              return engine->get("k", 1).has_value() ? 0 : 2;
            }),
            0);
}

TEST_F(Fork, has_the_error_say_whose_the_engine_is) {
  Database db(options());
  EXPECT_EQ(in_child([&] {
              const std::string message = db->get("k", 1).error().message();
              return message.find("forked") == message.npos ? 1 : 0;
            }),
            0);
}

TEST_F(Fork, has_every_asynchronous_call_complete_with_closed_in_the_child) {
  if (is_thread_sanitized) GTEST_SKIP() << "a child may start no thread there";
  Database db(options());
  const Series series = db->series("k").value();
  // So that the threads of the parent's executors are at work, and not in the child.
  asio::post(db->get_executor(), [] {});
  asio::post(asio::system_executor(), [] {});
  EXPECT_EQ(in_child([&] {
              std::atomic<int> closed = 0;
              std::atomic<int> done = 0;
              asynchronous_calls(db.engine(), series, [&](const char*) {
                return [&](std::error_code error, auto&&...) {
                  if (error == Errc::closed) ++closed;
                  ++done;
                };
              });
              while (done < asynchronous_count) std::this_thread::sleep_for(1ms);
              return asynchronous_count - closed;
            }),
            0);
}

TEST_F(Fork, has_an_executor_in_the_child_that_runs_what_is_posted) {
  if (is_thread_sanitized) GTEST_SKIP() << "a child may start no thread there";
  Database db(options());
  EXPECT_EQ(in_child([&] {
              std::promise<void> done;
              asio::post(db->get_executor(), [&] { done.set_value(); });
              done.get_future().wait();
              return 0;
            }),
            0);
}

TEST_F(Fork, leaves_the_childs_figures_zero_and_its_close_without_effect) {
  Database db(options());
  put(db.engine(), "k", 3);
  EXPECT_EQ(in_child([&] {
              if (db->last_sequence() != 0 || db->stats().records_written != 0) return 1;
              return db->close() ? 0 : 2;
            }),
            0);
  EXPECT_EQ(db->last_sequence(), 3u);
  put(db.engine(), "k", 5);
}

TEST_F(Fork, lets_the_child_destroy_all_it_has_without_waiting) {
  Options options = this->options();
  options.background_maintenance = false;
  std::optional<Engine> engine = open_engine(options, Sizes::tiny).value();
  for (int key = 0; key < 20; ++key) put(*engine, "k" + std::to_string(key), 50);
  ASSERT_TRUE(engine->flush());
  std::optional<MaintenanceHandle> handle = engine->start_maintenance().value();
  std::optional<Snapshot> snapshot = engine->snapshot().value();
  std::optional<Scan> scan(engine->scan(Query::all(), ReadOptions().threads(4)).value());
  EXPECT_EQ(in_child([&] {
              scan.reset();
              snapshot.reset();
              handle.reset();
              engine.reset();
              return 0;
            }),
            0);
  std::size_t records = 0;
  for ([[maybe_unused]] const RecordView& record : *scan) ++records;
  EXPECT_TRUE(scan->status());
  EXPECT_EQ(records, 1'000u);
  EXPECT_EQ(engine->count(Query::all(), ReadOptions().snapshot(*snapshot)).value(), 1'000u);
  handle->stop();
  EXPECT_TRUE(engine->close());
}

TEST_F(Fork, lets_the_child_close_the_engine_by_moving_another_one_in_its_place) {
  Database db(options());
  EXPECT_EQ(in_child([&] {
              Options own = threadless_options();
              own.dir = directory_.path() / "own";
              auto opened = Engine::open(own);
              if (!opened) return 1;
              db.engine() = *std::move(opened);
              return db->write(one_record()) && db->close() ? 0 : 2;
            }),
            0);
  put(db.engine(), "k", 3);
}

TEST_F(Fork, leaves_the_files_that_only_the_parents_snapshot_still_needs) {
  Options options = this->options();
  options.background_maintenance = false;
  Database db(options);
  put(db.engine(), "k", 50);
  db.flush();
  std::optional<Snapshot> snapshot = db->snapshot().value();
  db.erase_range("", std::nullopt);
  db.flush();
  db.collect();
  ASSERT_GT(db->stats().pinned_bytes, 0u);
  const auto tables = [&] {
    int count = 0;
    for (const auto& file : std::filesystem::directory_iterator(options.dir)) {
      if (file.path().extension() == ".table") ++count;
    }
    return count;
  };
  const int before = tables();
  EXPECT_EQ(in_child([&] {
              snapshot.reset();
              const Engine dropped = std::move(db.engine());
              return 0;
            }),
            0);
  EXPECT_EQ(tables(), before);
  EXPECT_EQ(db.query(Query::all(), ReadOptions().snapshot(*snapshot)).size(), 50u);
}

TEST_F(Fork, ends_a_scan_in_the_child_with_closed_and_leaves_what_it_gave) {
  Database db(options());
  for (int i = 0; i < 10; ++i) put(db.engine(), "k" + std::to_string(i), 100);
  db.flush();
  auto scan = db->scan(Query::all()).value();
  const auto first = scan.next_block().value();
  ASSERT_TRUE(first);
  EXPECT_EQ(in_child([&] {
              if (first->int64s().back() != first->timestamps().back()) return 1;
              for (;;) {
                const auto next = scan.next_block();
                if (!next) return next.error().code == Errc::closed ? 0 : 2;
                if (!*next) return 3;
              }
            }),
            0);
  while (scan.next_block().value()) {
  }
}

TEST_F(Fork, loses_nothing_of_the_parents_whatever_the_child_tries) {
  {
    Database db(options());
    put(db.engine(), "parent", 100);
    EXPECT_EQ(in_child([&] {
                for (int i = 0; i < 200; ++i) {
                  WriteBatch batch;
                  batch.put("child", i, i);
                  if (db->write_inline(std::move(batch))) return 1;
                }
                return db->flush() || db->compact() || db->checkpoint() ? 2 : 0;
              }),
              0);
    put(db.engine(), "parent", 500);
    db.close();
  }
  Database db(options());
  EXPECT_TRUE(db->recovery_report().damages.empty()) << db->recovery_report().to_string();
  EXPECT_EQ(db.count(Query::key("parent")), 500u);
  EXPECT_EQ(db.count(Query::key("child")), 0u);
}

TEST_F(Fork, may_come_at_any_moment_of_calls_under_way) {
  Database db(options());
  std::atomic<bool> stop = false;
  std::vector<std::thread> busy;
  for (int i = 0; i < 3; ++i) {
    busy.emplace_back([&, key = "k" + std::to_string(i)] {
      for (Timestamp ts = 0; !stop; ++ts) {
        WriteBatch batch;
        batch.put(key, ts, 0.5);
        EXPECT_TRUE(db->write(std::move(batch)));
        EXPECT_TRUE(db->latest(key));
        if (ts % 64 == 0) {
          EXPECT_TRUE(db->count(Query::key(key)));
        }
        if (ts % 256 == 0) {
          EXPECT_TRUE(db->flush());
        }
      }
    });
  }
  for (int round = 0; round < (is_sanitized ? 5 : 40); ++round) {
    ASSERT_EQ(in_child([&] {
                const bool is_refused = is_closed(db.engine());
                const Engine dropped = std::move(db.engine());
                return is_refused ? 0 : 1;
              }),
              0);
  }
  stop = true;
  for (std::thread& thread : busy) thread.join();
  EXPECT_TRUE(db->close());
}

TEST_F(Fork, keeps_no_lock_in_the_child) {
  Database db(options());
  put(db.engine(), "k", 10);
  const IdleChild child;
  db.reopen();
  EXPECT_EQ(db.count(Query::key("k")), 10u);
}

TEST_F(Fork, lets_the_child_open_the_database_once_the_parent_has_closed_it) {
  Database db(options());
  put(db.engine(), "k", 10);
  const auto open_again = [&] {
    const auto opened = Engine::open(threadless_options());
    return opened ? 0 : opened.error().code == Errc::locked ? 1 : 2;
  };
  EXPECT_EQ(in_child(open_again), 1);
  ASSERT_TRUE(db->close());
  EXPECT_EQ(in_child(open_again), 0);
}

TEST_F(Fork, is_no_matter_to_an_engine_that_the_child_opened_until_it_forks_itself) {
  const Database db(options());
  EXPECT_EQ(in_child([&] {
              Options own = threadless_options();
              own.dir = directory_.path() / "own";
              auto engine = Engine::open(own);
              if (!engine || is_closed(*engine)) return 1;
              if (in_child([&] { return is_closed(*engine) ? 0 : 1; }) != 0) return 2;
              return engine->write(one_record()) && engine->close() ? 0 : 3;
            }),
            0);
}

TEST_F(Fork, has_a_child_of_an_engine_that_only_reads_say_closed_too) {
  {
    Database db(options());
    put(db.engine(), "k", 10);
    db.close();
  }
  Options reading = options();
  reading.mode = Mode::read_only;
  auto engine = Engine::open(reading);
  ASSERT_TRUE(engine) << engine.error().message();
  EXPECT_EQ(in_child([&] {
              const bool is_refused = is_closed(*engine);
              const Engine dropped = *std::move(engine);
              return is_refused ? 0 : 1;
            }),
            0);
  EXPECT_EQ(engine->count(Query::all()).value(), 10u);
}

}  // namespace
}  // namespace varve::test
