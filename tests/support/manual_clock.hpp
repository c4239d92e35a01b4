#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "varve/clock.hpp"

namespace varve::test {

/// A clock that moves only when told to, by any thread. The wall may be set to any time, back too.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp wall = 1'700'000'000'000'000) : wall_(wall) {}

  Timestamp wall() const override { return wall_.load(); }
  std::chrono::nanoseconds monotonic() const override {
    return std::chrono::nanoseconds(monotonic_.load());
  }

  bool synchronised() const override { return synchronised_.load(); }

  void set_wall(Timestamp now) { wall_.store(now); }
  /// Moves the wall alone, as a correction of the time of day does. `by` may be negative.
  void step_wall(Duration by) { wall_.fetch_add(by.count()); }
  void advance_monotonic(std::chrono::nanoseconds by) { monotonic_.fetch_add(by.count()); }
  void set_synchronised(bool synchronised) { synchronised_.store(synchronised); }
  /// Moves both, as time does.
  void advance(Duration by) {
    step_wall(by);
    advance_monotonic(by);
  }

 private:
  std::atomic<std::int64_t> wall_;
  std::atomic<std::int64_t> monotonic_ = 0;
  std::atomic<bool> synchronised_ = true;
};

}  // namespace varve::test
