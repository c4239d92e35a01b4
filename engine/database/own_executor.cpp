#include "engine/database/own_executor.hpp"

#include <asio/post.hpp>
#include <asio/system_executor.hpp>
#include <atomic>
#include <memory>
#include <new>
#include <utility>

#include "engine/base/fork.hpp"
#include "engine/base/thread.hpp"
#include "varve/try.hpp"

namespace varve::engine {

// A handler that throws here ends the program, as it does on the thread.
// NOLINTNEXTLINE(bugprone-exception-escape)
OwnExecutor::~OwnExecutor() { stop(); }

Status OwnExecutor::start() {
  work_.emplace(asio::make_work_guard(*context_));
  VARVE_TRY(thread_, start_thread("varve-async", [context = context_] { context->run(); }));
  id_ = thread_.get_id();
  return {};
}

namespace {

/// Handlers in one job, so that a group of writes costs one.
class Chain {
 public:
  Chain(asio::io_context& context, detail::PendingWrite* first)
      : context_(context), first_(first) {}
  Chain(Chain&& other) noexcept
      : context_(other.context_), first_(std::exchange(other.first_, nullptr)) {}
  Chain& operator=(Chain&&) = delete;
  ~Chain() {
    while (first_ != nullptr) std::exchange(first_, first_->next)->discard();
  }
  void operator()() {
    try {
      while (first_ != nullptr) std::exchange(first_, first_->next)->run();
    } catch (...) {
      // The others are not to suffer for one that throws.
      asio::post(context_, Chain(context_, std::exchange(first_, nullptr)));
      throw;
    }
  }

 private:
  asio::io_context& context_;
  detail::PendingWrite* first_;
};

}  // namespace

void OwnExecutor::post(detail::PendingWrite* first) {
  asio::post(*context_, Chain(*context_, first));
}

bool OwnExecutor::poll_one() {
  context_->restart();
  return context_->poll_one() != 0;
}

void OwnExecutor::stop() {
  work_.reset();
  if (!thread_.joinable()) {
    while (poll_one()) {
    }
  } else if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

namespace {

/// Never destroyed: at the end of the process, or in a child of this child, nobody may wait for its
/// thread.
struct ChildExecutor {
  HomeProcess home;
  OwnExecutor executor;
};

}  // namespace

// `newest` is that of the process which asked for one last; a child of that one replaces it.
asio::any_io_executor executor_of_child() noexcept {
  static std::atomic<ChildExecutor*> newest{nullptr};
  try {
    ChildExecutor* found = newest.load(std::memory_order_acquire);
    while (found == nullptr || !found->home.is_here()) {
      auto fresh = std::make_unique<ChildExecutor>();
      if (!fresh->executor.start()) return asio::system_executor();
      // Where another thread was first, that one's is used.
      if (newest.compare_exchange_strong(found, fresh.get(), std::memory_order_acq_rel)) {
        found = fresh.release();
      }
    }
    return found->executor.executor();
  } catch (const std::bad_alloc&) {
    return asio::system_executor();
  }
}

}  // namespace varve::engine
