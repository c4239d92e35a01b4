#include "engine/commit/write_request.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"

namespace varve::engine {

namespace {

DurabilityNeed need_of(Durability durability) {
  DurabilityNeed need;
  switch (durability.kind()) {
    case Durability::Kind::none:
    case Durability::Kind::appended: break;
    case Durability::Kind::interval: need.sync_within = durability.period(); break;
    case Durability::Kind::every:
      need.lag_max = static_cast<std::uint64_t>(durability.batches());
      break;
    case Durability::Kind::always: need.lag_max = 0; break;
  }
  return need;
}

}  // namespace

DurabilityNeed needed(Durability engine, std::optional<Durability> call) {
  DurabilityNeed need = need_of(engine);
  if (call) {
    const DurabilityNeed asked = need_of(*call);
    need.lag_max = std::min(need.lag_max, asked.lag_max);
    need.sync_within = std::min(need.sync_within, asked.sync_within);
  }
  return need;
}

Result<Receipt> WriteRequest::wait() {
  if (state_.load(std::memory_order_acquire) != State::done) {
    const Lock lock(mutex_);
    State expected = State::pending;
    if (state_.compare_exchange_strong(expected, State::awaited, std::memory_order_acquire)) {
      while (!woken_) done_.wait(mutex_);
    }
  }
  return std::move(outcome);
}

void WriteRequest::wake() {
  const State before = state_.exchange(State::done, std::memory_order_acq_rel);
  VARVE_ASSERT(before != State::done);
  if (before != State::awaited) return;
  // The lock is held while notifying, so the waiter cannot destroy the condition too early.
  const Lock lock(mutex_);
  woken_ = true;
  done_.notify_one(mutex_);
}

void RequestList::push_back(WriteRequest& request) {
  request.next = nullptr;
  (first_ == nullptr ? first_ : last_->next) = &request;
  last_ = &request;
  ++size_;
}

WriteRequest& RequestList::pop_front() {
  VARVE_ASSERT(first_ != nullptr);
  WriteRequest& request = *std::exchange(first_, first_->next);
  --size_;
  return request;
}

void Finisher::add(WriteRequest& request, Result<Receipt> outcome) {
  request.outcome = std::move(outcome);
  if (request.completions == nullptr) return request.wake();
  using State = WriteRequest::State;
  VARVE_ASSERT(request.state_.load(std::memory_order_relaxed) == State::pending);
  VARVE_ASSERT(done_.empty() || done_.front()->completions == request.completions);
  request.state_.store(State::done, std::memory_order_relaxed);
  done_.push_back(request);
}

Finisher::~Finisher() {
  if (!done_.empty()) done_.front()->completions->complete(done_.front());
}

}  // namespace varve::engine
