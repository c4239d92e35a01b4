// What an engine answers that was moved from, that is closed, or that closes meanwhile.

#include <gtest/gtest.h>

#include <asio/bind_executor.hpp>
#include <asio/system_executor.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/database/every_call.hpp"
#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"
#include "varve/try.hpp"

namespace varve::test {
namespace {

/// Runs each asynchronous call without an executor, and expects every one to complete with closed,
/// and none before it has returned.
void expect_all_complete_with_closed(Engine& engine, const Series& series) {
  std::mutex calling;
  std::vector<std::future<std::error_code>> outcomes;
  {
    // Run inline, a handler would wait for itself.
    const std::lock_guard lock(calling);
    asynchronous_calls(engine, series, [&](const char*) {
      const auto done = std::make_shared<std::promise<std::error_code>>();
      outcomes.push_back(done->get_future());
      return [done, &calling](std::error_code error, auto&&...) {
        {
          const std::lock_guard wait(calling);
        }
        done->set_value(error);
      };
    });
  }
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get(), Errc::closed);
  EXPECT_EQ(outcomes.size(), static_cast<std::size_t>(asynchronous_count));
}

/// The same with an executor of the handler's own, on which it must run.
void expect_all_complete_on_the_handlers_executor(Engine& engine, const Series& series) {
  asio::thread_pool pool(1);
  std::atomic<int> done = 0;
  asynchronous_calls(engine, series, [&](const char* name) {
    return asio::bind_executor(pool.get_executor(), [&, name](std::error_code error, auto&&...) {
      EXPECT_EQ(error, Errc::closed) << name;
      EXPECT_TRUE(pool.get_executor().running_in_this_thread()) << name;
      ++done;
    });
  });
  pool.join();
  EXPECT_EQ(done, asynchronous_count);
}

TEST(MovedFrom, every_blocking_call_says_closed) {
  Database db;
  const Series series = db->series("k").value();
  const Engine taken = std::move(db.engine());
  for (const auto& [name, code] : blocking_calls(db.engine(), series)) {
    EXPECT_EQ(code, Errc::closed) << name;
  }
}

TEST(MovedFrom, the_error_says_so) {
  Database db;
  const Engine taken = std::move(db.engine());
  EXPECT_NE(db->get("k", 1).error().message().find("moved from"), std::string::npos);
}

TEST(MovedFrom, every_asynchronous_call_completes_with_closed_and_never_inline) {
  Database db;
  const Series series = db->series("k").value();
  const Engine taken = std::move(db.engine());
  expect_all_complete_with_closed(db.engine(), series);
}

TEST(MovedFrom, every_asynchronous_call_completes_on_its_handlers_executor) {
  Database db;
  const Series series = db->series("k").value();
  const Engine taken = std::move(db.engine());
  expect_all_complete_on_the_handlers_executor(db.engine(), series);
}

TEST(MovedFrom, its_figures_are_zero_and_empty) {
  Database db;
  db.put("k", 1, 1.0);
  const Engine taken = std::move(db.engine());
  EXPECT_EQ(db->last_sequence(), 0U);
  EXPECT_EQ(db->stats().records_written, 0U);
  EXPECT_FALSE(db->recovery_report().created);
  EXPECT_NE(db->metrics_text().find("varve_records_written_total 0\n"), std::string::npos);
  EXPECT_EQ(taken.last_sequence(), 1U);
}

TEST(MovedFrom, its_executor_runs_what_is_posted) {
  Database db;
  const Engine taken = std::move(db.engine());
  std::promise<void> done;
  asio::post(db->get_executor(), [&] { done.set_value(); });
  done.get_future().get();
}

TEST(MovedFrom, it_may_be_closed_and_assigned_to) {
  Database db;
  Engine taken = std::move(db.engine());
  EXPECT_TRUE(db->close());
  db.engine() = std::move(taken);
  db.put("k", 1, 1.0);
}

TEST(Closed, every_blocking_call_says_closed) {
  Database db;
  const Series series = db->series("k").value();
  ASSERT_TRUE(db->close());
  for (const auto& [name, code] : blocking_calls(db.engine(), series)) {
    EXPECT_EQ(code, Errc::closed) << name;
  }
}

// The thread that would run the handlers has ended with the engine.
TEST(Closed, every_asynchronous_call_completes_with_closed_and_never_inline) {
  Database db;
  const Series series = db->series("k").value();
  ASSERT_TRUE(db->close());
  expect_all_complete_with_closed(db.engine(), series);
}

TEST(Closed, every_asynchronous_call_completes_on_its_handlers_executor) {
  Database db;
  const Series series = db->series("k").value();
  ASSERT_TRUE(db->close());
  expect_all_complete_on_the_handlers_executor(db.engine(), series);
}

TEST(Closed, its_figures_stay) {
  Database db;
  db.put("k", 1, 1.0);
  ASSERT_TRUE(db->close());
  EXPECT_EQ(db->last_sequence(), 1U);
  EXPECT_EQ(db->stats().records_written, 1U);
  EXPECT_TRUE(db->recovery_report().created);
}

/// A database whose next call that reads a table is held until close() has shut the engine.
class ClosedMeanwhile {
 public:
  ClosedMeanwhile() : disk_(std::make_shared<SimulatedDisk>()) {
    Options options = small_options();
    options.file_system = disk_;
    options.block_cache_bytes = 0;
    disk_->on_call([this](Call call, const std::string& path) {
      if (call == Call::read && path.ends_with(".table") && armed_.exchange(false)) close();
    });
    db_.emplace(std::move(options));
    for (const std::string key : {"from/a", "from/b", "from/c"}) {
      WriteBatch batch;
      batch.describe(key, {{"line", key}});
      for (Timestamp ts = 0; ts < 10; ++ts) batch.put(key, ts, 1.0);
      db_->write(std::move(batch));
    }
    db_->flush();
  }
  ~ClosedMeanwhile() {
    if (closing_.joinable()) closing_.join();
    EXPECT_TRUE(closed_) << "the call read no table";
  }

