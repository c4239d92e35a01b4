// What a callback asks of a handler's executor, and when it stops.

#include <gtest/gtest.h>

#include <asio/any_io_executor.hpp>
#include <asio/bind_executor.hpp>
#include <asio/execution/blocking.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/io_context.hpp>
#include <asio/io_context_strand.hpp>
#include <utility>

#include "varve/detail/completion.hpp"
#include "varve/detail/pending_write.hpp"

namespace varve::test {
namespace {

/// Counts the executors of a context that there are, and those of them that keep it running.
struct Context {
  int executors = 0;
  int outstanding = 0;
  int left_when_dry = -1;  // Executors other than the test's own, when it last ran dry.
};

/// Runs what is posted at once: no pool's thread could be quicker. One that was moved from counts
/// no more, as with Asio's own.
class WatchedExecutor {
 public:
  explicit WatchedExecutor(Context& context, bool outstanding = false) noexcept
      : context_(&context), outstanding_(outstanding) {
    ++context_->executors;
    if (outstanding_) ++context_->outstanding;
  }
  WatchedExecutor(const WatchedExecutor& other) noexcept
      : WatchedExecutor(*other.context_, other.outstanding_) {}
  WatchedExecutor(WatchedExecutor&& other) noexcept
      : context_(std::exchange(other.context_, nullptr)), outstanding_(other.outstanding_) {}
  WatchedExecutor& operator=(const WatchedExecutor&) = delete;
  ~WatchedExecutor() {
    if (context_ == nullptr) return;
    --context_->executors;
    if (outstanding_ && --context_->outstanding == 0) context_->left_when_dry = context_->executors;
  }

  template <class Job>
  void execute(Job&& job) const {
    std::forward<Job>(job)();
  }
  WatchedExecutor require(asio::execution::blocking_t::never_t /*property*/) const { return *this; }
  WatchedExecutor prefer(asio::execution::outstanding_work_t::tracked_t /*property*/) const {
    return WatchedExecutor(*context_, true);
  }
  bool operator==(const WatchedExecutor& other) const noexcept {
    return context_ == other.context_;
  }
  bool operator!=(const WatchedExecutor& other) const noexcept { return !(*this == other); }

 private:
  Context* context_;
  bool outstanding_;
};

TEST(Outstanding, a_completed_call_lets_go_of_the_executor_before_its_context_runs_dry) {
  Context context;
  bool called = false;
  auto done = detail::make_completion<void(int)>(
      asio::any_io_executor(),
      asio::bind_executor(WatchedExecutor(context), [&](int) { called = true; }));
  EXPECT_EQ(context.outstanding, 1);
  done(7);
  EXPECT_TRUE(called);
  EXPECT_EQ(context.outstanding, 0);
  EXPECT_EQ(context.left_when_dry, 0);
}

TEST(Outstanding, a_completed_write_lets_go_of_the_executor_before_its_context_runs_dry) {
  Context context;
  bool called = false;
  detail::PendingWrite* const write = detail::make_pending_write(
      asio::any_io_executor(), false,
      asio::bind_executor(WatchedExecutor(context),
                          [&](std::error_code, Receipt) { called = true; }));
  EXPECT_EQ(context.outstanding, 1);
  EXPECT_TRUE(write->post());
  EXPECT_TRUE(called);
  EXPECT_EQ(context.outstanding, 0);
  EXPECT_EQ(context.left_when_dry, 0);
}

TEST(Outstanding, an_executor_of_asios_older_kind_is_kept_running_too) {
  asio::io_context context;
  asio::io_context::strand strand(context);
  bool called = false;
  {
    auto done = detail::make_completion<void()>(
        asio::any_io_executor(), asio::bind_executor(strand, [&] { called = true; }));
    context.poll();
    EXPECT_FALSE(context.stopped()) << "the handler is still to come";
    done();
  }
  context.run();
  EXPECT_TRUE(called);
}

}  // namespace
}  // namespace varve::test
