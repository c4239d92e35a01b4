#pragma once

#include "varve/detail/requirements.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_executor.hpp>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "varve/detail/outstanding.hpp"
#include "varve/detail/post_under_way.hpp"
#include "varve/durability.hpp"

namespace varve::detail {

/// The handler of an async_write until the write is done. One of post(), run() and discard() is
/// called, once; after that the object is gone. But a post() that finds no memory has done nothing.
///
/// Threads: whoever finishes the write fills `error` and `receipt`, then calls one of the three.
/// Nobody else has it meanwhile.
class PendingWrite {
 public:
  PendingWrite(const PendingWrite&) = delete;
  PendingWrite& operator=(const PendingWrite&) = delete;

  /// Posts the handler to its own associated executor. False where there is no memory for that, and
  /// the executor has not taken it either.
  [[nodiscard]] virtual bool post() = 0;
  /// Runs it here and now: for the engine's own thread.
  virtual void run() = 0;
  /// Destroys it without running it: for an executor that is destroyed first.
  virtual void discard() = 0;

  /// Whether its executor is the engine's, which can take many at once.
  bool is_for_engine() const { return is_for_engine_; }

  std::error_code error;
  Receipt receipt{};
  PendingWrite* next = nullptr;

 protected:
  explicit PendingWrite(bool is_for_engine) : is_for_engine_(is_for_engine) {}
  ~PendingWrite() = default;

 private:
  bool is_for_engine_;
};

/// What is posted for a PendingWriteOf: it owns it, so that an executor that is destroyed destroys
/// the handler too.
template <class Pending>
class PostedWrite {
 public:
  using allocator_type = typename Pending::HandlerAllocator;

  explicit PostedWrite(Pending* pending) : pending_(pending) {}
  PostedWrite(PostedWrite&& other) noexcept : pending_(std::exchange(other.pending_, nullptr)) {}
  PostedWrite& operator=(PostedWrite&&) = delete;
  ~PostedWrite() {
    if (pending_ != nullptr && !PostUnderWay::give_back(pending_)) pending_->discard();
  }
  void operator()() { std::exchange(pending_, nullptr)->run(); }
  allocator_type get_allocator() const noexcept { return pending_->handler_allocator(); }

 private:
  Pending* pending_;
};

/// The one implementation, by type of handler. It lies in memory of the handler's associated
/// allocator, which is given back before the handler runs, as Asio promises.
template <class Handler, class Executor>
class PendingWriteOf final : public PendingWrite {
 public:
  using HandlerAllocator = asio::associated_allocator_t<Handler>;

  static PendingWrite* make(bool is_for_engine, const Executor& executor, Handler handler) {
    Allocator allocator(asio::get_associated_allocator(handler));
    // Gives the memory back where the constructor throws; by no `catch`, since programs that have
    // no exceptions compile this too.
    const auto give_back = [&allocator](PendingWriteOf* memory) {
      Traits::deallocate(allocator, memory, 1);
    };
    std::unique_ptr<PendingWriteOf, decltype(give_back)> memory(Traits::allocate(allocator, 1),
                                                                give_back);
    auto* const pending = ::new (static_cast<void*>(memory.get()))
        PendingWriteOf(is_for_engine, executor, std::move(handler));
    static_cast<void>(memory.release());
    return pending;
  }

  bool post() override {
    // The posted job may run, and this be gone, before post() returns.
    Outstanding<Executor> last = *std::exchange(outstanding_, std::nullopt);
    PostUnderWay posting(this);
    const auto outcome = posting.outcome_of([&] { last.post(PostedWrite<PendingWriteOf>(this)); });
    if (outcome == PostUnderWay::Outcome::no_memory) {
      outstanding_.emplace(std::move(last));
      return false;
    }
    if (outcome == PostUnderWay::Outcome::dropped) discard();
    return true;
  }

  void run() override {
    Allocator allocator(handler_allocator());
    Handler handler(std::move(handler_));
    const std::error_code error_now = error;
    const Receipt receipt_now = receipt;
    destroy(allocator);
    std::move(handler)(error_now, receipt_now);
  }

  void discard() override { destroy(Allocator(handler_allocator())); }

  HandlerAllocator handler_allocator() const noexcept {
    return asio::get_associated_allocator(handler_);
  }

 private:
  using Allocator =
      typename std::allocator_traits<HandlerAllocator>::template rebind_alloc<PendingWriteOf>;
  using Traits = std::allocator_traits<Allocator>;

  PendingWriteOf(bool is_for_engine, const Executor& executor, Handler&& handler)
      : PendingWrite(is_for_engine), handler_(std::move(handler)) {
    // The engine's own thread runs until the last write is done.
    if (!is_for_engine) outstanding_.emplace(executor);
  }
  ~PendingWriteOf() = default;

  void destroy(Allocator allocator) {
    this->~PendingWriteOf();
    Traits::deallocate(allocator, this, 1);
  }

  Handler handler_;
  std::optional<Outstanding<Executor>> outstanding_;
};

/// Makes the PendingWrite of a handler. `engine` is the executor for handlers that bring none;
/// `is_own` says that it is the engine's own thread and not one of the user's.
template <class Handler>
PendingWrite* make_pending_write(const asio::any_io_executor& engine, bool is_own,
                                 Handler handler) {
  const auto executor = asio::get_associated_executor(handler, engine);
  using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
  bool is_for_engine = false;
  if constexpr (std::is_same_v<Executor, asio::any_io_executor>) {
    is_for_engine = is_own && executor == engine;
  }
  return PendingWriteOf<Handler, Executor>::make(is_for_engine, executor, std::move(handler));
}

}  // namespace varve::detail
