#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/counters.hpp"
#include "engine/base/log.hpp"
#include "engine/commit/write_request.hpp"
#include "engine/version/published.hpp"
#include "varve/clock.hpp"
#include "varve/durability.hpp"
#include "varve/error.hpp"
#include "varve/time.hpp"
#include "varve/write_batch.hpp"

namespace varve::maintenance {

/// What collecting labels needs from the engine. All of it outlives the LabelGarbage.
struct LabelGarbageContext {
  const engine::Published& versions;
  const engine::Counters& counters;
  const Clock& clock;
  engine::Log log;
  /// Writes the batch if every condition holds; else fails with a conflict. May wait for a flush.
  std::function<Result<Receipt>(const WriteBatch&, std::vector<engine::WriteCondition>)> write_if;
  /// Runs the job soon, on a thread that may write; drops it if the engine closes before.
  std::function<void(std::function<void()>)> run_later;
};

/// Removes labels that leave with the last record of their series, and those of other series
/// without records where it is told to. Counts the series that have labels and no record.
///
/// Whether a series is empty is read without a lock, and its labels are removed by a write that
/// applies only if since then nobody has described the series or written a record of it. So a
/// series that comes back to life in between keeps its labels; else it comes back without.
///
/// Damage of records holds up nothing but what it concerns: a series of which it lets nobody say
/// that it is empty keeps its labels, and where it is in the way of the count, the figure is
/// unknown.
///
/// Threads: any. What orders collect(), forget() and the background is that write; two of them may
/// find the same series, and the second then finds nothing to remove. collecting_ lets one round of
/// the background run at a time: who sets it posts the first job of a round, each job posts the
/// next, and the last one clears it. The executor orders the jobs of a round, and so round_ and
/// next_count_ belong to whoever is in one.
class LabelGarbage {
 public:
  explicit LabelGarbage(LabelGarbageContext context);

  /// Removes them all on the calling thread, judged by expiry at `now`, and counts.
  [[nodiscard]] Status collect(Timestamp now);
  /// Removes the labels of those of the series (by their users' keys, ascending) that have no
  /// record at `now`, whatever their labels say of that. Whoever was described after the view in
  /// which the keys were chosen keeps them.
  [[nodiscard]] Status forget(std::span<const std::string> keys, const engine::View& chosen_in,
                              Timestamp now);
  /// Begins a round in the background, unless one runs or nothing was deleted or purged since the
  /// last one began. Does not wait. A round counts where the last that did is long past.
  void collect_later();

  /// Series that have labels and no record, as counted last; nothing before that, nor where damage
  /// kept them from being counted.
  std::optional<std::uint64_t> without_records() const;

 private:
  using ViewPointer = std::shared_ptr<const engine::View>;
  /// What became of some label records, and where to go on.
  struct Looked {
    std::optional<std::string> next;
    /// That keep their labels. None: nobody asked, or damage does not let them be counted.
    std::optional<std::uint64_t> without_records;
  };
  struct Round {
    bool counts = false;
    std::chrono::nanoseconds begun{};
    std::uint64_t without_records = 0;
  };

  Result<Looked> collect_from(const std::string& first_key, Timestamp now, std::size_t count_max,
                              bool counts);
  /// `chosen_in`, here and of remove(), is the view of whoever chose the keys, whatever the labels
  /// say; null where the labels themselves do.
  Result<std::uint64_t> remove_all(const ViewPointer& view, std::span<const std::string> keys,
                                   Timestamp now, const engine::View* chosen_in);
  Result<std::uint64_t> remove(ViewPointer view, std::vector<std::string> keys, Timestamp now,
                               const engine::View* chosen_in);
  void go_on(std::string first_key);
  void plan_next_count();
  void end_round(const std::optional<Error>& failure);

  const LabelGarbageContext context_;
  std::atomic<bool> collecting_{false};
  /// How many deletes and purges there had been when the newest round began.
  static constexpr std::uint64_t no_round = std::numeric_limits<std::uint64_t>::max();
  std::atomic<std::uint64_t> collected_at_{no_round};

  Round round_;
  std::chrono::nanoseconds next_count_;
  static constexpr std::uint64_t not_counted = std::numeric_limits<std::uint64_t>::max();
  std::atomic<std::uint64_t> without_records_{not_counted};
};

}  // namespace varve::maintenance
