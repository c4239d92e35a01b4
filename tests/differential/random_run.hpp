#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/differential/checks.hpp"
#include "tests/differential/habits.hpp"
#include "tests/differential/oracle.hpp"
#include "tests/differential/plan.hpp"
#include "tests/differential/twin_batch.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/simulated_disk.hpp"
#include "varve/varve.hpp"

namespace varve::test {

/// A database at the hands of a plan, over its public interface alone, and the oracle beside it.
/// What they do not say alike is a Disagreement.
class RandomRun {
 public:
  /// Opens the database. The story gets what each step does, in words.
  RandomRun(std::uint64_t seed, Compared& compared, std::vector<std::string>& story);

  void take(const Turn& turn);
  /// Asks everything again: as it is, with all of it in tables, compacted and collected, and
  /// opened anew.
  void finish();

 private:
  struct HeldSnapshot {
    Snapshot snapshot;
    Oracle oracle;
  };
  struct HeldScan {
    std::unique_ptr<Scan> scan;  // Its iterator points to it.
    std::vector<Record> expected;
    std::size_t given = 0;
    bool by_blocks = true;
    std::optional<Scan::iterator> next = {};
    bool ended = false;
  };

  /// A batch that was started, and what becomes of it.
  using Outcome = std::pair<std::error_code, Receipt>;
  struct InFlight {
    TwinBatch batch;
    std::future<Outcome> outcome;
  };

  // Writing (random_run_writes.cpp).
  void write_round(Random& random);
  void write_backlog(Random& random);
  void write_again(Random& random);
  void write_mixed(Random& random);
  void write_many(Random& random);
  void write_ahead(Random& random);
  InFlight start_writing(const WriteOptions& options, Random& random);
  void land(InFlight& flying, const WriteOptions& options);
  void write_wrongly(Random& random);

  // Changing what is there (random_run_changes.cpp).
  void erase_some(Random& random);
  void erase_span(Random& random);
  void patch(Random& random);
  void describe(Random& random);
  void downsample(Random& random);

  // What both need (random_run_writes.cpp).
  WriteOptions write_options(Random& random) const;
  std::size_t batch_bytes_max() const;
  std::optional<Duration> default_ttl(const WriteOptions& options) const;
  TwinBatch new_batch(const WriteOptions& options) const;
  void put(TwinBatch& batch, const Habits::Sensor& sensor, Timestamp ts, Random& random);
  void add_anything(TwinBatch& batch, Random& random);
  void deliver(TwinBatch& batch, const WriteOptions& options, Random& random);
  void acknowledge(const TwinBatch& batch, const WriteOptions& options,
                   const Result<Receipt>& outcome);
  void check_receipt(const Receipt& receipt, const WriteOptions& options);
  const Series& handle(const std::string& key);
  std::optional<Record> kept_record(Random& random) const;
  void expect_refused(WriteBatch batch, const WriteOptions& options, const std::string& what);

  // Holding (random_run.cpp).
  void hold_snapshot();
  void ask_snapshot(Random& random);
  void drop_snapshot(Random& random);
  void begin_scan(Random& random);
  void follow_scan(Random& random);
  void follow(HeldScan& held, std::size_t records);
  Status follow_block(HeldScan& held);
  Status follow_record(HeldScan& held);
  void give(HeldScan& held, const Record& record);
  void expect_closed(HeldScan& held);

  // Keeping, time and opening (random_run_keeping.cpp).
  void keep(Deed deed, Random& random);
  void settle_labels(bool collected);
  void step_until(const std::function<bool()>& done);
  void step_until_idle();
  void wait(Random& random);
  void set_clock_back(Random& random);
  void move_engine();
  void reopen(Random& random);
  void look_only(Random& random);
  void lose_power(Random& random);
  void open(std::string_view after);
  void close();
  void check_held_is_closed();
  void forget_held();

  void ask(Random& random, int questions);
  Asker asker(ReadOptions options = {});
  Asker asker(const HeldSnapshot& held);
  void tell(const std::string& words) { story_.back() += words; }
  bool has_log() const {
    return !habits_.is_in_memory() && options_.durability.kind() != Durability::Kind::none;
  }

  const Habits habits_;
  Compared& compared_;
  std::vector<std::string>& story_;
  Random random_;

  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(run_epoch);
  std::shared_ptr<SimulatedDisk> disk_;  // Of runs that may lose power.
  Options options_;
  Oracle oracle_{run_epoch};
  std::unique_ptr<Engine> engine_;
  std::uint64_t last_sequence_ = 0;

  // What is the engine's: gone, or closed, with it.
  std::map<std::string, Series, std::less<>> handles_;
  std::optional<MaintenanceHandle> maintenance_;
  std::vector<HeldSnapshot> snapshots_;
  std::vector<HeldScan> scans_;
};

/// Where a run and its oracle parted.
struct Trouble {
  std::size_t step = 0;  ///< From 1; one beyond the last is the end.
  std::string what;
  std::vector<std::string> story;
};

/// Runs the plan from an empty database on.
std::optional<Trouble> carry_out(const Plan& plan, Compared& compared);

/// For a person: where, what, how to have it again, and the steps that lead there.
std::string report(const Plan& plan, const Trouble& trouble);

}  // namespace varve::test
