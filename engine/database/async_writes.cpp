#include "engine/database/async_writes.hpp"

#include <utility>

namespace varve::engine {

namespace {

// What is kept between writes: at most 2 MB in all.
constexpr std::size_t spares_max = 256;
constexpr std::size_t spare_bytes_max = std::size_t{8} << 10;

void set_outcome(detail::PendingWrite& pending, const Result<Receipt>& outcome) {
  if (outcome) {
    pending.receipt = *outcome;
  } else {
    pending.error = outcome.error().code;
  }
}

}  // namespace

AsyncWrites::AsyncWrites(Gate& gate, Counters& counters, Clock& clock, OwnExecutor* own,
                         std::function<void()> on_late)
    : gate_(gate), counters_(counters), clock_(clock), own_(own), on_late_(std::move(on_late)) {
  const Lock lock(mutex_);
  spares_.reserve(spares_max);  // A write that is done must not need memory.
}

void AsyncWrites::Handlers::push_back(detail::PendingWrite& handler) {
  handler.next = nullptr;
  (first == nullptr ? first : last->next) = &handler;
  last = &handler;
  ++count;
}

std::unique_ptr<AsyncWrite> AsyncWrites::begin(WriteBatch batch, detail::PendingWrite& pending) {
  std::unique_ptr<AsyncWrite> write;
  {
    const Lock lock(mutex_);
    if (!spares_.empty()) {
      write = std::move(spares_.back());
      spares_.pop_back();
    }
  }
  if (!write) write = std::make_unique<AsyncWrite>();
  write->accepted = std::move(batch);
  write->pending = &pending;
  write->completions = this;
  write->begin_again();
  write->begun = clock_.monotonic();
  return write;
}

void AsyncWrites::complete(std::unique_ptr<AsyncWrite> write, Result<Receipt> outcome) {
  write->outcome = std::move(outcome);
  write->next = nullptr;
  complete(write.release());
}

void AsyncWrites::complete(WriteRequest* first) {
  const auto now = clock_.monotonic();
  Handlers own;
  Handlers late;
  std::uint64_t posted = 0;
  for (WriteRequest* request = first; request != nullptr; request = request->next) {
    auto& write = static_cast<AsyncWrite&>(*request);
    counters_.write_latency.record(now - write.begun);
    detail::PendingWrite& pending = *write.pending;
    set_outcome(pending, write.outcome);
    if (pending.is_for_engine()) {
      own.push_back(pending);
    } else if (pending.post()) {
      ++posted;
    } else {
      late.push_back(pending);
    }
    write.accepted.clear();
  }
  posted += take_over(own, late);
  keep(first);
  if (posted != 0) gate_.leave(posted);  // Last: the engine may be gone after it.
}

/// Takes handlers over that were not posted: those of the engine's own executor, and those for
/// which there was no memory. Returns of how many writes that was the last: of others' too, whose
/// handlers were late.
std::uint64_t AsyncWrites::take_over(const Handlers& own, const Handlers& late) {
  std::uint64_t posted = 0;
  bool is_late = late.count != 0;
  if (own.count != 0) {
    const auto handed_over = own_->post(own.first, own.last, own.count);
    posted = handed_over.value_or(0);
    is_late = is_late || !handed_over;
  }
  if (late.count != 0) {
    const Lock lock(mutex_);
    (late_.first == nullptr ? late_.first : late_.last->next) = late.first;
    late_.last = late.last;
    late_.count += late.count;
  }
  // Another thread may hand them over meanwhile, and leave the gate. This is still here: whoever
  // calls is a thread that closing waits for, or inside a call to the engine.
  if (is_late) on_late_();
  return posted;
}

bool AsyncWrites::post_again() {
  std::uint64_t posted = 0;
  bool is_done = true;
  while (true) {
    Handlers next;
    {
      const Lock lock(mutex_);
      if (late_.first == nullptr) break;
      detail::PendingWrite& handler = *std::exchange(late_.first, late_.first->next);
      --late_.count;
      next.push_back(handler);
    }
    if (next.first->post()) {
      ++posted;
      continue;
    }
    const Lock lock(mutex_);
    next.last->next = std::exchange(late_.first, next.first);
    if (next.last->next == nullptr) late_.last = next.last;
    ++late_.count;
    is_done = false;
    break;
  }
  if (own_ != nullptr) {
    const auto handed_over = own_->post_again();
    posted += handed_over.value_or(0);
    is_done = is_done && handed_over;
  }
  if (posted != 0) gate_.leave(posted);
  return is_done;
}

/// Keeps the requests for writes to come, as far as they are not too many nor too large.
void AsyncWrites::keep(WriteRequest* first) {
  WriteRequest* superfluous = nullptr;
  {
    const Lock lock(mutex_);
    while (first != nullptr) {
      auto* const write = static_cast<AsyncWrite*>(first);
      first = first->next;
      if (spares_.size() < spares_max && write->reserved_bytes <= spare_bytes_max) {
        spares_.emplace_back(write);
      } else {
        write->next = std::exchange(superfluous, write);
      }
    }
  }
  while (superfluous != nullptr) {
    const std::unique_ptr<AsyncWrite> write(static_cast<AsyncWrite*>(superfluous));
    superfluous = write->next;
  }
}

}  // namespace varve::engine
