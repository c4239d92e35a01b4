// The async_ twins with every kind of completion token.

#include <gtest/gtest.h>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <tuple>

#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::test {
namespace {

WriteBatch one(std::string_view key, Timestamp ts, ValueView value) {
  WriteBatch batch;
  batch.put(key, ts, value);
  return batch;
}

TEST(Async, a_callback_gets_the_receipt_and_never_runs_inline) {
  Database db;
  std::promise<std::pair<std::error_code, Receipt>> done;
  std::mutex inside;
  {
    // Run inline, the handler would wait for itself.
    const std::lock_guard lock(inside);
    db->async_write(one("k", 1, 1.0), [&](std::error_code error, Receipt receipt) {
      const std::lock_guard wait(inside);
      done.set_value({error, receipt});
    });
  }
  const auto [error, receipt] = done.get_future().get();
  EXPECT_FALSE(error);
  EXPECT_EQ(receipt.sequence, db->last_sequence());
  EXPECT_EQ(receipt.reached, Reached::appended);
  EXPECT_TRUE(db.get("k", 1));
}

TEST(Async, futures_give_the_value_or_throw_the_error) {
  Database db;
  EXPECT_EQ(db->async_write(one("k", 1, 7), asio::use_future).get().sequence, 1u);
  EXPECT_EQ(db->async_get("k", 1, {}, asio::use_future).get()->value(), Value(7));
  EXPECT_EQ(db->async_latest("k", {}, asio::use_future).get()->ts(), 1);
  EXPECT_EQ(db->async_query(Query::all(), {}, asio::use_future).get().size(), 1u);
  EXPECT_EQ(
      db->async_aggregate(Query::all(), Aggregation::count, {}, asio::use_future).get().size(), 1u);
  EXPECT_EQ(db->async_patch("k", 1, Value(8), {}, asio::use_future).get().value(), Value(8));
  db->async_flush(asio::use_future).get();
  db->async_sync(asio::use_future).get();
  EXPECT_THROW(db->async_write(one("", 1, 7), asio::use_future).get(), std::system_error);
  EXPECT_THROW(db->async_patch("none", 1, Value(8), {}, asio::use_future).get(), std::system_error);
}

TEST(Async, a_coroutine_writes_and_reads) {
  asio::io_context context;
  Options options = small_options();
  options.executor = context.get_executor();
  Database db(options);
  std::size_t found = 0;
  std::error_code refused;
  auto session = [&]() -> asio::awaitable<void> {
    for (Timestamp ts = 0; ts < 10; ++ts) {
      co_await db->async_write(one("k", ts, 1.0), asio::use_awaitable);
    }
    const auto records = co_await db->async_query(Query::key("k"), {}, asio::use_awaitable);
    found = records.size();
    const auto [error, receipt] = co_await db->async_write(
        one("", 1, 1.0), asio::experimental::as_tuple(asio::use_awaitable));
    refused = error;
  };
  asio::co_spawn(context, std::move(session), asio::detached);
  context.run();
  EXPECT_EQ(found, 10u);
  EXPECT_EQ(refused, Errc::invalid_argument);
}

TEST(Async, a_handler_runs_on_its_own_executor) {
  Database db;
  asio::thread_pool pool(1);
  std::promise<bool> on_pool;
  db->async_write(one("k", 1, 1.0), asio::bind_executor(pool, [&](std::error_code, Receipt) {
                    on_pool.set_value(pool.get_executor().running_in_this_thread());
                  }));
  EXPECT_TRUE(on_pool.get_future().get());
  pool.join();
}

TEST(Async, handlers_of_a_strand_do_not_run_at_once) {
  Database db;
  asio::thread_pool pool(2);
  auto strand = asio::make_strand(pool);
  std::atomic<int> inside{0};
  std::atomic<int> done{0};
  constexpr int writes = 200;
  for (int i = 0; i < writes; ++i) {
    db->async_write(one("k", i, 1.0), asio::bind_executor(strand, [&](std::error_code, Receipt) {
                      EXPECT_EQ(inside.fetch_add(1), 0);
                      inside.fetch_sub(1);
                      ++done;
                    }));
  }
  pool.join();  // The work guards keep it running until the last handler.
  EXPECT_EQ(done, writes);
}

TEST(Async, always_completes_when_durable) {
  Database db;
  const Receipt receipt =
      db->async_write(one("k", 1, 1.0), WriteOptions().durability(Durability::always()),
                      asio::use_future)
          .get();
  EXPECT_EQ(receipt.reached, Reached::durable);
}

TEST(Async, destruction_completes_what_was_accepted) {
  asio::thread_pool pool(1);
  std::atomic<int> written{0};
  {
    Options options = small_options();
    options.executor = pool.get_executor();
    Database db(options);
    for (int i = 0; i < 500; ++i) {
      db->async_write(one("k", i, 1.0), [&](std::error_code error, Receipt) {
        if (!error) ++written;
      });
    }
  }
  pool.join();
  EXPECT_EQ(written, 500);
}

TEST(Async, after_close_everything_completes_with_closed) {
  asio::thread_pool pool(1);
  Options options = small_options();
  options.executor = pool.get_executor();
  Database db(options);
  ASSERT_TRUE(db->close());
  // Without use_future: the pool's thread may drop the last reference to its exception inside
  // libstdc++, where ThreadSanitizer does not see what orders that.
  const auto outcome_of = [](const auto& start) {
    const auto outcome = std::make_shared<std::promise<std::error_code>>();
    start([outcome](std::error_code error, auto&&...) { outcome->set_value(error); });
    return outcome->get_future().get();
  };
  EXPECT_EQ(outcome_of([&](auto token) { db->async_write(one("k", 1, 1.0), token); }),
            Errc::closed);
  EXPECT_EQ(outcome_of([&](auto token) { db->async_query(Query::all(), {}, token); }),
            Errc::closed);
  EXPECT_EQ(outcome_of([&](auto token) { db->async_flush(token); }), Errc::closed);
}

TEST(Async, an_engine_may_go_while_reads_wait_for_an_executor_that_never_runs) {
  asio::io_context never_run;
  bool called = false;
  {
    Options options = small_options();
    options.executor = never_run.get_executor();
    Database db(options);
    db->async_get("k", 1, {}, [&](std::error_code, std::optional<Record>) { called = true; });
  }
  EXPECT_FALSE(called);
  never_run.run();
  EXPECT_TRUE(called) << "run after all, it completes with closed";
}

TEST(Async, a_threadless_engine_does_it_all_in_step) {
  Options options = small_options();
  options.threadless = true;
  Database db(options);
  std::optional<std::error_code> written;
  std::optional<std::size_t> found;
  db->async_write(one("k", 1, 1.0), WriteOptions().durability(Durability::always()),
                  [&](std::error_code error, Receipt) { written = error; });
  db->async_query(Query::all(), {},
                  [&](std::error_code, std::vector<Record> records) { found = records.size(); });
  EXPECT_FALSE(written);
  while (db->step().value()) {
  }
  ASSERT_TRUE(written);
  EXPECT_FALSE(*written);
  EXPECT_EQ(found, 1u);
}

TEST(Async, a_coroutine_takes_every_outcome_as_a_tuple) {
  asio::io_context context;
  Options options = small_options();
  options.executor = context.get_executor();
  Database db(options);
  const Series series = db->series("s").value();
  constexpr auto as_tuple = asio::experimental::as_tuple(asio::use_awaitable);
  int outcomes = 0;
  auto session = [&]() -> asio::awaitable<void> {
    const auto good = [&](std::error_code error) {
      EXPECT_FALSE(error) << error.message();
      ++outcomes;
    };
    good(std::get<0>(co_await db->async_write(one("k", 1, 1.0), as_tuple)));
    const std::vector<Point> points = {{series, 1, Value(2.0)}, {series, 2, Value(3.0)}};
    good(std::get<0>(co_await db->async_append(points, WriteOptions(), as_tuple)));
    auto [failed, record] = co_await db->async_get("s", 2, ReadOptions(), as_tuple);
    good(failed);
    EXPECT_EQ(record->value(), Value(3.0));
    good(std::get<0>(co_await db->async_latest("s", ReadOptions(), as_tuple)));
    good(std::get<0>(co_await db->async_query(Query::all(), ReadOptions(), as_tuple)));
    good(std::get<0>(
        co_await db->async_aggregate(Query::all(), Aggregation::max, ReadOptions(), as_tuple)));
    good(std::get<0>(co_await db->async_patch("k", 1, Value(9.0), std::nullopt, as_tuple)));
    good(std::get<0>(co_await db->async_flush(as_tuple)));
    good(std::get<0>(co_await db->async_sync(as_tuple)));
    const auto [missing, none] =
        co_await db->async_patch("none", 1, Value(9.0), std::nullopt, as_tuple);
    EXPECT_EQ(missing, Errc::not_found);
  };
  asio::co_spawn(context, std::move(session), asio::detached);
  context.run();
  EXPECT_EQ(outcomes, 9);
}

TEST(Async, every_call_completes_on_the_strand_of_its_handler) {
  Database db;
  db.put("k", 1, 1.0);
  asio::thread_pool pool(2);
  auto strand = asio::make_strand(pool);
  std::atomic<int> done{0};
  const auto here = [&] {
    return asio::bind_executor(strand, [&](auto&&...) {
      EXPECT_TRUE(strand.running_in_this_thread());
      ++done;
    });
  };
  const std::vector<Point> points = {{db->series("s").value(), 1, Value(2.0)}};
  db->async_write(one("k", 2, 1.0), here());
  db->async_write(one("", 2, 1.0), here());
  db->async_write(WriteBatch(), here());
  db->async_append(points, {}, here());
  db->async_get("k", 1, {}, here());
  db->async_latest("k", {}, here());
  db->async_query(Query::all(), {}, here());
  db->async_aggregate(Query::all(), Aggregation::count, {}, here());
  db->async_patch("k", 1, Value(2.0), {}, here());
  db->async_flush(here());
  db->async_sync(here());
  pool.join();
  EXPECT_EQ(done, 11);
}

/// Counts the memory that it has given out and not got back.
template <class T>
struct CountingAllocator {
  using value_type = T;
  explicit CountingAllocator(std::shared_ptr<std::atomic<int>> count, std::atomic<int>* total)
      : used(std::move(count)), ever(total) {}
  template <class U>
  CountingAllocator(const CountingAllocator<U>& other)  // NOLINT(google-explicit-constructor)
      : used(other.used), ever(other.ever) {}
  T* allocate(std::size_t count) {
    ++*used;
    ++*ever;
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* memory, std::size_t count) {
    --*used;
    std::allocator<T>().deallocate(memory, count);
  }
  friend bool operator==(const CountingAllocator&, const CountingAllocator&) = default;

