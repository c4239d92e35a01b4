#pragma once

#include "varve/detail/requirements.hpp"

#include <asio/associated_executor.hpp>
#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

#include "varve/detail/finds_memory.hpp"
#include "varve/detail/outstanding.hpp"
#include "varve/detail/post_under_way.hpp"
#include "varve/error.hpp"
#include "varve/record.hpp"

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

/// A completion handler as a callback that any thread may invoke, once. The handler then runs on
/// its own associated executor, whose context is kept from running dry until then; it is always
/// posted, never run inline.
///
/// The callback's last act is to let that context run dry: a user who waits for that (join() of a
/// pool, run() of an io_context) may destroy the context then, whatever the engine does.
///
/// Handler and results have their place from the beginning. To post them takes memory of the
/// executor's; where there is none the callback waits until there is.
template <class Signature, class Executor, class Handler>
class Completion;

template <class... Results, class Executor, class Handler>
class Completion<void(Results...), Executor, Handler> {
 public:
  Completion(const Executor& executor, Handler&& handler)
      : outstanding_(std::in_place, executor), call_(std::make_shared<Call>(std::move(handler))) {}

  void operator()(Results... results) {
    // Both end with this call, not with the callback: first what the handler may leave of its
    // executor when it is moved, then the count.
    const Outstanding<Executor> last = *std::exchange(outstanding_, std::nullopt);
    const std::shared_ptr<Call> call = std::exchange(call_, nullptr);
    call->results.emplace(std::move(results)...);
    while (!is_posted(last, call)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  struct Call {
    explicit Call(Handler&& of) : handler(std::move(of)) {}

    std::optional<Handler> handler;
    std::optional<std::tuple<Results...>> results;
  };

  /// What is posted. Not the handler itself, which would go with a job that is not.
  class PostedCall {
   public:
    explicit PostedCall(std::shared_ptr<Call> call) : call_(std::move(call)) {}
    PostedCall(PostedCall&&) noexcept = default;
    PostedCall& operator=(PostedCall&&) = delete;
    ~PostedCall() {
      if (call_) std::ignore = PostUnderWay::give_back(call_.get());
    }
    void operator()() { run(std::exchange(call_, nullptr)); }

   private:
    std::shared_ptr<Call> call_;
  };

  /// False where there is no memory for it. Else the call is the executor's, which may run it at
  /// once on another thread: it is not looked at any more.
  static bool is_posted(const Outstanding<Executor>& to, const std::shared_ptr<Call>& call) {
    PostUnderWay posting(call.get());
    return posting.outcome_of([&] { to.post(PostedCall(call)); }) !=
           PostUnderWay::Outcome::no_memory;
  }

  static void run(std::shared_ptr<Call> call) {
    Handler handler = *std::exchange(call->handler, std::nullopt);
    std::tuple<Results...> results = *std::exchange(call->results, std::nullopt);
    call.reset();
    std::apply([&](auto&&... each) { std::move(handler)(std::move(each)...); }, std::move(results));
  }

  std::optional<Outstanding<Executor>> outstanding_;
  std::shared_ptr<Call> call_;
};

/// Makes the callback of a handler. `fallback` is the executor of one that brings none.
template <class Signature, class Executor, class Handler>
auto make_completion(const Executor& fallback, Handler handler) {
  const auto executor = asio::get_associated_executor(handler, fallback);
  return Completion<Signature, asio::associated_executor_t<Handler, Executor>, Handler>(
      executor, std::move(handler));
}

/// What a call comes to on a thread where nobody would catch std::bad_alloc.
template <class T, class Call>
Result<T> outcome_of(Call call) {
  Result<T> outcome = std::unexpected(Error{make_error_code(Errc::no_memory), {}});
  finds_memory([&] { outcome = Result<T>(call()); });
  return outcome;
}

/// Makes the call and gives its outcome to the callback.
template <class T, class Done, class Call>
void complete(Done& done, Call call) {
  Result<T> outcome = outcome_of<T>(std::move(call));
  const std::error_code code = outcome ? std::error_code() : outcome.error().code;
  if constexpr (std::is_void_v<T>) {
    done(code);
  } else if constexpr (std::is_same_v<T, Record>) {
    done(code, outcome ? std::move(*outcome) : Record({}, 0, 0.0));
  } else {
    done(code, outcome ? std::move(*outcome) : T());
  }
}

}  // namespace varve::detail
