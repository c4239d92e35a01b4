#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "varve/record.hpp"
#include "varve/time.hpp"

namespace varve::tools {

/// SplitMix64 (Steele, Lea, Flood): the same numbers on every machine.
class DemoRandom {
 public:
  explicit DemoRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
  }
  /// In [0, bound).
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }

 private:
  std::uint64_t state_;
};

/// A made-up plant: lines of machines, and five sensors on each. Temperature, pressure and power
/// walk at random in steps of their last decimal, parts is a counter, and the fifth is a bool
/// (running) or a text (state). Power readings expire after a week.
class DemoPlant {
 public:
  explicit DemoPlant(std::size_t sensors);

  std::size_t sensors() const { return sensors_.size(); }
  const std::string& key(std::size_t sensor) const { return sensors_[sensor].key; }
  /// The next reading of a sensor.
  Value read(std::size_t sensor);
  /// Zero where its readings stay.
  Duration ttl(std::size_t sensor) const;

 private:
  enum class Kind : std::uint8_t { temperature, pressure, power, parts, running, state };
  struct Sensor {
    std::string key;
    Kind kind;
    std::int64_t level;  // In steps of the last decimal, or a count, or which state.
  };

  std::vector<Sensor> sensors_;
  DemoRandom random_{20240501};
};

}  // namespace varve::tools
