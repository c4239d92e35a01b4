// Threads as small systems have them: with little stack, and with a fixed priority.

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <asio/use_future.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/database.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

/// A bit of everything.
void use_everything(const std::filesystem::path& dir) {
  Options options = small_options();
  options.dir = dir;
  options.file_system = posix_file_system();
  options.clock = system_clock();
  options.background_maintenance = true;
  options.durability = Durability::interval(std::chrono::milliseconds(5));
  Database db(options);
  for (int round = 0; round < 20; ++round) {
    WriteBatch batch;
    for (int i = 0; i < 1'000; ++i) {
      batch.put("press" + std::to_string(i % 10), round * 1'000 + i, 0.37 * i);
    }
    db.write(std::move(batch));
  }
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(db->describe("press" + std::to_string(i), Labels{{"line", std::to_string(i % 3)}}));
  }
  db.flush();
  db.compact();
  EXPECT_EQ(db.count(Query::all()), 20'000u);
  EXPECT_EQ(db->count(Query::all(), ReadOptions().threads(4)).value(), 20'000u);
  EXPECT_EQ(db->series_list(Query::all().with(Matcher::matches("line", "[01]"))).value().size(),
            7u);
  EXPECT_FALSE(db->aggregate(Query::all(), Aggregation::quantile(0.9).group_by_label("line"))
                   .value()
                   .empty());
  EXPECT_TRUE(db->downsample(Query::prefix("press"), std::chrono::seconds(1), {Aggregation::mean},
                             "mean/"));
  EXPECT_TRUE(db->async_latest("press1", {}, asio::use_future).get());
  EXPECT_FALSE(db->metrics_text().empty());
  db.collect();
  db.reopen();
  EXPECT_EQ(db.count(Query::prefix("press")), 20'000u);
}

/// Every thread that is begun meanwhile has so much stack.
class StackSize {
 public:
  explicit StackSize(std::size_t bytes) {
    EXPECT_EQ(pthread_getattr_default_np(&before_), 0);
    pthread_attr_t small;
    EXPECT_EQ(pthread_attr_init(&small), 0);
    EXPECT_EQ(pthread_attr_setstacksize(&small, bytes), 0);
    EXPECT_EQ(pthread_setattr_default_np(&small), 0);
    pthread_attr_destroy(&small);
  }
  ~StackSize() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  StackSize(const StackSize&) = delete;
  StackSize& operator=(const StackSize&) = delete;

 private:
  pthread_attr_t before_;
};

TEST(Threads, of_128_kib_of_stack_are_enough_for_the_engines_and_for_its_users) {
#if !defined(__OPTIMIZE__)
  GTEST_SKIP() << "what is not optimised takes several times as much";
#endif
  if (is_sanitized) GTEST_SKIP() << "sanitizers take several times as much";
  const TemporaryDirectory directory;
  const StackSize small(std::size_t{128} << 10);
  std::thread([&] { use_everything(directory.path() / "db"); }).join();
}

TEST(Threads, of_a_fixed_priority_do_all_that_others_do) {
  const TemporaryDirectory directory;
  int refused = 0;
  // The engine's threads inherit it.
  std::thread([&] {
    const sched_param priority{.sched_priority = 1};
    refused = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);
    if (refused == 0) use_everything(directory.path() / "db");
  }).join();
  if (refused != 0) GTEST_SKIP() << "a fixed priority takes a privilege";
}

}  // namespace
}  // namespace varve::test
