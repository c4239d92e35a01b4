#include "tests/model/session.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/record/expiry.hpp"
#include "tests/model/text.hpp"

namespace varve::test {

using namespace std::chrono_literals;

Session::Session(const Words& words, std::uint64_t seed, Sizes sizes,
                 std::vector<std::string>& story)
    : words_(words), sizes_(sizes), random_(seed), story_(story) {
  options_ = words_.options(random_);
  options_.file_system = memory_file_system();
  options_.clock = clock_;
  story_.push_back("open: " + text_of(options_));
  open();
}

void Session::run(const Step& step) {
  story_.push_back(std::string(name_of(step.action)) + ": ");
  Random random(step.seed);
  switch (step.action) {
    case Action::write_records:
    case Action::write_batch:
    case Action::write_many:
    case Action::write_inline:
    case Action::try_write:
    case Action::async_write:
    case Action::append:
    case Action::append_points:
    case Action::erase:
    case Action::erase_batch:
    case Action::erase_range:
    case Action::erase_prefix:
    case Action::bulk: return write(step.action, random);
    case Action::feed: return feed(random);
    case Action::patch: return patch(false, random);
    case Action::async_patch: return patch(true, random);
    case Action::refused: return refused(random);
    case Action::read: {
      const ReadOptions options = ReadOptions()
                                      .fill_cache(random.chance(0.5))
                                      .skip_damaged(random.chance(0.2))
                                      .threads(1 + random.below(4));
      return compare_read(*engine_, options, model_, words_, random);
    }
    case Action::async_read: return read_async(random);
    case Action::check_all: return check_all(random);
    case Action::take_snapshot: return take_snapshot();
    case Action::read_snapshot: return read_snapshot(random);
    case Action::drop_snapshot:
      if (!snapshots_.empty()) {
        snapshots_.erase(snapshots_.begin() +
                         static_cast<std::ptrdiff_t>(random.below(snapshots_.size())));
      }
      return;
    case Action::begin_scan: {
      const Selection selection = words_.selection(random);
      if (!selection.valid()) return;
      tell(text_of(selection));
      scans_.push_back(
          {require(engine_->scan(selection.query()), "scan"), model_.query(selection), {}});
      return;
    }
    case Action::go_on_scanning: return go_on_scanning(random);
    case Action::flush:
    case Action::compact:
    case Action::collect:
    case Action::checkpoint:
    case Action::sync:
    case Action::step: return keep(step.action, random);
    case Action::toggle_maintenance: return toggle_maintenance();
    case Action::clock_forward: return turn_clock(true, random);
    case Action::clock_back: return turn_clock(false, random);
    case Action::reopen: return reopen(random);
  }
}

void Session::finish() {
  story_.push_back("at the end: ");
  Random random = random_;
  while (!pending_.empty()) keep(Action::flush, random);
  check_all(random);
  for (HeldScan& held : scans_) compare_scan(held, true);
  for (const Action action : {Action::flush, Action::compact, Action::collect}) {
    tell(std::string(name_of(action)) + ", ");
    keep(action, random);
    compare_all(*engine_, {}, model_);
    for (int reads = 0; reads < 3; ++reads) {
      compare_read(*engine_, {}, model_, words_, random);
    }
  }
  for (const HeldSnapshot& held : snapshots_) compare_all(*engine_, held.options, held.model);
  const auto error = engine_->stats().last_error;
  require(!error, "in the background: " + (error ? error->message() : ""));
  reopen_at(clock_->wall());
  check_all(random);
  close();
}

// Reading.

void Session::check_all(Random& random) {
  compare_all(*engine_, {}, model_);
  if (random.chance(0.5)) compare_gets(*engine_, {}, model_, words_);
  for (int reads = 0; reads < 6; ++reads) compare_read(*engine_, {}, model_, words_, random);
  if (!snapshots_.empty()) read_snapshot(random);
}

void Session::read_async(Random& random) {
  if (!pending_.empty()) step_engine();
  const std::string key = words_.key(random);
  const Timestamp ts = words_.ts(random);
  const Selection selection = words_.selection(random);
  switch (random.below(4)) {
    case 0: {
      const auto [error, found] = wait_for<std::optional<Record>>(
          [&](auto handler) { engine_->async_get(key, ts, {}, std::move(handler)); });
      return require(!error && found == model_.get(key, ts), "async_get gives " + text_of(found));
    }
    case 1: {
      const auto [error, found] = wait_for<std::optional<Record>>(
          [&](auto handler) { engine_->async_latest(key, {}, std::move(handler)); });
      const auto expected = model_.latest_n(key, 1);
      return require(
          !error && found == (expected.empty() ? std::nullopt : std::optional(expected.front())),
          "async_latest gives " + text_of(found));
    }
    case 2: {
      const auto [error, found] = wait_for<std::vector<Record>>(
          [&](auto handler) { engine_->async_query(selection.query(), {}, std::move(handler)); });
      if (!selection.valid()) {
        return require(error == Errc::invalid_argument, "async_query takes a wrong range");
      }
      const std::string difference = first_difference(found, model_.query(selection));
      return require(!error && difference.empty(), "async_query: " + difference);
    }
    default: {
      if (!selection.valid()) return;
      const Aggregation aggregation = words_.aggregation(random);
      auto [error, answers] = wait_for<std::vector<Aggregate>>([&](auto handler) {
        engine_->async_aggregate(selection.query(), aggregation, {}, std::move(handler));
      });
      Result<std::vector<Aggregate>> given = std::move(answers);
      if (error) given = std::unexpected(Error{error, "async_aggregate"});
      return compare_aggregates(given, aggregation, selection, model_);
    }
  }
}

void Session::take_snapshot() {
  const Snapshot snapshot = require(engine_->snapshot(), "snapshot");
  require(snapshot.now() == model_.now(),
          "a snapshot at " + text_of_ts(snapshot.now()) + ", not " + text_of_ts(model_.now()));
  snapshots_.push_back({ReadOptions().snapshot(snapshot), model_});
  tell("number " + std::to_string(snapshots_.size()));
}

void Session::read_snapshot(Random& random) {
  if (snapshots_.empty()) return;
  HeldSnapshot& held = random.pick(snapshots_);
  tell(" snapshot " + std::to_string(&held - snapshots_.data() + 1));
  held.options.fill_cache(random.chance(0.5));
  if (random.chance(0.5)) compare_all(*engine_, held.options, held.model);
  for (int reads = 0; reads < 3; ++reads) {
    compare_read(*engine_, held.options, held.model, words_, random);
  }
}

void Session::go_on_scanning(Random& random) {
  if (scans_.empty()) return;
  HeldScan& held = random.pick(scans_);
  const bool to_the_end = random.chance(0.5);
  compare_scan(held, to_the_end);
  if (to_the_end) scans_.erase(scans_.begin() + (&held - scans_.data()));
}

void Session::compare_scan(HeldScan& held, bool to_the_end) {
  bool more = true;
  do {
    const auto block = require(held.scan.next_block(), "next_block");
    more = block.has_value();
    if (block) append_block(held.given, *block);
  } while (to_the_end && more);
  std::vector<Record> expected = held.expected;
  if (more) expected.resize(std::min(expected.size(), held.given.size()), Record({}, 0, 0.0));
  const std::string difference = first_difference(held.given, expected);
  require(difference.empty(), "a scan that began earlier: " + difference);
}

// Keeping.

void Session::keep(Action action, Random& random) {
  switch (action) {
    case Action::flush: apply_pending(); return require(engine_->flush(), "flush");
    case Action::checkpoint: apply_pending(); return require(engine_->checkpoint(), "checkpoint");
    case Action::sync:
      // Without a WAL that is a flush, which takes in what is queued.
      if (options_.durability.kind() == Durability::Kind::none) apply_pending();
      return require(engine_->sync(), "sync");
    case Action::compact: require(engine_->compact(), "compact"); return;
    case Action::collect: require(engine_->collect_garbage(), "collect_garbage"); return;
    default:
      for (std::uint64_t steps = 1 + random.below(8); steps > 0; --steps) step_engine();
  }
}

void Session::toggle_maintenance() {
  if (maintenance_) {
    maintenance_.reset();
    return;
  }
  auto started = engine_->start_maintenance();
  if (!options_.background_maintenance) {
    maintenance_ = require(std::move(started), "start_maintenance");
    return;
  }
  require(!started && started.error().code == Errc::invalid_argument, "maintenance runs twice");
}

// Time. The engine looks at the clock after each change, so that the model knows what it saw.

void Session::turn_clock(bool forward, Random& random) {
  constexpr auto distances = std::to_array<Duration>(
      {1us, 1ms, 1s, 30s, 1min, 61s, 10min, 1h, 12h, 24h, 24h * 365, 24h * 3650});
  const Timestamp wall = clock_->wall();
  const std::int64_t distance = random.pick(distances).count();
  // Between 1970 and some centuries on, so that sums stay sums.
  constexpr Timestamp last = Words::epoch * 10;
  Timestamp next =
      forward ? std::min(wall + distance, last) : std::max(wall - distance, Timestamp{0});
  if (const auto expiry = model_.next_expiry(); forward && expiry && random.chance(0.4)) {
    // To the last moment before, or the first after.
    next = std::min(*expiry - (random.chance(0.5) ? 1 : 0), last);
  }
  if (!forward && random.chance(0.1)) next = 0;
  if (!forward && random.chance(0.2)) next = std::min(wall, Words::epoch);
  tell("from " + text_of_ts(wall) + " to " + text_of_ts(next));
  if (!words_.threadless() && engine::next_now(model_.now(), next) < model_.now()) {
    // What runs in the background may have looked already, and purge by what it saw.
    tell(", and reopen");
    return reopen_at(next);
  }
  set_clock(next);
  require(engine_->snapshot(), "snapshot");
  model_.look_at_clock(next);
  settle_doubts();
}

void Session::set_clock(Timestamp wall) {
  const std::int64_t by = wall - clock_->wall();
  clock_->set_wall(wall);
  // A year does what more would do, and hundreds of them fit into nanoseconds.
  if (by > 0) clock_->advance_monotonic(std::min(Duration(by), Duration(24h * 365)));
}

/// What had expired before the clock was set back may be gone, or back.
void Session::settle_doubts() {
  for (const Record& doubtful : model_.doubtful()) {
    const auto found = require(engine_->get(doubtful.key(), doubtful.ts()), "get");
    if (!found) model_.erase(doubtful.key(), doubtful.ts());
  }
  model_.settle_doubts();
}

// Opening.

void Session::reopen(Random& random) {
  if (random.chance(0.5)) {
    Options options = words_.options(random);
    options.file_system = options_.file_system;
    options.clock = options_.clock;
    options_ = std::move(options);
    tell(text_of(options_));
  }
  reopen_at(clock_->wall());
  if (random.chance(0.5)) check_all(random);
}

void Session::reopen_at(Timestamp wall) {
  close();
  set_clock(wall);
  open();
  model_.restart_clock(wall);
  settle_doubts();
}

void Session::open() {
  engine_.emplace(require(open_engine(options_, sizes_), "open"));
  const RecoveryReport& report = engine_->recovery_report();
  require(report.damages.empty() && !report.cut, "after a clean close: " + report.to_string());
  require(engine_->last_sequence() >= last_sequence_, "the sequence runs back from " +
                                                          std::to_string(last_sequence_) + " to " +
                                                          std::to_string(engine_->last_sequence()));
}

void Session::close() {
  for (HeldScan& held : scans_) compare_scan(held, true);
  scans_.clear();
  snapshots_.clear();
  series_.clear();
  maintenance_.reset();
  require(engine_->close(), "close");
  apply_pending();
  check_outcomes();
  require(outcomes_.empty(), "an asynchronous write that close() does not complete");
  engine_.reset();
}

// What is queued.

void Session::apply_pending() {
  for (const Changes& changes : pending_) model_.apply(changes);
  pending_.clear();
}

void Session::step_engine() {
  apply_pending();
  require(engine_->step(), "step");
  check_outcomes();
}

void Session::check_outcomes() {
  std::erase_if(outcomes_, [this](auto& outcome) {
    if (outcome.wait_for(0s) != std::future_status::ready) return false;
    const auto [error, receipt] = outcome.get();
    require(!error, "async_write: " + error.message());
    last_sequence_ = std::max(last_sequence_, receipt.sequence);
    return true;
  });
}

}  // namespace varve::test
