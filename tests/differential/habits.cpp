#include "tests/differential/habits.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>

namespace varve::test {

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr Timestamp first_moment = std::numeric_limits<Timestamp>::min();
constexpr std::size_t kib = 1024;

/// Keys that a path of words never makes: the least and the greatest bytes, a key that others begin
/// with, one that ends where another goes on, a long one.
std::vector<std::string> odd_keys() {
  return {"plant",
          "plant/",
          "plant/line1/press1",
          "plant/line1/press1\0"s,
          "plant\xFF",
          "\0"s,
          "\0\0/x"s,
          "\xFF",
          "\xFF\xFF/temp",
          "0",
          "plant/line1",
          "plant/line10",
          std::string(280, 'p'),
          "plant/line1/press1/temp\xFF"};
}

}  // namespace

Habits::Habits(std::uint64_t seed) {
  Random random(seed * 2 + 1);
  const double kept = random.fraction();
  keeping_ = kept < 0.35  ? Keeping::threadless
             : kept < 0.7 ? Keeping::by_hand
                          : Keeping::background;
  is_in_memory_ = random.chance(0.1);
  can_lose_power_ = !is_in_memory_ && random.chance(0.4);
  has_extremes_ = random.chance(0.25);
  has_large_ = random.chance(0.25);
  expiring_ = random.chance(0.3) ? 0 : random.fraction() * 0.6;
  constexpr auto cadences = std::to_array<Duration>({1ms, 1s, 10s, 1min});
  cadence_ = random.pick(cadences);
  draw_sensors(random);
}

void Habits::draw_sensors(Random& random) {
  constexpr auto natures =
      std::to_array({Nature::counter, Nature::gauge, Nature::flag, Nature::state});
  constexpr auto names = std::to_array<std::string_view>({"count", "temp", "running", "state"});
  const std::uint64_t lines = 1 + random.below(3);
  const std::uint64_t presses = 1 + random.below(4);
  const double odd_nature = random.fraction() * 0.3;
  for (std::uint64_t line = 1; line <= lines; ++line) {
    for (std::uint64_t press = 1; press <= presses; ++press) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        std::string key = "plant/line" + std::to_string(line) + "/press" + std::to_string(press);
        (key += '/') += names[i];
        sensors_.push_back({key, random.chance(odd_nature) ? Nature::anything : natures[i]});
      }
    }
  }
  for (const std::string& key : odd_keys()) {
    if (random.chance(0.3)) sensors_.push_back({key, Nature::anything});
  }
}

std::string Habits::describe() const {
  std::string text = keeping_ == Keeping::threadless ? "threadless"
                     : keeping_ == Keeping::by_hand  ? "kept by hand"
                                                     : "kept in the background";
  if (is_in_memory_) text += ", in memory";
  if (can_lose_power_) text += ", on a disk that may lose power";
  return text + ", " + std::to_string(sensors_.size()) + " sensors every " + say_span(cadence_);
}

Options Habits::options(Random& random) const {
  constexpr auto memtables = std::to_array({64 * kib, 64 * kib, 128 * kib});
  constexpr auto logs = std::to_array({256 * kib, 512 * kib});
  constexpr auto queues = std::to_array({16 * kib, 64 * kib, 256 * kib});
  constexpr auto caches = std::to_array({0 * kib, 16 * kib, 256 * kib});
  constexpr auto windows = std::to_array<Duration>({1s, 1min, 10min, 1h, 24h});
  constexpr auto flushes = std::to_array<Duration>({1s, 5min, 1h, Duration::max()});
  constexpr auto ttls = std::to_array<Duration>({10s, 15min, 6h});
  const auto durabilities =
      std::to_array({Durability::none(), Durability::appended(), Durability::appended(),
                     Durability::interval(10ms), Durability::every(4), Durability::always()});
  Options options;
  options.memtable_bytes = random.pick(memtables);
  options.queue_bytes = random.pick(queues);
  options.block_cache_bytes = random.pick(caches);
  options.window = random.pick(windows);
  options.flush_after = random.pick(flushes);
  if (random.chance(0.15)) options.default_ttl = random.pick(ttls);
  options.compression = random.chance(0.5) ? Compression::zstd : Compression::none;
  options.background_maintenance = keeping_ == Keeping::background;
  options.threadless = is_threadless();
  if (is_in_memory_) return options;
  options.dir = "/plant";
  options.wal_bytes = random.pick(logs);
  options.durability = random.pick(durabilities);
  return options;
}

std::vector<Habits::Sensor> Habits::room(Random& random) const {
  std::vector<Sensor> chosen;
  const std::size_t first = random.below(sensors_.size());
  const std::size_t most = random.chance(0.3) ? sensors_.size() : 4;
  for (std::uint64_t count = 1 + random.below(most); count > 0; --count) {
    chosen.push_back(sensors_[(first + chosen.size()) % sensors_.size()]);
  }
  return chosen;
}