  std::shared_ptr<std::atomic<int>> used;
  std::atomic<int>* ever;
};

struct CountingHandler {
  using allocator_type = CountingAllocator<int>;
  allocator_type get_allocator() const { return allocator; }
  void operator()(std::error_code error, Receipt) {
    EXPECT_FALSE(error);
    done->set_value(*allocator.used);
  }
  allocator_type allocator;
  std::promise<int>* done;
};

TEST(Async, a_waiting_write_lies_in_its_handlers_memory_which_is_given_back_before_the_call) {
  asio::thread_pool pool(1);
  for (const bool own_executor : {true, false}) {
    Options options = small_options();
    if (!own_executor) options.executor = pool.get_executor();
    Database db(options);
    const auto used = std::make_shared<std::atomic<int>>(0);
    std::atomic<int> ever{0};
    std::promise<int> done;
    db->async_write(one("k", 1, 1.0), CountingHandler{CountingAllocator<int>(used, &ever), &done});
    EXPECT_EQ(done.get_future().get(), 0);
    EXPECT_GT(ever, 0);
  }
  pool.join();
}

TEST(Async, a_write_that_was_started_is_not_cancelled) {
  Database db;
  asio::cancellation_signal signal;
  std::promise<std::error_code> done;
  db->async_write(one("k", 1, 1.0),
                  asio::bind_cancellation_slot(signal.slot(), [&](std::error_code error, Receipt) {
                    done.set_value(error);
                  }));
  signal.emit(asio::cancellation_type::all);
  EXPECT_FALSE(done.get_future().get());
  EXPECT_TRUE(db.get("k", 1));
}

TEST(Async, handlers_without_an_executor_run_in_the_order_of_their_writes) {
  Database db;
  std::vector<std::uint64_t> order;  // The engine's one thread appends.
  constexpr std::uint64_t writes = 2'000;
  for (std::uint64_t i = 0; i < writes; ++i) {
    db->async_write(
        one("k", static_cast<Timestamp>(i), 1.0),
        [&](std::error_code, const Receipt& receipt) { order.push_back(receipt.sequence); });
  }
  db.close();
  EXPECT_EQ(order.size(), writes);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(Async, destruction_completes_reads_and_writes_under_way) {
  std::atomic<int> done{0};
  {
    Database db;
    for (int i = 0; i < 100; ++i) {
      db->async_write(one("k", i, 1.0), [&](auto&&...) { ++done; });
      db->async_query(Query::all(), {}, [&](auto&&...) { ++done; });
    }
  }
  EXPECT_EQ(done, 200);
}

TEST(Async, a_handler_may_close_the_engine) {
  Database db;
  std::promise<bool> closed;
  std::atomic<int> others{0};
  for (int i = 0; i < 50; ++i) db->async_write(one("k", i, 1.0), [&](auto&&...) { ++others; });
  db->async_write(one("k", 50, 1.0), [&](auto&&...) { closed.set_value(db->close().has_value()); });
  EXPECT_TRUE(closed.get_future().get());
  EXPECT_EQ(others, 50);
}

TEST(Async, a_handler_that_throws_takes_no_other_with_it) {
  Options options = small_options();
  options.threadless = true;
  Database db(options);
  int done = 0;
  for (int i = 0; i < 5; ++i) {
    db->async_write(one("k", i, 1.0), [&, i](std::error_code, const Receipt&) {
      ++done;
      if (i == 2) throw std::runtime_error("a user's mistake");
    });
  }
  int thrown = 0;
  for (bool more = true; more;) {
    try {
      more = db->step().value();
    } catch (const std::runtime_error&) {
      ++thrown;
    }
  }
  EXPECT_EQ(thrown, 1);
  EXPECT_EQ(done, 5);
}

/// Durable writes, `count` of them, so many at once, each begun by a handler of one before.
class Stream {
 public:
  Stream(Database& db, int count, int at_once) : db_(db), left_(count) {
    for (int i = 0; i < at_once; ++i) next();
  }
  int failures() {
    done_.get_future().wait();
    return failures_;
  }

 private:
  void next() {
    const int number = left_--;
    if (number <= 0) return;
    ++under_way_;
    db_->async_write(one("k", number, 1.0), WriteOptions().durability(Durability::always()),
                     [this](std::error_code error, const Receipt& receipt) {
                       if (error || receipt.reached != Reached::durable) ++failures_;
                       next();
                       if (--under_way_ == 0) done_.set_value();
                     });
  }

  Database& db_;
  std::atomic<int> left_;
  std::atomic<int> under_way_{0};
  std::atomic<int> failures_{0};
  std::promise<void> done_;
};

TEST(Async, writes_that_wait_together_are_synced_together) {
  const auto disk = std::make_shared<SimulatedDisk>();
  disk->slow_syncs(std::chrono::milliseconds(2));
  Options options = small_options();
  options.file_system = disk;
  options.clock = system_clock();
  Database db(options);
  constexpr int writes = 3'200;
  constexpr int at_once = 64;
  EXPECT_EQ(Stream(db, writes, at_once).failures(), 0);
  // 50 were the least.
  EXPECT_LE(db->stats().wal_syncs, 4u * writes / at_once);
}

TEST(Async, a_sync_that_fails_is_unknown_to_all_who_wait_for_it) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Options options = small_options();
  options.file_system = disk;
  Database db(options);
  disk->fail({.call = Call::sync, .lasting = true});
  std::vector<std::future<Receipt>> outcomes;
  for (int i = 0; i < 20; ++i) {
    outcomes.push_back(db->async_write(
        one("k", i, 1.0), WriteOptions().durability(Durability::always()), asio::use_future));
  }
  for (auto& outcome : outcomes) EXPECT_THROW(outcome.get(), std::system_error);
  EXPECT_EQ(db->write(one("k", 99, 1.0)).error().code, Errc::read_only);
}

}  // namespace
}  // namespace varve::test
