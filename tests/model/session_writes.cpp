#include <algorithm>
#include <array>
#include <utility>

#include "tests/model/session.hpp"
#include "tests/model/text.hpp"

namespace varve::test {

namespace {

Changes one_change(Change change) { return {{std::move(change)}, {}}; }

/// The bounds as the call takes them.
std::optional<std::string_view> end_of(const KeySet& keys) {
  return keys.end ? std::optional<std::string_view>(*keys.end) : std::nullopt;
}

std::vector<Record> records_of(const Changes& changes) {
  std::vector<Record> records;
  for (const Change& change : changes.list) {
    records.emplace_back(change.key, change.ts, change.value, change.expires_at);
  }
  return records;
}

}  // namespace

void Session::write(Action action, Random& random) {
  Changes changes;
  switch (action) {
    case Action::bulk: changes = words_.bulk(random); break;
    case Action::write_records: changes = words_.changes(random, 12, true); break;
    case Action::append:
    case Action::append_points:
      changes = words_.changes(random, action == Action::append ? 1 : 12, true);
      for (Change& change : changes.list) change.expires_at = never;
      break;
    case Action::erase:
    case Action::erase_batch:
      for (std::uint64_t n = 1 + random.below(action == Action::erase ? 1 : 6); n > 0; --n) {
        Change change;
        change.kind = Change::Kind::erase;
        change.key = words_.key(random);
        change.ts = words_.ts(random);
        changes.list.push_back(std::move(change));
      }
      break;
    case Action::erase_range:
    case Action::erase_prefix: {
      Change change;
      change.kind = Change::Kind::erase_range;
      change.keys = action == Action::erase_prefix ? KeySet::prefix(words_.prefix(random))
                                                   : words_.key_range(random);
      if (random.chance(0.6)) change.times = words_.times(random);
      changes = one_change(std::move(change));
      break;
    }
    default: changes = words_.changes(random, random.chance(0.5) ? 3 : 24);
  }
  const WriteOptions options = write_options(random, changes);
  tell(text_of(changes));
  if (action == Action::async_write) return write_async(changes, options);
  deliver(action, changes, options, random);
}

/// Goes on in time, mostly by less than a window, and flushes, so that tables of neighbouring
/// times gather at all levels.
void Session::feed(Random& random) {
  const auto span = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(static_cast<double>(options_.window.count()) *
                                   (random.chance(0.95) ? 0.02 + random.fraction() / 4 : 4)));
  Changes changes = words_.feed(random, fed_, Duration(span));
  fed_ += span;
  const WriteOptions options = write_options(random, changes);
  tell(text_of(changes));
  deliver(Action::feed, changes, options, random);
  keep(Action::flush, random);
  if (random.chance(0.5)) keep(Action::compact, random);
}

