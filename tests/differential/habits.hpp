#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/differential/oracle.hpp"
#include "tests/differential/words.hpp"
#include "tests/support/random.hpp"
#include "varve/varve.hpp"

namespace varve::test {

/// What a run is about, drawn once by its seed: a plant whose sensors are read round by round as
/// the clock goes on, some of it late, some of it twice. So most of what is written lies where
/// real readings do, in long series of regular times and one type each; the model's programs, whose
/// records meet again and again on few keys, do not come there.
class Habits {
 public:
  explicit Habits(std::uint64_t seed);

  /// Who does what waits: the run, by Engine::step(); the run, by flush(), compact() and
  /// collect_garbage(); or a thread of the engine's own.
  enum class Keeping : std::uint8_t { threadless, by_hand, background };

  Keeping keeping() const { return keeping_; }
  bool is_threadless() const { return keeping_ == Keeping::threadless; }
  /// Opened by Engine::open_in_memory(): it is never closed before the end.
  bool is_in_memory() const { return is_in_memory_; }
  /// On a SimulatedDisk, so that its power can be cut.
  bool can_lose_power() const { return can_lose_power_; }
  std::string describe() const;

  /// How the engine is opened, first and each time again. What is the run's own (directory, files,
  /// clock) is left out.
  Options options(Random& random) const;

  // What is written.

  /// What a sensor gives.
  enum class Nature : std::uint8_t { counter, gauge, flag, state, anything };
  struct Sensor {
    std::string key;
    Nature nature;
  };

  const std::vector<Sensor>& sensors() const { return sensors_; }
  /// Some neighbours of the plant: the sensors that are read together.
  std::vector<Sensor> room(Random& random) const;
  Value value(Nature nature, Timestamp ts, Random& random) const;
  std::optional<Duration> ttl(Random& random) const;
  Labels labels(Random& random) const;

  // When. Readings have times on a grid, so that a second one of the same moment replaces the
  // first.

  Duration cadence() const { return cadence_; }
  Timestamp on_grid(Timestamp ts) const;
  /// Of a reading that somebody takes at `now`, or hands in late; now and then anywhere in time.
  Timestamp reading_time(Timestamp now, Random& random) const;
  /// By how much the clock goes on from one thing to the next.
  Duration pause(Random& random) const;

  // What is asked.

  TimeRange range(Timestamp now, Random& random) const;
  Question question(const Oracle& oracle, Random& random) const;
  std::string label_name(Random& random) const;
  std::string label_value(Random& random) const;
  Aggregation aggregation(Random& random) const;
  /// A key that has something, or one that never had.
  std::string some_key(const Oracle& oracle, Random& random) const;
  /// A beginning of the key: whole parts of it, or any bytes.
  std::string some_prefix(const std::string& key, Random& random) const;

 private:
  void draw_sensors(Random& random);
  Value number_of_extremes(Random& random) const;
  std::string some_bytes(Random& random) const;
  void choose_keys(Question& question, const Oracle& oracle, Random& random) const;
  void ask_label(Question& question, Random& random) const;

  Keeping keeping_;
  bool is_in_memory_;
  bool can_lose_power_;
  bool has_extremes_;  // Records at the ends of time.
  bool has_large_;     // States of up to 2,000 bytes.
  double expiring_;    // The share of readings with a TTL.
  Duration cadence_;
  std::vector<Sensor> sensors_;
};

}  // namespace varve::test
