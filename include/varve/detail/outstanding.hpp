#pragma once

#include "varve/detail/requirements.hpp"

#include <asio/execution/executor.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <utility>

namespace varve::detail {

/// An executor that counts as work of its context for as long as it is held. Executors of Asio's
/// older kind, such as io_context::strand, cannot count by themselves and take a guard.
template <class Executor>
auto counted(const Executor& executor) {
  if constexpr (asio::execution::is_executor<Executor>::value) {
    return asio::prefer(executor, asio::execution::outstanding_work.tracked);
  } else {
    return asio::make_work_guard(executor);
  }
}

/// Keeps the context of an executor from running dry until a handler is posted to it.
///
/// Its end is the last that is asked of the context: a user who waits until the context runs dry
/// (join() of a pool, run() of an io_context) may destroy it then. Asio's own guard cannot do
/// that for a strand: it lets go of the executor after it lets go of the count.
///
/// Threads: as any value. The context may be destroyed by another thread as soon as this is gone.
template <class Executor>
class Outstanding {
 public:
  explicit Outstanding(const Executor& executor) : counted_(counted(executor)) {}

  template <class Job>
  void post(Job&& job) const {
    if constexpr (asio::execution::is_executor<Executor>::value) {
      asio::post(counted_, std::forward<Job>(job));
    } else {
      asio::post(counted_.get_executor(), std::forward<Job>(job));
    }
  }

 private:
  decltype(counted(std::declval<const Executor&>())) counted_;
};

}  // namespace varve::detail
