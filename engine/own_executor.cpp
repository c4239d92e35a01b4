#include "engine/own_executor.hpp"

#include "engine/base/thread.hpp"
#include "engine/base/try.hpp"

namespace varve::engine {

// A handler that throws here ends the program, as it does on the thread.
// NOLINTNEXTLINE(bugprone-exception-escape)
OwnExecutor::~OwnExecutor() { stop(); }

Status OwnExecutor::start() {
  work_.emplace(asio::make_work_guard(*context_));
  VARVE_TRY(thread_, start_thread("varve-async", [context = context_] { context->run(); }));
  return {};
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
