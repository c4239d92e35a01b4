// What a Syncer does after a sync failed: tables take what the log could not make durable, at once,
// else now and then until it works.

#include <algorithm>
#include <chrono>
#include <new>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/commit/syncer.hpp"

namespace varve::engine {

namespace {

/// How often what a failed sync left is tried again: a full disk may have room soon.
constexpr std::chrono::nanoseconds mend_pause_min = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds mend_pause_max = std::chrono::seconds(30);

}  // namespace

Error Syncer::read_only_error() const {
  Error error{make_error_code(Errc::read_only), {}};
  const Lock lock(mutex_);
  if (failure_ && failure_->code == Errc::no_space) error.code = Errc::no_space;
  try {
    error.where = "a sync of the WAL failed, and so did the flush in its place";
    if (failure_) error.where += ": " + failure_->message();
  } catch (const std::bad_alloc&) {
    return {error.code, {}};
  }
  return error;
}

Status Syncer::not_durable(std::uint64_t sequence, const std::string& why) const {
  return fail(Errc::unknown, "batches " + std::to_string(durable() + 1) + " to " +
                                 std::to_string(sequence) + " may not be durable: " + why);
}

void Syncer::stop_writes(Error failure) {
  failure_ = std::move(failure);
  mend_pause_ = mend_pause_min;
  mend_at_ = clock_.monotonic() + mend_pause_;
  failed_.store(true, std::memory_order_release);
}

Status Syncer::try_to_mend() const {
  return or_no_memory([this] { return callbacks_.mend(); });
}

/// What is still wrong after tables were to take what the log could not make durable.
std::optional<Error> Syncer::mend_after(const Error& cause) {
  if_memory_allows([&] {
    log_.warning("WAL sync: " + cause.message() + "; what it holds goes to tables instead");
  });
  if (!callbacks_.mend) return copied(cause);
  const Status mended = try_to_mend();
  if (mended) return std::nullopt;
  if_memory_allows([&] {
    log_.error("WAL sync and the flush in its place, writes stop: " + mended.error().message());
  });
  return copied(mended.error().code == Errc::no_space ? mended.error() : cause);
}

Status Syncer::mend() {
  {
    const Lock lock(mutex_);
    while (syncing_) progress_.wait(mutex_);
    if (!failed()) return {};
    if (!callbacks_.mend) return fail(Errc::unknown, "an earlier sync of the WAL failed");
    syncing_ = true;
  }
  Status mended = try_to_mend();  // Returned as it is: a copy would take memory.
  {
    const Lock lock(mutex_);
    syncing_ = false;
    if (mended) {
      failure_.reset();
      failed_.store(false, std::memory_order_release);
    } else {
      mend_pause_ = std::min(mend_pause_ * 2, mend_pause_max);
      mend_at_ = clock_.monotonic() + mend_pause_;
    }
  }
  progress_.notify_all();
  if (mended) {
    if_memory_allows(
        [&] { log_.info("what the WAL could not make durable is in tables: writes go on"); });
  }
  return mended;
}

}  // namespace varve::engine
