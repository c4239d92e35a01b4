#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/reading.hpp"
#include "varve/time.hpp"

namespace varve::bench {

/// SplitMix64 (Steele, Lea, Flood): the same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
  }
  /// In [0, bound), evenly but for less than one part in 2^32 / bound.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((next() >> 32) * bound >> 32);
  }
  bool one_in(std::uint32_t count) { return below(count) == 0; }

 private:
  std::uint64_t state_;
};

inline constexpr Timestamp first_ts = 1'700'000'000'000'000;

/// What was generated: keys, and records in their order of arrival.
struct Input {
  Input() = default;
  Input(Input&&) = default;  // A copy's readings would point into the other's texts.
  Input& operator=(Input&&) = default;

  Keys keys;
  std::vector<Reading> readings;
  std::list<std::string> texts;  // What readings of texts point into.
  /// A reading that has the key and the time of an earlier one, and the number of that one.
  struct Overwrite {
    std::size_t by;
    std::size_t victim;
  };
  std::vector<Overwrite> overwrites;  // Ascending.

  Batch slice(std::size_t first, std::size_t count) const {
    return {keys, std::span(readings).subspan(first, count)};
  }
  Batch all() const { return slice(0, readings.size()); }
  /// What a full scan finds once the first `count` readings are written.
  Answer expected(std::size_t count) const;
  Answer expected() const { return expected(readings.size()); }
};

/// A gateway's plant: series "plant001/line02/device03/pressure" of about 30 bytes, polled device
/// by device in a fixed, mixed-up order. Each reading is the one before plus a step of the last
/// decimals, evenly drawn; each time is the step's plus milliseconds of jitter, evenly drawn.
class Plant {
 public:
  struct Shape {
    std::size_t series = 1'000;
    Duration step = std::chrono::seconds(1);
    std::uint32_t jitter_ms = 20;  ///< Zero: regular.
    std::uint64_t seed = 1;
  };

  explicit Plant(const Shape& shape);

  const Keys& keys() const { return keys_; }
  /// Appends the next `count` readings.
  void generate(std::size_t count, std::vector<Reading>& readings);
  /// What is random in one reading, on average: no encoding can take less.
  double entropy_bits() const;

  /// In time order, jitter apart.
  static Input in_order(const Shape& shape, std::size_t records);
  /// One record in ten is up to a day late, and one in a hundred writes over an earlier one.
  static Input late(const Shape& shape, std::size_t records);

 private:
  Reading next();

  const Shape shape_;
  Random random_;
  Keys keys_;
  std::vector<std::uint32_t> order_;  // In which series are polled.
  std::vector<std::int32_t> levels_;  // By series, in steps of the last decimal.
  std::size_t position_ = 0;
  Timestamp tick_ = first_ts;
};

/// Lines of a log, 60 to 300 bytes, of so many services.
Input log_lines(std::size_t services, std::size_t records, std::uint64_t seed);

/// FlowDB's table: `prefix` and a number as key, the number as time, 128 bytes of 0xAB. Every key
/// is new.
Input flow_table(const std::string& prefix, int digits, std::size_t records);

}  // namespace varve::bench
