#include "tests/soak/ledger.hpp"

#include <chrono>
#include <utility>

namespace varve::test {

using std::chrono::seconds;

namespace {

constexpr std::uint64_t sensors = 40;
constexpr std::uint64_t slots = 2'000;  // Of each ring: the times that are written again and again.

}  // namespace

std::string Ledger::some_key(Random& random) const {
  const bool ring = random.chance(0.2);
  return prefix_ + (ring ? "ring/" : "sensor/") + std::to_string(random.below(ring ? 4 : sensors));
}

WriteBatch Ledger::next_batch(Timestamp now, Random& random) {
  WriteBatch batch;
  for (std::uint64_t sensor = 0; sensor < sensors; ++sensor) {
    const bool late = random.chance(0.05);
    const Duration ttl = late ? seconds(5) : seconds(20);
    const Timestamp ts = late ? now - random.between(0, Duration(seconds(30)).count()) : now;
    Value value = sensor % 8 == 7 ? Value("state " + std::to_string(random.below(5)))
                                  : Value(static_cast<double>(random.between(-500, 500)) / 10);
    put(batch, prefix_ + "sensor/" + std::to_string(sensor), ts, std::move(value), ttl, now);
  }
  for (int ring = 0; ring < 4; ++ring) {
    put(batch, prefix_ + "ring/" + std::to_string(ring),
        static_cast<Timestamp>(random.below(slots)), random.between(0, 1'000'000), Duration(0),
        now);
  }
  if (random.chance(0.02)) {
    const std::string key = some_key(random);
    const bool ring = key.find("ring/") != std::string::npos;
    const Timestamp from =
        ring ? static_cast<Timestamp>(random.below(slots)) : now - Duration(seconds(10)).count();
    erase_range(batch, key, {from, from + (ring ? 50 : Duration(seconds(2)).count())});
  }
  return batch;
}

void Ledger::put(WriteBatch& batch, const std::string& key, Timestamp ts, Value value, Duration ttl,
                 Timestamp now) {
  const Timestamp expires_at = ttl.count() == 0 ? never : now + ttl.count();
  batch.put(RecordView(key, ts, value.view(), expires_at));
  series_[key].insert_or_assign(ts, Stored{std::move(value), expires_at});
}

void Ledger::erase_range(WriteBatch& batch, const std::string& key, TimeRange range) {
  batch.erase_range(key, key + '\0', range);
  Stretch& stretch = series_[key];
  stretch.erase(stretch.lower_bound(*range.from()), stretch.lower_bound(*range.to()));
}

std::vector<Record> Ledger::live(const std::string& key, Timestamp now) {
  Stretch& stretch = series_[key];
  std::erase_if(stretch, [now](const auto& entry) { return entry.second.expires_at <= now; });
  std::vector<Record> records;
  records.reserve(stretch.size());
  for (const auto& [ts, stored] : stretch) {
    records.emplace_back(key, ts, stored.value, stored.expires_at);
  }
  return records;
}

std::vector<Record> Ledger::live(Timestamp now) {
  std::vector<Record> all;
  for (auto& [key, stretch] : series_) {
    for (Record& record : live(key, now)) all.push_back(std::move(record));
  }
  return all;
}

}  // namespace varve::test