  Engine& engine() {
    armed_ = true;
    return db_->engine();
  }

 private:
  /// On the thread of the call. Another one closes, and waits for this call; from then on nobody
  /// else is let in.
  void close() {
    closing_ = std::thread([this] { closed_ = db_->engine().close().has_value(); });
    while (db_->engine().snapshot()) std::this_thread::yield();
  }

  const std::shared_ptr<SimulatedDisk> disk_;
  std::atomic<bool> armed_ = false;
  std::atomic<bool> closed_ = false;
  std::optional<Database> db_;
  std::thread closing_;
};

TEST(ClosedMeanwhile, an_aggregate_by_label_completes) {
  ClosedMeanwhile held;
  const auto sums = held.engine().aggregate(Query::all(), Aggregation::sum.group_by_label("line"));
  ASSERT_TRUE(sums) << sums.error().message();
  EXPECT_EQ(sums->size(), 3U);
}

TEST(ClosedMeanwhile, a_downsample_writes_all_of_it) {
  ClosedMeanwhile held;
  const auto written = held.engine().downsample(
      Query::prefix("from/"), std::chrono::microseconds(5),
      {Aggregation::mean.group_by_label("line"), Aggregation::max.group_by_label("line")}, "to/");
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(*written, 12U);
}

TEST(ClosedMeanwhile, a_patch_completes) {
  ClosedMeanwhile held;
  const auto patched = held.engine().patch("from/a", 1, Value(2.0));
  ASSERT_TRUE(patched) << patched.error().message();
  EXPECT_EQ(patched->value(), Value(2.0));
}

TEST(ClosedMeanwhile, a_query_by_label_completes) {
  ClosedMeanwhile held;
  const auto records = held.engine().query(Query::all().with(Matcher::equals("line", "from/a")));
  ASSERT_TRUE(records) << records.error().message();
  EXPECT_EQ(records->size(), 10U);
}

TEST(ClosedMeanwhile, an_asynchronous_read_completes) {
  ClosedMeanwhile held;
  EXPECT_EQ(held.engine()
                .async_aggregate(Query::all(), Aggregation::sum.group_by_label("line"), {},
                                 asio::use_future)
                .get()
                .size(),
            3U);
}

TEST(Closed, a_handler_that_closes_too_does_not_wait_for_the_close_that_runs_it) {
  for (const bool threadless : {true, false}) {
    Options options = small_options();
    options.threadless = threadless;
    options.file_system = std::make_shared<SimulatedDisk>();
    options.dir = "/db";
    Engine engine = Engine::open(options).value();
    std::promise<Status> closed;
    engine.async_write(one_record(),
                       [&](std::error_code, Receipt) { closed.set_value(engine.close()); });
    EXPECT_TRUE(engine.close());
    EXPECT_TRUE(closed.get_future().get());
  }
}

TEST(Closed, a_second_close_returns_once_the_first_has_let_go_of_the_directory) {
  const auto disk = std::make_shared<SimulatedDisk>();
  std::atomic<bool> hold = false;
  std::promise<void> held;
  std::promise<void> go;
  disk->on_call([&](Call call, const std::string&) {
    if (call != Call::sync || !hold.exchange(false)) return;
    held.set_value();
    go.get_future().wait();
  });
  Options options = small_options();
  options.dir = "/db";
  options.file_system = disk;
  Engine engine = Engine::open(options).value();
  WriteBatch batch;
  batch.put("k", 1, 1.0);
  ASSERT_TRUE(engine.write(std::move(batch)));
  hold = true;
  auto first = std::async(std::launch::async, [&] { return engine.close(); });
  held.get_future().wait();
  auto second = std::async(std::launch::async, [&]() -> Status {
    VARVE_CHECK(engine.close());
    VARVE_CHECK(Engine::open(options));
    return {};
  });
  // Long enough for one that does not wait, on most machines.
  second.wait_for(std::chrono::milliseconds(20));
  go.set_value();
  EXPECT_TRUE(first.get());
  const Status opened = second.get();
  EXPECT_TRUE(opened) << opened.error().message();
}

}  // namespace
}  // namespace varve::test
