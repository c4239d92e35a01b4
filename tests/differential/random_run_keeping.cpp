#include <algorithm>
#include <chrono>
#include <utility>

#include "tests/differential/random_run.hpp"

namespace varve::test {

using namespace std::chrono_literals;

namespace {

/// How far the wall goes back: the engine stands still for so much, and follows beyond a minute.
constexpr Duration back_max = 59s;

}  // namespace

// Keeping.

void RandomRun::keep(Deed deed, Random& random) {
  switch (deed) {
    case Deed::flush: sure(engine_->flush(), "flush"); break;
    case Deed::compact: sure(engine_->compact(), "compact"); break;
    case Deed::collect:
      sure(engine_->collect_garbage(random.chance(0.3) ? ClockTrust::vouched : ClockTrust::guarded),
           "collect_garbage");
      break;
    case Deed::checkpoint: sure(engine_->checkpoint(), "checkpoint"); break;
    case Deed::step:
      if (!habits_.is_threadless()) {
        return refused(engine_->step(), Errc::invalid_argument, "a step where threads do it");
      }
      for (std::uint64_t steps = 1 + random.below(20); steps > 0; --steps) {
        sure(engine_->step(), "step");
      }
      break;
    default: {
      if (maintenance_) {
        maintenance_.reset();
        break;
      }
      auto started = engine_->start_maintenance();
      if (habits_.keeping() == Habits::Keeping::by_hand) {
        maintenance_ = sure(std::move(started), "start_maintenance");
      } else {
        refused(started, Errc::invalid_argument, "start_maintenance where it cannot be or is");
      }
    }
  }
  settle_labels(deed == Deed::collect);
}

void RandomRun::step_until(const std::function<bool()>& done) {
  constexpr int steps_max = 100'000;
  for (int steps = 0; !done(); ++steps) {
    agree(steps < steps_max, "a threadless engine does not come to the end of a call");
    sure(engine_->step(), "step");
  }
}

void RandomRun::step_until_idle() {
  step_until([&] { return !sure(engine_->step(), "step"); });
  settle_labels(false);
}

/// Labels that leave with the last record of their series may have left by now, once nothing of it
/// is live; and have to, if a collection found no record at all.
void RandomRun::settle_labels(bool collected) {
  for (const std::string& key : oracle_.keys()) {
    const Labels expected = oracle_.labels(key);
    if (!expected.leaves_with_records() || !oracle_.latest(key, 1).empty()) continue;
    const Labels found = sure(engine_->labels(key), "labels");
    agree(found == expected || found.empty(), "labels of " + say(key) + ": expected " +
                                                  say(expected) + " or none, found " + say(found));
    agree(found.empty() || !collected || oracle_.keeps_any(key),
          "labels of " + say(key) + ", which has no record: expected none, found " + say(found));
    if (found.empty()) oracle_.describe(key, {});
  }
}

// Time. The engine looks at once, so that both know the same.

void RandomRun::wait(Random& random) {
  Duration by = habits_.pause(random);
  const auto expiry = oracle_.next_expiry();
  if (expiry && *expiry - oracle_.now() < Duration(24h * 60).count() && random.chance(0.4)) {
    // To the last moment at which it is live, or the first at which it is not.
    by = Duration(*expiry - clock_->wall() - (random.chance(0.5) ? 1 : 0));
  }
  clock_->advance(by);
  sure(engine_->snapshot(), "snapshot");
  oracle_.look_at(clock_->wall());
  tell(say_span(by) + ", to " + say_time(oracle_.now()));
}

void RandomRun::set_clock_back(Random& random) {
  const Duration by(random.between(1, back_max.count()));
  tell(say_span(by));
  clock_->set_wall(oracle_.now() - by.count());
  sure(engine_->snapshot(), "snapshot");
  oracle_.look_at(clock_->wall());
}

// Opening.

void RandomRun::move_engine() { engine_ = std::make_unique<Engine>(std::move(*engine_)); }

void RandomRun::open(std::string_view after) {
  // An engine that is opened knows the wall alone, so that has to have come to where it was.
  clock_->set_wall(std::max(clock_->wall(), oracle_.now()));
  oracle_.look_at(clock_->wall());
  tell("open after " + std::string(after) + ": " + say(options_));
  engine_ = std::make_unique<Engine>(sure(
      habits_.is_in_memory() ? Engine::open_in_memory(options_) : Engine::open(options_), "open"));
  const RecoveryReport& report = engine_->recovery_report();
  agree(report.damages.empty(), "expected no damage, found " + report.to_string());
  last_sequence_ = engine_->last_sequence();
  settle_labels(false);
}

void RandomRun::close() {
  const std::uint64_t last = engine_->last_sequence();
  agree(last >= last_sequence_, "the last sequence runs back from " +
                                    std::to_string(last_sequence_) + " to " + std::to_string(last));
  sure(engine_->close(), "close");
  check_held_is_closed();
  forget_held();
  engine_.reset();
}

void RandomRun::check_held_is_closed() {
  const auto key = habits_.sensors().front().key;
  refused(engine_->latest(key), Errc::closed, "latest of a closed engine");
  for (const HeldSnapshot& held : snapshots_) {
    refused(engine_->query(Query::all(), ReadOptions().snapshot(held.snapshot)), Errc::closed,
            "a snapshot of a closed engine");
  }
  for (HeldScan& held : scans_) expect_closed(held);
}

void RandomRun::forget_held() {
  scans_.clear();
  snapshots_.clear();
  handles_.clear();
  maintenance_.reset();
}

void RandomRun::reopen(Random& random) {
  if (habits_.is_in_memory()) return;
  close();
  if (random.chance(0.5)) {
    Options others = habits_.options(random);
    others.file_system = options_.file_system;
    others.clock = options_.clock;
    options_ = std::move(others);
  }
  open("closing it");
}

/// Opens the database for reading alone, between two openings.
void RandomRun::look_only(Random& random) {
  if (habits_.is_in_memory()) return;
  close();
  const Options usual = options_;
  options_.mode = Mode::read_only;
  // What the log holds has to fit in.
  options_.memtable_bytes = std::size_t{8} << 20;
  open("closing it, only to read");
  asker().everything();
  ask(random, 6);
  WriteBatch batch;
  batch.put("plant", oracle_.now(), 1.0);
  refused(engine_->write(std::move(batch)), Errc::read_only, "a write to what is only read");
  refused(engine_->flush(), Errc::read_only, "a flush of what is only read");
  sure(engine_->close(), "close");
  engine_.reset();
  options_ = usual;
  open("reading it");
}

/// The process is gone, or the machine; the database is opened on what the disk then holds. All
/// that was written survives a kill by the log, and was synced or flushed before a power cut.
void RandomRun::lose_power(Random& random) {
  if (!disk_) return;
  const bool killed = random.chance(0.4);
  if (!has_log()) {
    sure(engine_->flush(), "flush");
  } else if (!killed && options_.durability.kind() != Durability::Kind::always) {
    sure(engine_->sync(), "sync");
  }
  const PowerCut cut = killed               ? PowerCut::kill()
                       : random.chance(0.5) ? PowerCut::lose_unsynced()
                                            : PowerCut::random(random.next());
  const std::shared_ptr<SimulatedDisk> after = disk_->after(cut);
  // The old engine goes on for a moment, on a disk that nobody will see again.
  sure(engine_->close(), "close");
  check_held_is_closed();
  forget_held();
  engine_.reset();
  disk_ = after;
  options_.file_system = after;
  open(cut.describe());
}

}  // namespace varve::test
