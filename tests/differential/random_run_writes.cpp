#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <utility>

#include "tests/differential/random_run.hpp"
#include "tests/differential/recomputed.hpp"

namespace varve::test {

namespace {

using namespace std::chrono_literals;

template <class T>
bool is_ready(const std::future<T>& outcome) {
  return outcome.wait_for(0s) == std::future_status::ready;
}

bool ends_before_it_begins(const TimeRange& range) {
  return range.from() && range.to() && *range.to() < *range.from();
}

}  // namespace

// What all of them need.

WriteOptions RandomRun::write_options(Random& random) const {
  constexpr auto ttls = std::to_array<Duration>({0us, 30s, 2h});
  WriteOptions options;
  if (random.chance(0.1)) options.ttl(random.pick(ttls));
  if (!has_log()) return random.chance(0.1) ? options.durability(Durability::none()) : options;
  const auto durabilities = std::to_array({Durability::appended(), Durability::interval(1s),
                                           Durability::every(2), Durability::always()});
  if (random.chance(0.15)) options.durability(random.pick(durabilities));
  return options;
}

std::size_t RandomRun::batch_bytes_max() const {
  const std::size_t memory = std::min(options_.queue_bytes, options_.memtable_bytes);
  return has_log() ? std::min(memory, options_.wal_bytes / 4) : memory;
}

std::optional<Duration> RandomRun::default_ttl(const WriteOptions& options) const {
  return options.ttl() ? options.ttl() : options_.default_ttl;
}

TwinBatch RandomRun::new_batch(const WriteOptions& options) const {
  return {default_ttl(options), batch_bytes_max()};
}

const Series& RandomRun::handle(const std::string& key) {
  const auto known = handles_.find(key);
  if (known != handles_.end()) return known->second;
  return handles_.emplace(key, sure(engine_->series(key), "series")).first->second;
}

/// Any record that was written and not erased; none where there is none.
std::optional<Record> RandomRun::kept_record(Random& random) const {
  const std::size_t size = oracle_.size();
  if (size == 0) return std::nullopt;
  return oracle_.nth(random.below(size));
}

/// Adds a reading of the sensor, in one of the ways in which a batch takes it.
void RandomRun::put(TwinBatch& batch, const Habits::Sensor& sensor, Timestamp ts, Random& random) {
  const Value value = habits_.value(sensor.nature, ts, random);
  const std::optional<Duration> ttl = habits_.ttl(random);
  const double way = random.fraction();
  if (way < 0.6) {
    batch.put(sensor.key, ts, value, ttl);
  } else if (way < 0.95 || !ttl) {
    batch.put(handle(sensor.key), ts, value, ttl);
  } else {
    const std::int64_t stays = habits_.pause(random).count();
    batch.put_until(sensor.key, ts, value, oracle_.now() + (random.chance(0.8) ? stays : -stays));
  }
}

void RandomRun::check_receipt(const Receipt& receipt, const WriteOptions& options) {
  agree(receipt.sequence > last_sequence_, "a receipt's sequence: expected more than " +
                                               std::to_string(last_sequence_) + ", found " +
                                               std::to_string(receipt.sequence));
  last_sequence_ = receipt.sequence;
  agree(engine_->last_sequence() >= last_sequence_, "an acknowledged write is not visible");
  const bool always =
      options_.durability.kind() == Durability::Kind::always ||
      (options.durability() && options.durability()->kind() == Durability::Kind::always);
  const Reached least = always      ? Reached::durable
                        : has_log() ? Reached::appended
                                    : Reached::in_memory;
  agree(receipt.reached >= least, "a receipt says less than was asked for");
}

void RandomRun::acknowledge(const TwinBatch& batch, const WriteOptions& options,
                            const Result<Receipt>& outcome) {
  const Receipt receipt = sure(outcome, "a write");
  if (batch.empty()) return;
  check_receipt(receipt, options);
  if (const auto expired = batch.expired_at(oracle_.now())) {
    agree(receipt.expired == *expired, "Receipt::expired: expected " + std::to_string(*expired) +
                                           ", found " + std::to_string(receipt.expired));
  }
  batch.apply_to(oracle_);
}

void RandomRun::deliver(TwinBatch& batch, const WriteOptions& options, Random& random) {
  tell(batch.words());
  const auto call = [&]() -> Result<Receipt> {
    switch (random.below(4)) {
      case 0: return engine_->write_inline(std::move(batch.batch()), options);
      case 1: return engine_->try_write(std::move(batch.batch()), options);
      default: return engine_->write(std::move(batch.batch()), options);
    }
  };
  acknowledge(batch, options, call());
  agree(batch.batch().empty(), "a batch that was written: expected it empty, found operations");
}

// Readings.

/// A few readings of each sensor of a room, up to now.
void RandomRun::write_round(Random& random) {
  const WriteOptions options = write_options(random);
  TwinBatch batch = new_batch(options);
  const std::vector<Habits::Sensor> room = habits_.room(random);
  const Timestamp last = habits_.on_grid(oracle_.now());
  const std::int64_t depth = random.between(1, 60);
  const auto at = [&](std::int64_t back) { return last - back * habits_.cadence().count(); };
  if (random.chance(0.5)) {
    for (const Habits::Sensor& sensor : room) {
      for (std::int64_t back = depth; back-- > 0;) put(batch, sensor, at(back), random);
    }
  } else {
    for (std::int64_t back = depth; back-- > 0;) {
      for (const Habits::Sensor& sensor : room) put(batch, sensor, at(back), random);
    }
  }
  deliver(batch, options, random);
}

/// What one sensor kept to itself for a while, in whatever order.
void RandomRun::write_backlog(Random& random) {
  const WriteOptions options = write_options(random);
  TwinBatch batch = new_batch(options);
  const Habits::Sensor& sensor = random.pick(habits_.sensors());
  const std::int64_t count = random.between(50, 400);
  const Timestamp from = habits_.reading_time(oracle_.now(), random);
  const std::uint64_t order = random.below(3);
  for (std::int64_t i = 0; i < count; ++i) {
    // Of a prime, so that each comes up once.
    const std::int64_t place = order == 0 ? i : order == 1 ? count - i : i * 1'009 % count;
    put(batch, sensor, saturating_add(from, place * habits_.cadence().count()), random);
  }
  deliver(batch, options, random);
}

/// Readings of moments that have some already.
void RandomRun::write_again(Random& random) {
  const WriteOptions options = write_options(random);
  TwinBatch batch = new_batch(options);
  for (std::uint64_t count = 1 + random.below(30); count > 0; --count) {
    const auto record = kept_record(random);
    if (!record) return;
    put(batch, {record->key(), Habits::Nature::anything}, record->ts(), random);
  }
  deliver(batch, options, random);
}

void RandomRun::add_anything(TwinBatch& batch, Random& random) {
  const double which = random.fraction();
  const std::string key = habits_.some_key(oracle_, random);
  if (which < 0.03) {
    // Under the name of a series, as often as not one that has been written to.
    batch.keep_note(
        key, random.chance(0.8) ? std::optional(std::string(random.below(60), 'n')) : std::nullopt);
  } else if (which < 0.5) {
    put(batch, random.pick(habits_.sensors()), habits_.reading_time(oracle_.now(), random), random);
  } else if (which < 0.7) {
    const auto record = kept_record(random);
    if (record) batch.erase(record->key(), record->ts());
  } else if (which < 0.8) {
    batch.describe(key, habits_.labels(random));
  } else if (const TimeRange range = habits_.range(oracle_.now(), random);
             ends_before_it_begins(range) || (!range.from() && !range.to())) {
    batch.erase(key, oracle_.now());
  } else if (which < 0.9) {
    batch.erase_prefix(habits_.some_prefix(key, random), range);
  } else {
    batch.erase_range(key, key + '\0', range);
  }
}

/// Puts, erases and labels, some of them of the same records.
void RandomRun::write_mixed(Random& random) {
  const WriteOptions options = write_options(random);
  TwinBatch batch = new_batch(options);
  for (std::uint64_t count = 1 + random.below(25); count > 0; --count) add_anything(batch, random);
  deliver(batch, options, random);
}

void RandomRun::write_many(Random& random) {
  const WriteOptions options = write_options(random);
  std::vector<TwinBatch> twins;
  for (std::uint64_t count = 1 + random.below(5); count > 0; --count) {
    TwinBatch& batch = twins.emplace_back(new_batch(options));
    for (std::uint64_t left = random.below(12); left > 0; --left) add_anything(batch, random);
    tell("\n    " + batch.words());
  }
  std::vector<WriteBatch> batches;
  std::optional<std::uint64_t> expired = 0;
  bool any = false;
  for (TwinBatch& twin : twins) {
    const auto of_this = twin.expired_at(oracle_.now());
    expired = expired && of_this ? std::optional(*expired + *of_this) : std::nullopt;
    any |= !twin.empty();
    batches.push_back(std::move(twin.batch()));
  }
  const Receipt receipt = sure(engine_->write_many(std::move(batches), options), "write_many");
  if (!any) return;
  check_receipt(receipt, options);
  agree(!expired || receipt.expired == *expired, "Receipt::expired of write_many");
  for (const TwinBatch& twin : twins) twin.apply_to(oracle_);
}

/// Several batches in flight, the later ones started before the earlier ones are acknowledged. They
/// apply in the order in which they were started.
void RandomRun::write_ahead(Random& random) {
  const WriteOptions options = write_options(random);
  const std::uint64_t count = 1 + random.below(8);
  // Whatever a step may do beside, it has done before.
  if (habits_.is_threadless()) step_until_idle();
  std::vector<InFlight> flying;
  for (std::uint64_t left = count; left > 0; --left) {
    flying.push_back(start_writing(options, random));
    // The queue of a threadless engine may have no room for another one.
    if (habits_.is_threadless()) {
      step_until([&] { return is_ready(flying.back().outcome); });
      land(flying.back(), options);
      flying.pop_back();
    }
  }
  for (InFlight& each : flying) land(each, options);
}

RandomRun::InFlight RandomRun::start_writing(const WriteOptions& options, Random& random) {
  TwinBatch batch = new_batch(options);
  for (std::uint64_t left = 1 + random.below(30); left > 0; --left) add_anything(batch, random);
  tell("\n    " + batch.words());
  // Shared: the handler may still be in set_value() when the outcome is taken.
  const auto promise = std::make_shared<std::promise<Outcome>>();
  std::future<Outcome> outcome = promise->get_future();
  engine_->async_write(
      std::move(batch.batch()), options,
      [promise](std::error_code error, Receipt receipt) { promise->set_value({error, receipt}); });
  return {std::move(batch), std::move(outcome)};
}

void RandomRun::land(InFlight& flying, const WriteOptions& options) {
  const auto [error, receipt] = flying.outcome.get();
  agree(!error, "async_write: expected success, found " + error.message());
  acknowledge(flying.batch, options, receipt);
  settle_labels(false);
}

void RandomRun::expect_refused(WriteBatch batch, const WriteOptions& options,
                               const std::string& what) {
  tell(what);
  const std::size_t size = batch.size();
  refused(engine_->write(std::move(batch), options), Errc::invalid_argument, what);
  // NOLINTNEXTLINE(bugprone-use-after-move): a write that fails leaves it as it was.
  agree(batch.size() == size, what + ": the batch is not as it was");
}

/// What the headers refuse, in a batch with what they do not: none of it is written.
void RandomRun::write_wrongly(Random& random) {
  const std::string key = habits_.some_key(oracle_, random);
  const Timestamp ts = habits_.reading_time(oracle_.now(), random);
  WriteBatch batch;
  batch.put(key, ts, "nobody sees this");
  WriteOptions options;
  switch (random.below(8)) {
    case 0: batch.put("", ts, 1.0); return expect_refused(std::move(batch), {}, "an empty key");
    case 1:
      batch.put(std::string(Record::key_size_max + 1, 'k'), ts, 1.0);
      return expect_refused(std::move(batch), {}, "a long key");
    case 2:
      batch.put(key, ts, 1.0, Duration(-1));
      return expect_refused(std::move(batch), {}, "a negative TTL");
    case 3:
      batch.put(key, ts, std::string(batch_bytes_max() + 1, 'v'));
      return expect_refused(std::move(batch), {}, "a batch that is too large");
    case 4:
      batch.erase_range("b", "a", {});
      return expect_refused(std::move(batch), {}, "a range of keys that ends before it begins");
    case 5:
      batch.describe(key, Labels{{"room", std::string(Labels::value_size_max + 1, 'x')}});
      return expect_refused(std::move(batch), {}, "a long label");
    case 6:
      return expect_refused(std::move(batch), options.ttl(Duration(-1)), "a call's negative TTL");
    default:
      batch.erase_prefix(key, TimeRange(5, 4));
      return expect_refused(std::move(batch), {}, "a range of time that ends before it begins");
  }
}

}  // namespace varve::test
