// Asynchronous calls without memory: one that throws has done nothing, and its handler is not
// called; of any other the handler is called once, whatever became of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <asio/bind_executor.hpp>
#include <asio/execution/blocking.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/memory/sample.hpp"
#include "tests/support/engine_sizes.hpp"
#include "tests/support/failing_allocations.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

enum class Call : std::uint8_t { write, describe, patch, query, flush };
enum class Where : std::uint8_t { on_the_engine, elsewhere };

WriteBatch two_series() {
  WriteBatch batch;
  batch.put("new/0", read_at, 1.0);
  batch.put("new/1", read_at, std::string(9'000, 'x'));
  return batch;
}

template <class Handler>
void start(Engine& engine, Call call, Handler handler) {
  switch (call) {
    case Call::write: return engine.async_write(two_series(), std::move(handler));
    case Call::describe:
      return engine.async_describe("new/0", Labels{{"room", "tower"}}, {}, std::move(handler));
    case Call::patch:
      return engine.async_patch("plant/a", written_at + 50, Value(5.5), {}, std::move(handler));
    case Call::query: return engine.async_query(Query::all(), {}, std::move(handler));
    case Call::flush: return engine.async_flush(std::move(handler));
  }
}

std::string name_of(Call call) {
  switch (call) {
    case Call::write: return "write";
    case Call::describe: return "describe";
    case Call::patch: return "patch";
    case Call::query: return "query";
    case Call::flush: return "flush";
  }
  return {};
}

/// How a call ended.
struct Ending {
  bool threw = false;
  int handlers_called = 0;
  std::error_code error;
};

/// A threadless engine on a copy of the sample, and a context for handlers that go elsewhere.
class Attempt {
 public:
  /// What an opening leaves to be done is done before.
  Attempt() : engine_(open_engine(tiny_options(files_), Sizes::tiny).value()) { run(); }

  Engine& engine() { return engine_; }
  const Ending& ending() const { return ending_; }

  void make(Call call, Where where) {
    const auto handler = [this](std::error_code error, auto&&...) {
      ++ending_.handlers_called;
      ending_.error = error;
    };
    try {
      if (where == Where::on_the_engine) {
        start(engine_, call, handler);
      } else {
        start(engine_, call, asio::bind_executor(context_.get_executor(), handler));
      }
    } catch (const std::bad_alloc&) {
      ending_.threw = true;
    }
    run();
  }
  /// Runs the loops of both until there is nothing left to do.
  void run() {
    for (int i = 0; i < 100; ++i) {
      const Result<bool> stepped = step();
      context_.restart();
      const bool is_idle = context_.poll() == 0;
      if (is_idle && stepped && !*stepped) return;
    }
  }
  void expect_ends_well() {
    expect_goes_on(engine_);
    const Content content = content_of(engine_);
    EXPECT_TRUE(engine_.close());
    expect_sound(files_, content);
  }

 private:
  Result<bool> step() {
    try {
      return engine_.step();
    } catch (const std::bad_alloc&) {
      return true;  // There may be more to do.
    }
  }

  std::shared_ptr<FileSystem> files_ = sample().copy();
  asio::io_context context_;
  Engine engine_;
  Ending ending_;
};

class AsyncWithoutMemory : public testing::TestWithParam<std::tuple<Call, Where>> {};

TEST_P(AsyncWithoutMemory, throws_and_has_done_nothing_or_calls_its_handler_once) {
  const Call call = std::get<0>(GetParam());
  const Where where = std::get<1>(GetParam());
  Attempt usual;
  const Content before = content_of(usual.engine());
  usual.make(call, where);
  const Content after = content_of(usual.engine());
  ASSERT_EQ(usual.ending().handlers_called, 1);
  ASSERT_FALSE(usual.ending().error) << usual.ending().error.message();

  const std::uint64_t stride = is_sanitized ? 17 : 1;
  bool is_reached = true;
  for (std::uint64_t n = 1; is_reached && !HasFailure(); n += stride) {
    SCOPED_TRACE("allocation " + std::to_string(n));
    Attempt attempt;
    {
      const FailAllocation fail(n);
      attempt.make(call, where);
      is_reached = fail.was_reached();
    }
    attempt.run();
    const Ending& ending = attempt.ending();
    EXPECT_EQ(ending.handlers_called, ending.threw ? 0 : 1);
    if (ending.threw || ending.error) {
      EXPECT_TRUE(is_reached);
      EXPECT_TRUE(ending.threw || ending.error == std::errc::not_enough_memory)
          << ending.error.message();
      EXPECT_EQ(content_of(attempt.engine()), before);
    } else {
      EXPECT_EQ(content_of(attempt.engine()), after);
    }
    attempt.expect_ends_well();
  }
}

INSTANTIATE_TEST_SUITE_P(Every, AsyncWithoutMemory,
                         testing::Combine(testing::Values(Call::write, Call::describe, Call::patch,
                                                          Call::query, Call::flush),
                                          testing::Values(Where::on_the_engine, Where::elsewhere)),
                         [](const auto& chosen) {
                           const bool is_own = std::get<1>(chosen.param) == Where::on_the_engine;
                           return name_of(std::get<0>(chosen.param)) + (is_own ? "" : "_elsewhere");
                         });

/// The executor of a context that finds no memory for so many jobs.
class ShortExecutor {
 public:
  enum class Jobs : std::uint8_t {
    returned,
    kept,  ///< As by Asio's strand, whose memory may end once it has the job.
  };

  ShortExecutor(asio::io_context& context, std::atomic<int>& refusals,
                Jobs jobs = Jobs::returned) noexcept
      : context_(&context), refusals_(&refusals), jobs_(jobs) {}

  template <class Job>
  void execute(Job&& job) const {
    const bool refuses = refusals_->load() > 0;
    if (refuses) --*refusals_;
    if (!refuses || jobs_ == Jobs::kept) asio::post(*context_, std::forward<Job>(job));
    if (refuses) throw std::bad_alloc();
  }
  ShortExecutor require(asio::execution::blocking_t::never_t /*property*/) const { return *this; }
  bool operator==(const ShortExecutor& other) const noexcept { return context_ == other.context_; }
  bool operator!=(const ShortExecutor& other) const noexcept { return !(*this == other); }

 private:
  asio::io_context* context_;
  std::atomic<int>* refusals_;
  Jobs jobs_;
};

/// An engine, and a handler whose executor is short of memory at first.
class ShortOfMemory : public testing::Test {
 protected:
  static constexpr int refused = 3;

  void open(bool threadless) {
    Options options = tiny_options(files_);
    options.threadless = threadless;
    engine_.emplace(open_engine(options, Sizes::tiny).value());
  }
  void start(Call call) {
    test::start(*engine_, call,
                asio::bind_executor(ShortExecutor(context_, refusals_),
                                    [this](std::error_code error, auto&&...) {
                                      EXPECT_FALSE(error) << error.message();
                                      ++calls_;
                                    }));
  }
  void poll() {
    context_.restart();
    context_.poll();
  }

  asio::io_context context_;
  std::atomic<int> refusals_{refused};
  int calls_ = 0;
  std::shared_ptr<FileSystem> files_ = sample().copy();
  std::optional<Engine> engine_;
};

TEST_F(ShortOfMemory, a_handler_of_a_write_comes_late) {
  open(true);
  start(Call::write);
  for (int i = 0; i < 3 * refused; ++i) {
    EXPECT_TRUE(engine_->step());
    poll();
  }
  EXPECT_EQ(refusals_, 0);
  EXPECT_EQ(calls_, 1);
  EXPECT_TRUE(engine_->close());
}

TEST_F(ShortOfMemory, each_of_many_handlers_comes_once) {
  open(true);
  std::vector<int> called;
  for (int i = 0; i < 4; ++i) {
    engine_->async_write(two_series(),
                         asio::bind_executor(ShortExecutor(context_, refusals_),
                                             [&called, i](std::error_code error, Receipt) {
                                               EXPECT_FALSE(error) << error.message();
                                               called.push_back(i);
                                             }));
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(engine_->step());
    poll();
  }
  std::ranges::sort(called);
  EXPECT_EQ(called, (std::vector{0, 1, 2, 3}));
}

TEST_F(ShortOfMemory, closing_waits_for_handlers_that_come_late) {
  open(true);
  start(Call::write);
  EXPECT_TRUE(engine_->close());
  poll();
  EXPECT_EQ(calls_, 1);
}

TEST_F(ShortOfMemory, the_engines_own_thread_tries_again) {
  open(false);
  start(Call::write);
  while (calls_ == 0) {
    poll();
    std::this_thread::yield();
  }
  EXPECT_EQ(refusals_, 0);
  EXPECT_TRUE(engine_->close());
  EXPECT_EQ(calls_, 1);
}

TEST_F(ShortOfMemory, a_handler_of_a_read_waits_for_memory) {
  open(true);
  start(Call::query);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(engine_->step());
    poll();
  }
  EXPECT_EQ(refusals_, 0);
  EXPECT_EQ(calls_, 1);
}

/// A handler whose executor keeps the job, and throws all the same. Everything else runs in the
/// same context, so that the test is the only thread.
class KeptWithoutMemory : public testing::TestWithParam<Call> {
 protected:
  KeptWithoutMemory() {
    Options options = tiny_options(sample().copy());
    options.executor = context_.get_executor();
    engine_.emplace(open_engine(options, Sizes::tiny).value());
  }
  void start_and_run() {
    const ShortExecutor executor(context_, refusals_, ShortExecutor::Jobs::kept);
    test::start(*engine_, GetParam(),
                asio::bind_executor(executor, [this](std::error_code error, auto&&...) {
                  errors_.push_back(error);
                }));
    for (int i = 0; i < 20; ++i) {
      std::ignore = engine_->step();  // A closed one refuses.
      context_.restart();
      context_.poll();
    }
    EXPECT_EQ(refusals_, 0);
  }

  asio::io_context context_;
  std::atomic<int> refusals_{1};
  std::vector<std::error_code> errors_;  // That the handler was called with.
  std::optional<Engine> engine_;
};

TEST_P(KeptWithoutMemory, a_handler_is_called_once) {
  start_and_run();
  EXPECT_EQ(errors_, std::vector{std::error_code()});
  EXPECT_TRUE(engine_->close());
}

TEST_P(KeptWithoutMemory, a_handler_of_a_refused_call_is_called_once) {
  EXPECT_TRUE(engine_->close());
  EXPECT_NO_THROW(start_and_run());
  EXPECT_EQ(errors_, std::vector{make_error_code(Errc::closed)});
}

INSTANTIATE_TEST_SUITE_P(Every, KeptWithoutMemory, testing::Values(Call::write, Call::query),
                         [](const auto& chosen) { return name_of(chosen.param); });

}  // namespace
}  // namespace varve::test
