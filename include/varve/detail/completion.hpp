#pragma once

#include <asio/associated_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <utility>

namespace varve::detail {

/// Turns a completion handler into a callback that any thread may invoke, once. The handler then
/// runs on its own associated executor, which the work guard keeps from running dry until then;
/// it is always posted, never run inline.
template <class Executor, class Handler>
auto make_completion(const Executor& fallback, Handler handler) {
  // Taken out before the handler is moved: GCC 12 may evaluate the capture first.
  auto executor = asio::get_associated_executor(handler, fallback);
  return [work = asio::make_work_guard(executor),
          handler = std::move(handler)](auto... results) mutable {
    asio::post(work.get_executor(),
               [handler = std::move(handler), ... results = std::move(results)]() mutable {
                 std::move(handler)(std::move(results)...);
               });
    work.reset();
  };
}

}  // namespace varve::detail
