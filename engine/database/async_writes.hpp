#pragma once

#include <chrono>
#include <memory>
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
class AsyncWrites final : public Completions {
 public:
  /// `own` is null where the user brought an executor.
  AsyncWrites(Gate& gate, Counters& counters, Clock& clock, OwnExecutor* own)
      : gate_(gate), counters_(counters), clock_(clock), own_(own) {}

  /// A request for the batch, which begins now.
  std::unique_ptr<AsyncWrite> begin(WriteBatch batch, detail::PendingWrite& pending);
  /// One that was not submitted.
  void complete(std::unique_ptr<AsyncWrite> write, Result<Receipt> outcome);
  void complete(WriteRequest* first) override;

 private:
  Gate& gate_;
  Counters& counters_;
  Clock& clock_;
  OwnExecutor* const own_;

  Mutex mutex_;
  std::vector<std::unique_ptr<AsyncWrite>> spares_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve::engine
