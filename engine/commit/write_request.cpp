#include "engine/commit/write_request.hpp"

#include <algorithm>
#include <memory>

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

void WriteRequest::finish(Result<Receipt> outcome) {
  if (on_done) {
    const std::unique_ptr<WriteRequest> own(this);
    on_done(std::move(outcome));
    return;
  }
  const std::lock_guard lock(mutex_);
  outcome_ = std::move(outcome);
  done_.notify_one();
}

Result<Receipt> WriteRequest::wait() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return outcome_.has_value(); });
  return std::move(*outcome_);
}

}  // namespace varve::engine
