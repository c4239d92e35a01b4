#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <memory>
#include <optional>
#include <thread>

#include "varve/detail/pending_write.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// Runs asynchronous reads and completion handlers for users who bring no executor: one thread,
/// or (threadless) whoever calls poll_one().
class OwnExecutor {
 public:
  OwnExecutor() : context_(std::make_shared<asio::io_context>(1)) {}
  ~OwnExecutor();  ///< stop()

  /// Starts the thread. Without it, poll_one() is the only way on.
  [[nodiscard]] Status start();

  asio::any_io_executor executor() const { return context_->get_executor(); }
  /// Runs the handlers, linked by `next`, one after the other.
  void post(detail::PendingWrite* first);
  /// Threadless: runs one handler that is ready. False where none is.
  bool poll_one();
  /// Runs what was posted, then ends the thread. From a handler on that very thread it lets the
  /// thread end by itself.
  void stop();
  /// Whether the caller is a handler on its thread. Any thread.
  bool is_this_thread() const { return id_ == std::this_thread::get_id(); }

 private:
  std::shared_ptr<asio::io_context> context_;  // Shared with the thread.
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::thread thread_;
  std::thread::id id_;  // Of thread_, and constant once it runs.
};

/// Where calls complete that a child of the engine's process is refused: a thread of the child's
/// own, made when the first needs it. Whatever executor there was has its threads in the parent.
asio::any_io_executor executor_of_child() noexcept;

}  // namespace varve::engine
