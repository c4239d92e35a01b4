#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/differential/checks.hpp"
#include "tests/differential/habits.hpp"
#include "tests/differential/oracle.hpp"
#include "tests/differential/twin_batch.hpp"
#include "tests/support/manual_clock.hpp"
#include "varve/varve.hpp"

namespace varve::test {

/// Writers, readers and keepers of one database at the same time.
///
/// Each writer has keys of its own, and an oracle of them. Every batch of a writer numbers all the
/// sheets of that writer, so that a reader, who knows no oracle, sees whether a batch is there in
/// part: at any moment all sheets of a writer have the same numbers, from 1 on, without a gap; and
/// they never become fewer. Beside the sheets a writer does whatever it likes to its loose keys. At
/// the end, and after it was opened again, the database is what the oracles together say.
///
/// Threads: a writer's oracle is its own thread's, and read by others only once that has ended.
/// What all share is atomic, or under `mutex_`.
class Rivals {
 public:
  /// How much is done follows from the seed, and not from how fast it goes.
  Rivals(std::uint64_t seed, std::uint64_t batches, Compared& compared);

  /// Throws the first Disagreement of any thread.
  void run();

 private:
  struct Writer {
    Writer(std::string own_prefix, std::uint64_t seed, Timestamp now)
        : prefix(std::move(own_prefix)), random(seed), oracle(now) {}

    std::string sheet(std::uint64_t n) const { return prefix + "sheet/" + std::to_string(n); }
    std::string loose(std::uint64_t n) const { return prefix + "loose/" + std::to_string(n); }

    const std::string prefix;
    Random random;
    Oracle oracle;
    std::uint64_t written = 0;  // Batches.
  };
  /// What a reader saw of a writer at an earlier moment.
  struct Seen {
    std::uint64_t sheets = 0;
    std::uint64_t sequence = 0;
  };

  void open();
  void write(Writer& writer);
  void write_batch(Writer& writer);
  void add_loose(Writer& writer, TwinBatch& batch);
  void check_written(const Writer& writer);
  void patch(Writer& writer);
  void read(std::uint64_t seed);
  std::uint64_t check_sheets(const Writer& writer, const ReadOptions& options, Random& random);
  void check_same_again(const Writer& writer, const ReadOptions& options);
  void keep(std::uint64_t seed);
  void compare_all();

  const Habits habits_;  // For values and questions.
  const std::uint64_t seed_;
  const std::uint64_t batches_;
  Compared& compared_;
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(run_epoch);
  Options options_;
  std::optional<Engine> engine_;
  std::vector<std::unique_ptr<Writer>> writers_;
  std::atomic<std::uint64_t> writing_{0};  // Writers that have not ended.
  std::atomic<bool> failed_{false};        // Everybody ends.
  std::mutex mutex_;
  std::string trouble_;        // Under mutex_: the first.
  std::uint64_t answers_ = 0;  // Under mutex_.
};

}  // namespace varve::test
