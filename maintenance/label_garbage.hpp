#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/counters.hpp"
#include "engine/base/log.hpp"
#include "engine/commit/write_request.hpp"
#include "engine/version/published.hpp"
#include "varve/durability.hpp"
#include "varve/error.hpp"
#include "varve/time.hpp"
#include "varve/write_batch.hpp"

namespace varve::maintenance {

/// What collecting labels needs from the engine. All of it outlives the LabelGarbage.
struct LabelGarbageContext {
  const engine::Published& versions;
  const engine::Counters& counters;
  engine::Log log;
  /// Writes the batch if every condition holds; else fails with a conflict. May wait for a flush.
  std::function<Result<Receipt>(const WriteBatch&, std::vector<engine::WriteCondition>)> write_if;
  /// Runs the job soon, on a thread that may write; drops it if the engine closes before.
  std::function<void(std::function<void()>)> run_later;
};

/// Removes labels that leave with the last record of their series.
///
/// Whether a series is empty is read without a lock, and its labels are removed by a write that
/// applies only if since then nobody has described the series or written a record of it. So a
/// series that comes back to life in between keeps its labels; else it comes back without.
///
/// Threads: any. What orders collect() and the background is that write; both may find the same
/// series, and the second then finds nothing to remove. collecting_ lets one round of the
/// background run at a time: who sets it posts the first job of a round, each job posts the next,
/// and the last one clears it. The executor orders the jobs of a round.
class LabelGarbage {
 public:
  explicit LabelGarbage(LabelGarbageContext context);

  /// Removes them all on the calling thread, judged by expiry at `now`.
  [[nodiscard]] Status collect(Timestamp now);
  /// Begins a round in the background, unless one runs or nothing was deleted or purged since the
  /// last one began. Does not wait.
  void collect_later();

 private:
  Result<std::optional<std::string>> collect_from(const std::string& first_key, Timestamp now,
                                                  std::size_t count_max);
  Status remove(std::span<const std::string> keys, Timestamp now);
  void go_on(std::string first_key);
  void end_round(const std::optional<Error>& failure);

  const LabelGarbageContext context_;
  std::atomic<bool> collecting_{false};
  /// How many deletes and purges there had been when the newest round began.
  static constexpr std::uint64_t no_round = std::numeric_limits<std::uint64_t>::max();
  std::atomic<std::uint64_t> collected_at_{no_round};
};

}  // namespace varve::maintenance
