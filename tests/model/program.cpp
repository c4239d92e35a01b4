#include "tests/model/program.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>

namespace varve::test {

namespace {

using namespace std::chrono_literals;

constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();

struct Weight {
  Action action;
  std::string_view name;
  std::uint64_t weight;
};

constexpr Weight weights[] = {
    {Action::write_records, "write_records", 6},
    {Action::write_batch, "write_batch", 12},
    {Action::write_many, "write_many", 4},
    {Action::write_inline, "write_inline", 4},
    {Action::try_write, "try_write", 3},
    {Action::async_write, "async_write", 6},
    {Action::append, "append", 6},
    {Action::append_points, "append_points", 4},
    {Action::erase, "erase", 6},
    {Action::erase_batch, "erase_batch", 4},
    {Action::erase_range, "erase_range", 5},
    {Action::erase_prefix, "erase_prefix", 3},
    {Action::patch, "patch", 6},
    {Action::async_patch, "async_patch", 2},
    {Action::bulk, "bulk", 10},
    {Action::feed, "feed", 120},
    {Action::refused, "refused", 1},
    {Action::read, "read", 25},
    {Action::async_read, "async_read", 3},
    {Action::check_all, "check_all", 6},
    {Action::take_snapshot, "take_snapshot", 4},
    {Action::read_snapshot, "read_snapshot", 6},
    {Action::drop_snapshot, "drop_snapshot", 3},
    {Action::begin_scan, "begin_scan", 2},
    {Action::go_on_scanning, "go_on_scanning", 4},
    {Action::flush, "flush", 10},
    {Action::compact, "compact", 5},
    {Action::collect, "collect", 4},
    {Action::checkpoint, "checkpoint", 2},
    {Action::sync, "sync", 2},
    {Action::step, "step", 8},
    {Action::toggle_maintenance, "toggle_maintenance", 2},
    {Action::clock_forward, "clock_forward", 6},
    {Action::clock_back, "clock_back", 3},
    {Action::reopen, "reopen", 5},
};
static_assert(std::size(weights) == action_count);

/// Prefixes of each other, the first and last bytes there are and those around a sign, long ones.
std::vector<std::string> key_pool() {
  using namespace std::string_literals;
  return {"a",
          "ab",
          "abc",
          "b",
          "a\0"s,
          "a\0b"s,
          "\0"s,
          "\0\0"s,
          "\xFF",
          "\xFF\xFF",
          "\xFF\0"s,
          "a\xFF",
          "a\xFF\xFF",
          std::string(300, 'a'),
          std::string(300, 'a') + "b",
          std::string(5'000, 'k'),
          "~",
          "\x7F",
          "\x7Fz",
          "\x80",
          "plant/press1/temp"};
}

/// Many flushes and collections, and few compactions of everything, let rows wait in level 0.
std::uint64_t factor_in_layers(Action action) {
  switch (action) {
    case Action::write_batch: return 4;
    case Action::flush: return 6;
    case Action::collect: return 4;
    default: return 1;
  }
}

Random part_of(std::uint64_t seed, std::uint64_t part) { return Random(seed * 4 + part); }

}  // namespace

std::string_view name_of(Action action) {
  for (const Weight& weight : weights) {
    if (weight.action == action) return weight.name;
  }
  return "?";
}

Program random_program(std::uint64_t seed, Sizes sizes) {
  const Words words = words_of(seed, sizes);
  Random random = part_of(seed, 1);
  std::array<std::uint64_t, action_count> chosen{};
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < action_count; ++i) {
    const Action action = weights[i].action;
    // A quarter is left out, and of the rest some are three times as frequent.
    const std::uint64_t factor = random.below(4);
    chosen[i] = weights[i].weight * (factor == 3 ? 3 : std::min<std::uint64_t>(factor, 1));
    if (action == Action::write_batch || action == Action::read) {
      chosen[i] = std::max(chosen[i], weights[i].weight);
    }
    if (words.has_layers()) chosen[i] *= factor_in_layers(action);
    if (action == Action::bulk && !words.has_bulk()) chosen[i] = 0;
    if (action == Action::feed) chosen[i] = words.has_feed() ? weights[i].weight : 0;
    if (action == Action::step && !words.threadless()) chosen[i] = 0;
    if (action == Action::toggle_maintenance && words.threadless()) chosen[i] = 0;
    total += chosen[i];
  }
  Program program{seed, sizes, {}};
  const std::uint64_t count = 20 + random.below(random.chance(0.1) ? 400 : 100);
  for (std::uint64_t n = 0; n < count; ++n) {
    std::uint64_t at = random.below(total);
    std::size_t i = 0;
    while (at >= chosen[i]) at -= chosen[i++];
    program.steps.push_back({weights[i].action, random.next()});
  }
  return program;
}

Words words_of(std::uint64_t seed, Sizes sizes) { return {part_of(seed, 0), sizes}; }

Words::Words(Random random, Sizes sizes)
    : threadless_(random.chance(0.85)),
      has_layers_(sizes == Sizes::tiny && random.chance(0.8)),
      has_bulk_(random.chance(has_layers_ ? 0 : 0.25)),
      has_feed_(random.chance(has_layers_ ? 0 : 0.15)),
      has_large_(random.chance(has_layers_ ? 0 : 0.1)),
      one_type_(random.chance(0.5)),
      types_{ValueType::double_, ValueType::int64, ValueType::bool_, ValueType::bytes},
      expiring_(random.chance(0.3) ? 0 : random.fraction() * 0.7) {
  for (std::size_t i = types_.size(); i > 1; --i) std::swap(types_[i - 1], types_[random.below(i)]);
  if (has_large_) types_.front() = ValueType::bytes;

  std::vector<std::string> pool = key_pool();
  for (std::uint64_t count = 2 + random.below(6); count > 0; --count) {
    const std::size_t at = random.below(pool.size());
    keys_.push_back(std::move(pool[at]));
    pool.erase(pool.begin() + static_cast<std::ptrdiff_t>(at));
  }

  constexpr auto spacings = std::to_array<Duration>({1us, 1s, 10min, 1h, 24h, 24h * 400});
  const Duration spacing = has_layers_ ? Duration(1h) : random.pick(spacings);
  const std::uint64_t clustered = has_layers_ ? 10 + random.below(20) : 3 + random.below(8);
  for (std::uint64_t i = 0; i < clustered; ++i) {
    times_.push_back(epoch + static_cast<std::int64_t>(i) * spacing.count());
  }
  constexpr auto extremes =
      std::to_array<Timestamp>({least, least + 1, -1, 0, 1, greatest - 1, greatest});
  for (std::uint64_t count = random.below(4); count > 0; --count) {
    times_.push_back(random.pick(extremes));
  }
}

Options Words::options(Random& random) const {
  constexpr std::size_t kib = 1024;
  constexpr auto memtable_sizes = std::to_array({64 * kib, 128 * kib, 256 * kib});
  constexpr auto wal_sizes = std::to_array({256 * kib, 512 * kib, 1024 * kib});
  constexpr auto queue_sizes = std::to_array({64 * kib, 256 * kib});
  constexpr auto cache_sizes = std::to_array({0 * kib, 64 * kib, 1024 * kib});
  constexpr auto windows = std::to_array<Duration>({1s, 1min, 1h, 24h, 24h * 365});
  constexpr auto default_ttls = std::to_array<Duration>({1us, 1h, 24h, 24h * 365});
  const auto durabilities = std::to_array(
      {Durability::none(), Durability::appended(), Durability::appended(), Durability::interval(1s),
       Durability::interval(1ms), Durability::every(3), Durability::always()});
  Options options;
  options.dir = "/db";
  options.durability = random.pick(durabilities);
  options.memtable_bytes = random.pick(memtable_sizes);
  options.wal_bytes = random.pick(wal_sizes);
  options.queue_bytes = random.pick(queue_sizes);
  options.block_cache_bytes = random.pick(cache_sizes);
  options.window = options.flush_after = random.pick(windows);
  if (has_layers_) options.window = std::min<Duration>(options.window, 1h);
  if (random.chance(0.15)) options.default_ttl = random.pick(default_ttls);
  options.compression = random.chance(0.5) ? Compression::zstd : Compression::none;
  options.background_maintenance = random.chance(0.8);
  options.threadless = threadless_;
  return options;
}

std::string Words::key(Random& random) const {
  std::string key = random.pick(keys_);
  // One of many_series().
  if (has_bulk_ && random.chance(0.1)) key += std::to_string(random.below(many_series_max));
  return key;
}

Timestamp Words::ts(Random& random) const {
  const double which = random.fraction();
  if (which < 0.9) return random.pick(times_);
  if (which < 0.98) return epoch + random.between(-86'400'000'000, 86'400'000'000);
  return random.between(least, greatest);
}

Value Words::value(Random& random) const {
  using Limits = std::numeric_limits<double>;
  constexpr auto doubles =
      std::to_array({0.0, -0.0, 1.5, -273.15, 1e300, Limits::denorm_min(), Limits::infinity(),
                     -Limits::infinity(), Limits::quiet_NaN(), stale_marker, stale_marker});
  const ValueType type =
      one_type_ && random.chance(0.95) ? types_.front() : types_[random.below(types_.size())];
  switch (type) {
    case ValueType::double_:
      if (random.chance(0.2)) return random.pick(doubles);
      return std::round(random.fraction() * 1e4) / 100;
    case ValueType::int64:
      if (random.chance(0.1)) return random.between(least, greatest);
      if (random.chance(0.05)) return random.chance(0.5) ? least : greatest;
      return random.between(-1000, 1000);
    case ValueType::bool_: return random.chance(0.5);
    case ValueType::bytes: break;
  }
  const std::size_t size =
      random.chance(has_large_ ? 0.5 : 0.03) ? random.below(6'000) : random.below(12);
  // Half of them compress well.
  if (random.chance(0.5)) return std::string(size, static_cast<char>(random.below(256)));
  std::string bytes;
  for (const std::byte byte : random.bytes(size)) bytes += static_cast<char>(byte);
  return bytes;
}

Duration Words::ttl(Random& random) const {
  constexpr auto ttls =
      std::to_array<Duration>({0us, 1us, 1s, 10min, 1h, 24h, 24h * 365, Duration(greatest)});
  return random.pick(ttls);
}

std::string Words::prefix(Random& random) const {
  if (random.chance(0.1)) return "";
  if (random.chance(0.1)) return "none";
  const std::string whole = key(random);
  return whole.substr(0, 1 + random.below(whole.size()));
}

std::string Words::key_bound(Random& random) const {
  if (random.chance(0.1)) return "";
  std::string bound = key(random);
  if (random.chance(0.2)) bound += '\0';
  if (random.chance(0.1)) bound += '\xFF';
  return bound;
}

KeySet Words::key_range(Random& random) const {
  std::string first = key_bound(random);
  if (random.chance(0.2)) return KeySet::range(std::move(first), std::nullopt);
  std::string end = key_bound(random);
  if (end < first && random.chance(0.97)) std::swap(first, end);
  return KeySet::range(std::move(first), std::move(end));
}

TimeRange Words::times(Random& random) const {
  const auto bound = [&]() -> std::optional<Timestamp> {
    if (random.chance(0.35)) return std::nullopt;
    const Timestamp at = ts(random);
    return random.chance(0.3) && at != greatest ? at + 1 : at;
  };
  std::optional<Timestamp> from = bound();
  std::optional<Timestamp> to = bound();
  if (from && to && *to < *from && random.chance(0.97)) std::swap(from, to);
  return {from, to};
}

Selection Words::selection(Random& random) const {
  Selection selection;
  const double which = random.fraction();
  selection.keys = which < 0.2    ? KeySet::all()
                   : which < 0.5  ? KeySet::one(random.chance(0.9) ? key(random) : "none")
                   : which < 0.75 ? KeySet::prefix(prefix(random))
                                  : key_range(random);
  if (random.chance(0.6)) selection.times = times(random);
  if (random.chance(0.3)) {
    for (std::uint64_t count = 1 + random.below(2); count > 0; --count) {
      selection.matchers.push_back(matcher(random));
    }
  }
  if (random.chance(0.3)) selection.limit = random.below(12);
  if (random.chance(0.3)) selection.per_series = random.below(6);
  selection.newest_first = random.chance(0.4);
  return selection;
}

std::string Words::label_name(Random& random) const {
  return std::string(1, static_cast<char>('x' + random.below(3)));
}

Labels Words::labels(Random& random) const {
  constexpr auto values = std::to_array<std::string_view>({"a", "ab", "b"});
  Labels labels;
  for (std::uint64_t count = random.below(4); count > 0; --count) {
    labels.set(label_name(random), random.pick(values));
  }
  return labels;
}

Matcher Words::matcher(Random& random) const {
  constexpr auto values = std::to_array<std::string_view>({"", "a", "ab", "b"});
  const std::string name = label_name(random);
  const std::string value(random.pick(values));
  switch (random.below(6)) {
    case 0: return Matcher::equals(name, value);
    case 1: return Matcher::not_equals(name, value);
    case 2: return Matcher::starts_with(name, value);
    case 3: return Matcher::one_of(name, {value, std::string(random.pick(values))});
    case 4: return Matcher::matches(name, value + "b*");
    default: return Matcher::not_matches(name, value + "|a.");
  }
}

Aggregation Words::aggregation(Random& random) const {
  constexpr auto functions =
      std::to_array({Aggregation::count, Aggregation::sum, Aggregation::min, Aggregation::max,
                     Aggregation::mean, Aggregation::first, Aggregation::last, Aggregation::stddev,
                     Aggregation::increase, Aggregation::rate});
  constexpr auto shares = std::to_array({0.0, 0.25, 0.5, 0.99, 1.0});
  constexpr auto widths = std::to_array<Duration>(
      {1us, 3us, 1s, 7s, 1min, 1h, 24h, 24h * 30, 24h * 36'500, Duration(greatest)});
  constexpr auto fills =
      std::to_array({Fill::none, Fill::none, Fill::null, Fill::previous, Fill::linear});
  constexpr std::string_view delimiters("/ab\xFF\0", 5);
  Aggregation aggregation =
      random.chance(0.15)
          ? Aggregation::quantile(random.chance(0.5) ? random.pick(shares) : random.fraction())
          : random.pick(functions);
  if (const double grouped = random.fraction(); grouped < 0.3) {
    aggregation = aggregation.group_by_prefix(1 + random.below(3), random.pick(delimiters));
  } else if (grouped < 0.5) {
    aggregation = aggregation.group_by_label(label_name(random));
  }
  if (random.chance(0.2)) return aggregation;
  Duration width = random.pick(widths);
  if (const Fill fill = random.pick(fills); fill != Fill::none) {
    // So that what lies near the epoch has some hundred buckets, and what does not some thousand or
    // far too many.
    Timestamp last = epoch + 86'400'000'000;
    for (const Timestamp ts : times_) {
      if (ts < epoch * 4) last = std::max(last, ts);
    }
    const std::int64_t narrowest = (last - epoch) / 100;
    width = std::max(width, Duration(random.chance(0.5) ? narrowest : epoch / 1'000));
    aggregation = aggregation.fill(fill);
  }
  aggregation = aggregation.every(width);
  if (random.chance(0.3)) {
    aggregation = aggregation.offset(
        Duration(random.chance(0.5) ? random.between(least, greatest) : random.between(-100, 100)));
  }
  return aggregation;
}

Changes Words::changes(Random& random, std::size_t count_max, bool puts_only) const {
  Changes changes;
  std::size_t bytes = 0;
  std::optional<std::string> only_key;
  if (has_layers_ && !puts_only) {
    // Over many windows, and mostly of one series: so what waits in level 0 has few keys, and what
    // others bring to level 1 goes past it.
    count_max *= 4;
    if (random.chance(0.7)) only_key = key(random);
  }
  for (std::uint64_t count = 1 + random.below(count_max); count > 0; --count) {
    Change change = this->change(random, puts_only);
    if (only_key && !change.key.empty()) change.key = *only_key;
    bytes += change.key.size() + change.keys.first.size() + change.keys.end.value_or("").size() +
             64 + (change.value.type() == ValueType::bytes ? change.value.as_bytes().size() : 0);
    if (bytes > batch_bytes_max) break;
    changes.list.push_back(std::move(change));
  }
  return changes;
}

Change Words::change(Random& random, bool puts_only) const {
  Change change;
  const double which = puts_only ? 0 : random.fraction();
  if (which < 0.7) {
    change.key = key(random);
    change.ts = ts(random);
    change.value = value(random);
    if (!random.chance(expiring_)) return change;
    if (!puts_only && random.chance(0.7)) {
      change.ttl = ttl(random);
    } else {
      const auto moments =
          std::to_array<Timestamp>({epoch - 1, epoch, epoch + 1, epoch + 3'600'000'000,
                                    epoch + 86'400'000'000, change.ts, least, greatest - 1});
      change.expires_at = random.pick(moments);
    }
  } else if (which < 0.9) {
    change.kind = Change::Kind::erase;
    change.key = key(random);
    change.ts = ts(random);
  } else if (which < 0.94) {
    change.kind = Change::Kind::describe;
    change.key = key(random);
    change.labels = labels(random);
  } else if (which < 0.96) {
    // Under the names of series, which they must not meet.
    change.kind = Change::Kind::note;
    change.key = key(random);
    if (random.chance(0.7)) change.bytes = "note " + std::to_string(random.below(100));
  } else {
    change.kind = Change::Kind::erase_range;
    do {
      change.keys = random.chance(0.5) ? KeySet::prefix(prefix(random)) : key_range(random);
      change.times = random.chance(0.7) ? times(random) : TimeRange();
    } while (!change.keys.valid() || !valid(change.times));
  }
  return change;
}

}  // namespace varve::test
