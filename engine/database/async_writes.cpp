#include "engine/database/async_writes.hpp"

#include <cstdint>
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
  detail::PendingWrite* chain = nullptr;
  detail::PendingWrite** end = &chain;
  std::uint64_t count = 0;
  for (WriteRequest* request = first; request != nullptr; request = request->next, ++count) {
    auto& write = static_cast<AsyncWrite&>(*request);
    counters_.write_latency.record(now - write.begun);
    detail::PendingWrite& pending = *write.pending;
    set_outcome(pending, write.outcome);
    if (pending.is_for_engine()) {
      *end = &pending;
      end = &pending.next;
    } else {
      pending.post();
    }
    write.accepted.clear();
  }
  if (chain != nullptr) own_->post(chain);

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
  gate_.leave(count);  // Last: the engine may be gone after it.
}

}  // namespace varve::engine