Value Habits::number_of_extremes(Random& random) const {
  using Limits = std::numeric_limits<double>;
  using Whole = std::numeric_limits<std::int64_t>;
  // A NaN of another sign and payload than the usual one, and sums that stay finite.
  const auto numbers = std::to_array<Value>(
      {0.0, -0.0, 1e300, -1e300, 1e-300, Limits::denorm_min(), -Limits::denorm_min(),
       Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
       std::bit_cast<double>(std::uint64_t{0xFFF8'0000'0000'1234}), stale_marker, Whole::min(),
       Whole::max(), std::int64_t{0}, std::int64_t{-1}, std::int64_t{(1LL << 53) + 1},
       9007199254740992.0, 0.1});
  return numbers[random.below(numbers.size())];
}

std::string Habits::some_bytes(Random& random) const {
  constexpr auto states =
      std::to_array<std::string_view>({"idle", "pressing", "stopped", "pressing hard", ""});
  if (random.chance(0.6)) return std::string(random.pick(states));
  const std::size_t size =
      has_large_ && random.chance(0.2) ? random.below(2'000) : random.below(40);
  std::string bytes;
  for (const std::byte byte : random.bytes(size)) bytes += static_cast<char>(byte);
  return bytes;
}

Value Habits::value(Nature nature, Timestamp ts, Random& random) const {
  const std::int64_t place = (ts / cadence_.count()) % 100'000;
  switch (nature) {
    case Nature::counter:
      // Reset now and then.
      return random.chance(0.02) ? Value(random.between(0, 50))
                                 : Value(place * 3 + random.between(0, 2));
    case Nature::gauge:
      if (random.chance(0.003)) return stale_marker;
      if (random.chance(0.01)) return number_of_extremes(random);
      return std::round(std::sin(static_cast<double>(place) / 7) * 200 + random.fraction()) / 10;
    case Nature::flag: return random.chance(0.8);
    case Nature::state: return some_bytes(random);
    case Nature::anything: break;
  }
  switch (random.below(5)) {
    case 0: return number_of_extremes(random);
    case 1: return random.chance(0.5);
    case 2: return some_bytes(random);
    case 3: return random.between(-100, 100);
    default: return random.fraction() * 100;
  }
}

std::optional<Duration> Habits::ttl(Random& random) const {
  constexpr auto ttls =
      std::to_array<Duration>({0us, 1us, 10s, 5min, 1h, 24h, 24h * 30, Duration::max()});
  if (!random.chance(expiring_)) return std::nullopt;
  return random.pick(ttls);
}

Timestamp Habits::on_grid(Timestamp ts) const { return ts - ts % cadence_.count(); }

Timestamp Habits::reading_time(Timestamp now, Random& random) const {
  constexpr auto anywhere =
      std::to_array<Timestamp>({first_moment, first_moment + 1, -1, 0, 1, never - 1, never});
  if (has_extremes_ && random.chance(0.05)) return random.pick(anywhere);
  const std::uint64_t depth = random.chance(0.8) ? 20 : 2'000;
  const Timestamp ts =
      on_grid(now) - static_cast<std::int64_t>(random.below(depth)) * cadence_.count();
  return random.chance(0.03) ? ts + random.between(-5, 5) : ts;
}

Duration Habits::pause(Random& random) const {
  constexpr auto long_pauses = std::to_array<Duration>({1min, 1h, 25h, 24h * 40});
  if (random.chance(0.15)) return random.pick(long_pauses);
  return cadence_ * random.between(1, 60);
}

TimeRange Habits::range(Timestamp now, Random& random) const {
  const auto bound = [&]() -> std::optional<TimePoint> {
    if (random.chance(0.35)) return std::nullopt;
    return reading_time(now + 3 * cadence_.count(), random);
  };
  auto from = bound();
  auto to = bound();
  if (from && to && Timestamp(*to) < Timestamp(*from) && random.chance(0.97)) std::swap(from, to);
  return {from, to};
}

Labels Habits::labels(Random& random) const {
  Labels labels;
  for (std::uint64_t count = random.below(4); count > 0; --count) {
    labels.set(label_name(random), label_value(random));
  }
  // Elsewhere a thread of the engine removes them at any moment.
  if (is_threadless() && random.chance(0.4)) labels.leave_with_records();
  return labels;
}

std::string Habits::label_name(Random& random) const {
  constexpr auto names = std::to_array<std::string_view>({"room", "unit", "r\xFFm"});
  return std::string(random.pick(names));
}

std::string Habits::label_value(Random& random) const {
  const auto values =
      std::to_array<std::string>({"hall 1", "hall 2", "hall 10", "C", "hall", "\0\xFF"s});
  return values[random.below(values.size())];
}

std::string Habits::some_key(const Oracle& oracle, Random& random) const {
  if (random.chance(0.03)) return "no/such/key";
  if (random.chance(0.3)) return random.pick(sensors_).key;
  const std::vector<std::string> keys = oracle.keys();
  return keys.empty() ? random.pick(sensors_).key : keys[random.below(keys.size())];
}

}  // namespace varve::test
