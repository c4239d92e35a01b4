#include "engine/database/own_executor.hpp"

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

}  // namespace varve::engine
