#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <cstdint>
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
  OwnExecutor();
  ~OwnExecutor();  ///< stop()

  /// Starts the thread. Without it, poll_one() is the only way on.
  [[nodiscard]] Status start();

  asio::any_io_executor executor() const;
  /// Runs the `count` handlers from `first` to `last`, linked by `next`, one after the other. None
  /// where there is no memory to have that done: they are kept, and run once post_again() or
  /// another post() finds some. Else of how many handlers it is certain from here on that they run:
  /// these, and those that were kept; of each handler one call says so. Any thread. Throws nothing.
  [[nodiscard]] std::optional<std::uint64_t> post(detail::PendingWrite* first,
                                                  detail::PendingWrite* last, std::uint64_t count);
  [[nodiscard]] std::optional<std::uint64_t> post_again();
  /// Threadless: runs one handler that is ready. False where none is.
  bool poll_one();
  /// Runs what was posted, then ends the thread. From a handler on that very thread it lets the
  /// thread end by itself.
  void stop();
  /// Whether the caller is a handler on its thread. Any thread.
  bool is_this_thread() const { return id_ == std::this_thread::get_id(); }

 private:
  struct Shared;

  const std::shared_ptr<Shared> shared_;  // With the thread.
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::thread thread_;
  std::thread::id id_;  // Of thread_, and constant once it runs.
};

/// Where calls complete that a child of the engine's process is refused: a thread of the child's
/// own, made when the first needs it. Whatever executor there was has its threads in the parent.
asio::any_io_executor executor_of_child() noexcept;

}  // namespace varve::engine
