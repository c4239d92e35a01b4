#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/mutex.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// What a search for the newest live record of a key found, after it had passed over many that were
/// deleted or have expired: that none lay above.
struct LatestHint {
  std::uint64_t sequence = 0;       ///< Of the view that was searched.
  Timestamp now = 0;                ///< By which it judged expiry.
  std::optional<Timestamp> newest;  ///< The record's timestamp. Nothing: the key had none at all.
};

/// Spares the next search what the last one passed over. Belongs to the sources of views: what is
/// written while they are the current ones lies in their memtables, so a reader of a later view of
/// the same sources sees there whether the hint still holds. Any thread.
class LatestHints {
 public:
  /// One that holds for a view of `sequence` and `now` but for what was written in between.
  std::optional<LatestHint> find(std::string_view key, std::uint64_t sequence, Timestamp now) const;
  /// Keeps it in place of an earlier one of the key. Where there are too many, others go; one of a
  /// very long key is not kept.
  void note(std::string_view key, const LatestHint& hint);

 private:
  static constexpr std::size_t hints_max = 256;
  static constexpr std::size_t key_bytes_max = 1024;

  mutable Mutex mutex_;
  std::map<std::string, LatestHint, std::less<>> hints_ VARVE_GUARDED_BY(mutex_);
  /// Whether there is any: the usual read asks no more. Relaxed: who misses the first only
  /// searches.
  std::atomic<bool> any_{false};
};

}  // namespace varve::engine