/// Sets whichever default TTL holds in `changes`.
WriteOptions Session::write_options(Random& random, Changes& changes) const {
  constexpr auto ttls = std::to_array<std::int64_t>({0, 1, 3'600'000'000, 86'400'000'000});
  WriteOptions options;
  changes.default_ttl = options_.default_ttl;
  if (random.chance(0.1)) {
    changes.default_ttl = Duration(random.pick(ttls));
    options.ttl(*changes.default_ttl);
  }
  const bool has_wal = options_.durability.kind() != Durability::Kind::none;
  if (random.chance(0.2)) {
    const auto durabilities =
        std::to_array({Durability::appended(), Durability::always(), Durability::every(2),
                       Durability::interval(Duration(1'000))});
    options.durability(has_wal ? random.pick(durabilities) : Durability::none());
  }
  return options;
}

void Session::deliver(Action action, const Changes& changes, const WriteOptions& options,
                      Random& random) {
  const Change& first = changes.list.front();
  const auto outcome = [&]() -> Result<Receipt> {
    switch (action) {
      case Action::write_records: {
        std::vector<Record> records = records_of(changes);
        return random.chance(0.5) ? engine_->write(std::span<const Record>(records), options)
                                  : engine_->write(std::move(records), options);
      }
      case Action::write_many: return deliver_many(changes, options, random);
      case Action::write_inline:
        return engine_->write_inline(batch_of(changes, false, random), options);
      case Action::try_write: return engine_->try_write(batch_of(changes, true, random), options);
      case Action::append:
        return engine_->append(series(first.key), first.ts, first.value.view(), options);
      case Action::append_points: {
        std::vector<Point> points;
        for (const Change& change : changes.list) {
          points.emplace_back(series(change.key), change.ts, change.value);
        }
        return engine_->append(std::span<const Point>(points), options);
      }
      case Action::erase: return engine_->erase(first.key, first.ts, options);
      case Action::erase_batch: {
        std::vector<std::pair<std::string, Timestamp>> records;
        for (const Change& change : changes.list) records.emplace_back(change.key, change.ts);
        return engine_->erase_batch(records, options);
      }
      case Action::erase_range:
        return engine_->erase_range(first.keys.first, end_of(first.keys), first.times, options);
      case Action::erase_prefix:
        return engine_->erase_prefix(first.keys.first, first.times, options);
      default: return engine_->write(batch_of(changes, random.chance(0.3), random), options);
    }
  }();
  if (first.kind == Change::Kind::erase_range && (!first.keys.valid() || !valid(first.times))) {
    return require(!outcome && outcome.error().code == Errc::invalid_argument,
                   "a range that ends before it begins is erased");
  }
  note(require(outcome, std::string(name_of(action))), options);
  apply_pending();
  model_.apply(changes);
}

/// In several batches, of which some may be empty. Their order is the order of the changes.
Receipt Session::deliver_many(const Changes& changes, const WriteOptions& options, Random& random) {
  std::vector<WriteBatch> batches;
  Changes part;
  for (const Change& change : changes.list) {
    part.list.push_back(change);
    while (random.chance(0.4)) {
      batches.push_back(batch_of(part, false, random));
      part.list.clear();
    }
  }
  batches.push_back(batch_of(part, false, random));
  tell("\n      in " + std::to_string(batches.size()) + " batches");
  return require(engine_->write_many(std::move(batches), options), "write_many");
}

void Session::write_async(const Changes& changes, const WriteOptions& options) {
  auto promise = std::make_shared<std::promise<Outcome<Receipt>>>();
  auto future = promise->get_future();
  Random unused(0);
  engine_->async_write(
      batch_of(changes, false, unused), options,
      [promise](std::error_code error, Receipt receipt) { promise->set_value({error, receipt}); });
  if (words_.threadless()) {
    pending_.push_back(changes);
    outcomes_.push_back(std::move(future));
    return;
  }
  const auto [error, receipt] = wait_for_future(std::move(future));
  require(!error, "async_write: " + error.message());
  note(receipt, options);
  model_.apply(changes);
}

WriteBatch Session::batch_of(const Changes& changes, bool with_handles, Random& random) {
  WriteBatch batch;
  for (const Change& change : changes.list) {
    switch (change.kind) {
      case Change::Kind::put:
        if (change.expires_at != never) {
          batch.put(Record(change.key, change.ts, change.value, change.expires_at).view());
        } else if (with_handles && random.chance(0.5)) {
          batch.put(series(change.key), change.ts, change.value.view(), change.ttl);
        } else {
          batch.put(change.key, change.ts, change.value.view(), change.ttl);
        }
        break;
      case Change::Kind::erase: batch.erase(change.key, change.ts); break;
      case Change::Kind::describe: batch.describe(change.key, change.labels); break;
      case Change::Kind::note:
        if (change.bytes) {
          batch.note(change.key, *change.bytes);
        } else {
          batch.remove_note(change.key);
        }
        break;
      case Change::Kind::erase_range:
        if (change.keys.kind == KeySet::Kind::prefix) {
          batch.erase_prefix(change.keys.first, change.times);
        } else {
          batch.erase_range(change.keys.first, end_of(change.keys), change.times);
        }
        break;
    }
  }
  return batch;
}

const Series& Session::series(const std::string& key) {
  const auto found = series_.find(key);
  if (found != series_.end()) return found->second;
  return series_.emplace(key, require(engine_->series(key), "series")).first->second;
}

void Session::note(const Receipt& receipt, const WriteOptions& options) {
  require(receipt.sequence > last_sequence_, "sequence " + std::to_string(receipt.sequence) +
                                                 " after " + std::to_string(last_sequence_));
  last_sequence_ = receipt.sequence;
  require(engine_->last_sequence() >= last_sequence_, "an acknowledged write is not visible");
  const auto is = [](const Durability& durability, Durability::Kind kind) {
    return durability.kind() == kind;
  };
  const bool always = is(options_.durability, Durability::Kind::always) ||
                      (options.durability() && is(*options.durability(), Durability::Kind::always));
  const Reached least = always                                            ? Reached::durable
                        : is(options_.durability, Durability::Kind::none) ? Reached::in_memory
                                                                          : Reached::appended;
  require(receipt.reached >= least, "a receipt of less than was asked for");
}

void Session::patch(bool async, Random& random) {
  // Stepping to its end takes in what is queued.
  if (async && !pending_.empty()) step_engine();
  const std::string key = words_.key(random);
  const Timestamp ts = words_.ts(random);
  std::optional<Value> value;
  std::optional<Duration> ttl;
  if (random.chance(0.7)) value = words_.value(random);
  if (random.chance(0.5)) ttl = words_.ttl(random);
  tell("(" + text_of(std::string_view(key)) + ", " + text_of_ts(ts) + ") to " +
       (value ? text_of(*value) : "the same") +
       (ttl ? " ttl " + std::to_string(ttl->count()) + " us" : ""));

  std::optional<Record> given;
  std::error_code error;
  if (async) {
    auto [code, record] = wait_for<Record>(
        [&](auto handler) { engine_->async_patch(key, ts, value, ttl, std::move(handler)); });
    error = code;
    if (!error) given = std::move(record);
  } else {
    const auto patched = engine_->patch(key, ts, value, ttl);
    if (patched) given = *patched;
    if (!patched) error = patched.error().code;
  }

  if (!value && !ttl) return require(error == Errc::invalid_argument, "a patch of nothing");
  // It reads what is visible. If that is there, it is written after all that is queued, or found
  // to be gone by then.
  std::optional<Record> before = model_.get(key, ts);
  if (before) {
    apply_pending();
    before = model_.get(key, ts);
  }
  if (!before) return require(error == Errc::not_found, "a patch of what is not there");
  require(!error, "patch: " + error.message());
  Change change;
  change.key = key;
  change.ts = ts;
  change.value = value.value_or(before->value());
  change.ttl = ttl;
  change.expires_at = before->expires_at();
  const Record expected(key, ts, change.value, expiry_of(change, {}));
  require(given == expected, "patch gives " + text_of(given) + " instead of " + text_of(expected));
  model_.apply(one_change(std::move(change)));
}

void Session::refused(Random& random) {
  const auto is = [](const auto& result, Errc code) {
    return !result && result.error().code == code;
  };
  const std::string key = words_.key(random);
  WriteBatch batch;
  batch.put(key, 1, 1.0);
  switch (random.below(7)) {
    case 0:
      batch.put("", 1, 1.0);
      return require(is(engine_->write(std::move(batch)), Errc::invalid_argument), "an empty key");
    case 1:
      batch.put(key, 2, 1.0, Duration(-1));
      return require(is(engine_->write(std::move(batch)), Errc::invalid_argument),
                     "a negative TTL");
    case 2:
      batch.put(std::string(65'536, 'k'), 1, 1.0);
      return require(is(engine_->write(std::move(batch)), Errc::invalid_argument), "a long key");
    case 3:
      return require(is(engine_->write(std::move(batch), WriteOptions().ttl(Duration(-1))),
                        Errc::invalid_argument),
                     "a write of negative TTL");
    case 4: return require(is(engine_->get("", 1), Errc::invalid_argument), "a get of no key");
    case 5: return require(is(engine_->latest(""), Errc::invalid_argument), "a latest of no key");
    default: return require(is(Engine::open(options_), Errc::locked), "a second engine");
  }
}

}  // namespace varve::test
