#pragma once

#include "varve/detail/requirements.hpp"

#include <asio/associated_executor.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "varve/detail/outstanding.hpp"

namespace varve::detail {

/// What an asynchronous call of a T completes with.
template <class T>
struct CompletionOf {
  using Signature = void(std::error_code, T);
};
template <>
struct CompletionOf<void> {
  using Signature = void(std::error_code);
};

/// Turns a completion handler into a callback that any thread may invoke, once. The handler then
/// runs on its own associated executor, whose context is kept from running dry until then; it is
/// always posted, never run inline.
///
/// The callback's last act is to let that context run dry: a user who waits for that (join() of a
/// pool, run() of an io_context) may destroy the context then, whatever the engine does.
template <class Executor, class Handler>
auto make_completion(const Executor& fallback, Handler handler) {
  // Taken out before the handler is moved: GCC 12 may evaluate the capture first.
  Outstanding outstanding(asio::get_associated_executor(handler, fallback));
  return [once = std::optional(std::pair(std::move(outstanding), std::move(handler)))](
             auto... results) mutable {
    // Both end with this call, not with the callback: first what the handler may leave of its
    // executor when it is moved, then the count.
    auto [last, done] = *std::exchange(once, std::nullopt);
    last.post([call = std::move(done), ... results = std::move(results)]() mutable {
      std::move(call)(std::move(results)...);
    });
  };
}

}  // namespace varve::detail
