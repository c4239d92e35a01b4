// The steps that write much at once.

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

#include "tests/model/program.hpp"

namespace varve::test {

using namespace std::chrono_literals;

Changes Words::bulk(Random& random) const {
  return random.chance(0.7) ? long_series(random) : many_series(random);
}

Changes Words::long_series(Random& random) const {
  constexpr auto spacings = std::to_array<Duration>({1us, 1s, 1min, 1h});
  const Duration spacing = random.pick(spacings);
  const std::string to = random.pick(keys_);
  const Timestamp from = epoch + random.between(0, 3'000) * spacing.count();
  const double type = random.fraction();
  const bool expires = random.chance(expiring_);
  const Duration lives = ttl(random);
  const double order = random.fraction();
  // Of at most 32 bytes each; often so many that a memtable seals a block of them.
  const std::int64_t count = random.between(random.chance(0.5) ? 200 : 1'600, 2'000);
  Changes changes;
  for (std::int64_t i = 0; i < count; ++i) {
    Change change;
    change.key = to;
    const std::int64_t at = order < 0.2   ? count - i
                            : order < 0.4 ? i * 7919 % count  // A prime, so each comes up once.
                                          : i;
    change.ts = from + at * spacing.count();
    change.value = type < 0.15  ? Value(random.chance(0.5))
                   : type < 0.5 ? Value(random.between(0, 100))
                                : Value(20 + static_cast<double>(random.below(100)) / 10);
    if (type >= 0.7 && random.chance(0.001)) change.value = stale_marker;
    if (expires) change.ttl = lives;
    changes.list.push_back(std::move(change));
  }
  return changes;
}

Changes Words::many_series(Random& random) const {
  const std::string to = random.pick(keys_);
  const std::size_t count = std::min(many_series_max, batch_bytes_max / (to.size() + 64));
  Changes changes;
  for (std::size_t i = 0; i < count; ++i) {
    Change change;
    change.key = to + std::to_string(i);
    change.ts = random.pick(times_);
    change.value = random.between(0, 1000);
    if (random.chance(expiring_)) change.ttl = ttl(random);
    changes.list.push_back(std::move(change));
  }
  return changes;
}

Changes Words::feed(Random& random, Timestamp from, Duration span) const {
  const std::size_t series_count = 1 + random.below(keys_.size());
  const auto longest = std::ranges::max(std::span(keys_).first(series_count), {},
                                        [](const std::string& key) { return key.size(); });
  const std::int64_t count =
      std::min({random.between(20, 400), span.count(),
                static_cast<std::int64_t>(batch_bytes_max / (longest.size() + 64))});
  Changes changes;
  for (std::int64_t i = 0; i < count; ++i) {
    Change change;
    change.key = keys_[random.below(series_count)];
    change.ts = from + span.count() / count * i;
    change.value = one_type_ ? Value(static_cast<double>(i)) : value(random);
    if (change.value.type() == ValueType::bytes) change.value = i;
    if (random.chance(expiring_ / 4)) change.ttl = ttl(random);
    changes.list.push_back(std::move(change));
  }
  return changes;
}

}  // namespace varve::test
