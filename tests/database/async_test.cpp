// The async_ twins with every kind of completion token.

#include <gtest/gtest.h>

#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "tests/support/database.hpp"

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

}  // namespace
}  // namespace varve::test
