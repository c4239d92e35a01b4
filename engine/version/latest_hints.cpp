#include "engine/version/latest_hints.hpp"

#include "engine/base/assert.hpp"

namespace varve::engine {

std::optional<LatestHint> LatestHints::find(std::string_view key, std::uint64_t sequence,
                                            Timestamp now) const {
  if (!any_.load(std::memory_order_relaxed)) return std::nullopt;
  const Lock lock(mutex_);
  const auto found = hints_.find(key);
  if (found == hints_.end()) return std::nullopt;
  const LatestHint& hint = found->second;
  // An older view may see what was deleted since; a clock that went back, what had expired.
  if (sequence < hint.sequence || now < hint.now) return std::nullopt;
  return hint;
}

void LatestHints::note(std::string_view key, const LatestHint& hint) {
  if (key.size() > key_bytes_max) return;
  const Lock lock(mutex_);
  const auto found = hints_.find(key);
  if (found != hints_.end()) {
    if (found->second.sequence <= hint.sequence) found->second = hint;
    return;
  }
  if (hints_.size() >= hints_max) hints_.clear();
  hints_.emplace(key, hint);
  VARVE_ASSERT(hints_.size() <= hints_max);
  any_.store(true, std::memory_order_relaxed);
}

}  // namespace varve::engine
