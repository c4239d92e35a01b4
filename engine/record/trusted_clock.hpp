#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "engine/base/mutex.hpp"
#include "engine/record/purge_clock.hpp"
#include "engine/record/trusted_time.hpp"
#include "varve/clock.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// The PurgeClock of an open database, and who reads the clocks for it. Any thread.
class TrustedClock {
 public:
  /// `now` is the moment by which expiry is judged: the wall, which it reads at each call. Both
  /// outlive this.
  TrustedClock(const Clock& clock, std::function<Timestamp()> now)
      : clock_(clock), now_(std::move(now)) {}

  /// Goes on from what the manifest or the log says. For the opening.
  void resume(Timestamp stored) {
    const Lock lock(mutex_);
    purge_.resume(stored, clock_.monotonic());
  }

  /// What is trusted now, as manifest, log and tables store it.
  TrustedTime look() {
    const Lock lock(mutex_);
    const ClockReading reading = read();
    return {purge_.move_to(reading), reading.synchronised};
  }

  /// Takes the wall's word from here on.
  void vouch() {
    const Lock lock(mutex_);
    purge_.vouch(read());
  }

  /// What expired by this moment may go for good: reads hide it already, and it is past by what is
  /// trusted too.
  Timestamp purge_now() {
    const Lock lock(mutex_);
    const ClockReading reading = read();
    return std::min(reading.wall, purge_.move_to(reading));
  }

 private:
  /// To ask the system whether the clock is synchronised is a call of it.
  static constexpr std::chrono::nanoseconds ask_every = std::chrono::seconds(1);

  ClockReading read() VARVE_REQUIRES(mutex_) {
    ClockReading reading{now_(), clock_.monotonic(), synchronised_};
    const bool is_due = !asked_at_ || reading.monotonic - *asked_at_ >= ask_every;
    if (!is_due && !purge_.is_apart(reading)) return reading;
    // The wall is read between two answers: the program that sets it right says so afterwards, and
    // one that sets it by hand takes that back at once.
    const bool was_synchronised = clock_.synchronised();
    reading = {now_(), clock_.monotonic(), was_synchronised};
    synchronised_ = clock_.synchronised() && was_synchronised;
    reading.synchronised = synchronised_;
    asked_at_ = reading.monotonic;
    return reading;
  }

  const Clock& clock_;
  const std::function<Timestamp()> now_;

  Mutex mutex_;
  PurgeClock purge_ VARVE_GUARDED_BY(mutex_);
  std::optional<std::chrono::nanoseconds> asked_at_ VARVE_GUARDED_BY(mutex_);
  bool synchronised_ VARVE_GUARDED_BY(mutex_) = false;  // The answer.
};

}  // namespace varve::engine
