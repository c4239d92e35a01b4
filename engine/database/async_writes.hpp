#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/counters.hpp"
#include "engine/base/gate.hpp"
#include "engine/base/mutex.hpp"
#include "engine/commit/write_request.hpp"
#include "engine/database/own_executor.hpp"
#include "varve/clock.hpp"
#include "varve/detail/pending_write.hpp"
#include "varve/write_batch.hpp"

namespace varve::engine {

/// A write that nobody waits for: its batch, and whom to tell.
struct AsyncWrite : WriteRequest {
  WriteBatch accepted;
  detail::PendingWrite* pending = nullptr;
  std::chrono::nanoseconds begun{0};
};

/// Asynchronous writes under way. Each has entered the gate, and leaves it when its handler has
/// been posted. Any thread.
///
/// Requests are used again. One that is done keeps its batch's memory until then, so that a
/// thread which writes much frees on itself what it allocated: the allocator's locks are not
/// shared with the writer.
///
/// To post a handler takes memory of its executor's. Where there is none it is late: it stays here,
/// and its write inside the gate, until post_again() finds some.
class AsyncWrites final : public Completions {
 public:
  /// `own` is null where the user brought an executor. `on_late` says that post_again() is to be
  /// called, until it returns true; it throws nothing.
  AsyncWrites(Gate& gate, Counters& counters, Clock& clock, OwnExecutor* own,
              std::function<void()> on_late);

  /// A request for the batch, which begins now.
  std::unique_ptr<AsyncWrite> begin(WriteBatch batch, detail::PendingWrite& pending);
  /// One that was not submitted. Throws nothing.
  void complete(std::unique_ptr<AsyncWrite> write, Result<Receipt> outcome);
  void complete(WriteRequest* first) override;

  /// Posts what is late. False where some of it still is. Throws nothing.
  bool post_again();

 private:
  /// Handlers in a row, linked by `next`.
  struct Handlers {
    detail::PendingWrite* first = nullptr;
    detail::PendingWrite* last = nullptr;
    std::uint64_t count = 0;

    void push_back(detail::PendingWrite& handler);
  };

  void keep(WriteRequest* first);
  std::uint64_t take_over(const Handlers& own, const Handlers& late);

  Gate& gate_;
  Counters& counters_;
  Clock& clock_;
  OwnExecutor* const own_;
  const std::function<void()> on_late_;

  Mutex mutex_;
  std::vector<std::unique_ptr<AsyncWrite>> spares_ VARVE_GUARDED_BY(mutex_);
  Handlers late_ VARVE_GUARDED_BY(mutex_);  // For executors of their own; own_ keeps its own.
};

}  // namespace varve::engine
