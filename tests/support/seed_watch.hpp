#pragma once

#include <cstdint>

namespace varve::test {

/// Says which seed was running when the process ends in the middle of it: by an assertion of the
/// engine, or because the seed takes longer than it may. One at a time, for a test that runs many
/// seeds.
class SeedWatch {
 public:
  explicit SeedWatch(unsigned seconds_max);
  ~SeedWatch();
  SeedWatch(const SeedWatch&) = delete;
  SeedWatch& operator=(const SeedWatch&) = delete;

  /// From here on this seed runs, and its time is counted.
  void begin(std::uint64_t seed);
  /// No time is counted until the next begin().
  void end();

 private:
  unsigned seconds_max_;
};

}  // namespace varve::test
