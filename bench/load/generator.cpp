#include "bench/load/generator.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace varve::bench {

namespace {

struct Metric {
  const char* name;
  double scale;          // Steps of the last decimal in one unit.
  std::uint32_t spread;  // A reading differs from the one before by up to so many steps.
};

constexpr std::array<Metric, 8> metrics = {{{"temperature", 10, 4},
                                            {"pressure", 100, 7},
                                            {"humidity", 10, 2},
                                            {"vibration", 1'000, 300},
                                            {"current", 100, 40},
                                            {"voltage", 10, 15},
                                            {"power", 10, 60},
                                            {"flow", 100, 25}}};

std::uint32_t values_of(const Metric& metric) { return 2 * metric.spread + 1; }

std::string padded(std::size_t number, int digits) {
  std::array<char, 24> text{};
  const int size = std::snprintf(text.data(), text.size(), "%0*zu", digits, number);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string key_of(std::size_t series) {
  const std::size_t device = series / metrics.size();
  return "plant" + padded(device / 200 + 1, 3) + "/line" + padded(device / 20 % 10 + 1, 2) +
         "/device" + padded(device % 20 + 1, 2) + '/' + metrics[series % metrics.size()].name;
}

/// Devices in a random order, the metrics of each together.
std::vector<std::uint32_t> polling_order(std::size_t series, Random& random) {
  std::vector<std::uint32_t> devices((series + metrics.size() - 1) / metrics.size());
  std::iota(devices.begin(), devices.end(), 0U);
  for (std::size_t i = devices.size(); i > 1; --i) {
    std::swap(devices[i - 1], devices[random.below(static_cast<std::uint32_t>(i))]);
  }
  std::vector<std::uint32_t> order;
  for (const std::uint32_t device : devices) {
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      const std::size_t number = device * metrics.size() + i;
      if (number < series) order.push_back(static_cast<std::uint32_t>(number));
    }
  }
  return order;
}

}  // namespace

Answer Input::expected(std::size_t count) const {
  const Batch written = slice(0, count);
  Answer answer;
  for (const Reading& reading : written.readings) answer.add(written, reading);
  for (const Overwrite& overwrite : overwrites) {
    if (overwrite.by < count) answer.remove(written, readings[overwrite.victim]);
  }
  return answer;
}

Plant::Plant(const Shape& shape)
    : shape_(shape), random_(shape.seed), order_(polling_order(shape.series, random_)) {
  for (std::size_t i = 0; i < shape.series; ++i) {
    keys_.add(key_of(i));
    levels_.push_back(static_cast<std::int32_t>(random_.below(10'000)));
  }
}

Reading Plant::next() {
  const std::uint32_t series = order_[position_];
  const Metric& metric = metrics[series % metrics.size()];
  std::int32_t& level = levels_[series];
  level += static_cast<std::int32_t>(random_.below(values_of(metric))) -
           static_cast<std::int32_t>(metric.spread);
  const Timestamp jitter = shape_.jitter_ms == 0 ? 0 : random_.below(shape_.jitter_ms + 1) * 1'000;
  const Reading reading(series, tick_ + jitter, level / metric.scale);
  if (++position_ == order_.size()) {
    position_ = 0;
    tick_ += shape_.step.count();
  }
  return reading;
}

void Plant::generate(std::size_t count, std::vector<Reading>& readings) {
  readings.reserve(readings.size() + count);
  for (std::size_t i = 0; i < count; ++i) readings.push_back(next());
}

double Plant::entropy_bits() const {
  double bits = 0;
  for (const Metric& metric : metrics) bits += std::log2(values_of(metric));
  return bits / static_cast<double>(metrics.size()) + std::log2(shape_.jitter_ms + 1);
}

Input Plant::in_order(const Shape& shape, std::size_t records) {
  Plant plant(shape);
  Input input;
  plant.generate(records, input.readings);
  input.keys = std::move(plant.keys_);
  return input;
}

Input Plant::late(const Shape& shape, std::size_t records) {
  constexpr std::uint64_t day_us = 86'400'000'000;
  Plant plant(shape);
  Input input;
  input.keys = plant.keys_;
  std::vector<bool> replaced(records);
  Random random(shape.seed + 1);
  while (input.readings.size() < records) {
    const std::size_t here = input.readings.size();
    const Reading made = plant.next();
    const auto victim = random.below(static_cast<std::uint32_t>(here + 1));
    if (random.one_in(100) && victim != here && !replaced[victim]) {
      // Its time, another value, each record at most once, and never one that replaced another.
      const Reading& old = input.readings[victim];
      replaced[victim] = true;
      replaced[here] = true;
      input.overwrites.push_back({here, victim});
      input.readings.emplace_back(old.key(), old.ts(), old.number() + 1);
    } else if (random.one_in(10)) {
      // No two records of a series get the same time: in order they come at whole milliseconds,
      // and late ones in between, no two of one thousand in the same place.
      const auto late_us = static_cast<Timestamp>(random.next() % day_us / 1'000 * 1'000);
      const auto place = static_cast<Timestamp>(here % 997 + 1);
      input.readings.emplace_back(made.key(), made.ts() - late_us + place, made.number());
    } else {
      input.readings.push_back(made);
    }
  }
  return input;
}

Input log_lines(std::size_t services, std::size_t records, std::uint64_t seed) {
  constexpr std::array<const char*, 4> levels = {"INFO", "INFO", "WARN", "ERROR"};
  constexpr std::array<const char*, 12> words = {
      "connection", "timeout", "retry",   "gateway", "sensor", "calibrated",
      "checksum",   "reading", "dropped", "queue",   "valve",  "restarted"};
  Random random(seed);
  Input input;
  for (std::size_t i = 0; i < services; ++i) {
    input.keys.add("site01/service" + padded(i, 3) + "/log");
  }
  input.readings.reserve(records);
  for (std::size_t i = 0; i < records; ++i) {
    const std::size_t size = 60 + random.below(241);
    std::string line = std::string(levels[random.below(4)]) + " [worker-" +
                       std::to_string(random.below(16)) + "] request " +
                       padded(random.below(1'000'000), 6);
    while (line.size() < size) {
      line += std::string(" ") + words[random.below(words.size())];
      if (random.one_in(4)) line += '=' + std::to_string(random.below(10'000));
    }
    line.resize(size);
    const auto key = random.below(static_cast<std::uint32_t>(services));
    const auto ts = first_ts + static_cast<Timestamp>(i) * 1'000;
    input.readings.emplace_back(key, ts, std::string_view(input.texts.emplace_back(line)));
  }
  return input;
}

Input flow_table(const std::string& prefix, int digits, std::size_t records) {
  Input input;
  const std::string_view value = input.texts.emplace_back(128, '\xAB');
  for (std::size_t i = 0; i < records; ++i) {
    input.keys.add(prefix + padded(i, digits));
    input.readings.emplace_back(static_cast<std::uint32_t>(i), static_cast<Timestamp>(i), value);
  }
  return input;
}

}  // namespace varve::bench
