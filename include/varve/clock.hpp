#pragma once

#include "varve/detail/requirements.hpp"

#include <chrono>
#include <memory>

#include "varve/time.hpp"

namespace varve {

/// Where the engine reads the time; Options::clock takes one. Called on many threads at once and
/// for every call, so it has to be quick. A test gives its own and sets it by hand.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The time of day, in microseconds since the Unix epoch. Used for expiry only: records bring
  /// their own timestamps. It may be wrong, and may jump either way; the engine follows a step back
  /// of over a minute, and stands still during a smaller one. What has expired by it is hidden;
  /// what goes for good has to be past by a time that it moves only slowly, too (ClockTrust).
  virtual Timestamp wall() const = 0;

  /// The time since any fixed moment, for intervals and latencies. Never goes back.
  virtual std::chrono::nanoseconds monotonic() const = 0;

  /// Whether the time of day is kept right by something outside this machine, like NTP or GPS. True
  /// vouches for wall(): what has expired by it may go for good. False says that it may be wrong by
  /// any amount, as after a boot without a battery. The default is false: nobody says that it is
  /// right.
  virtual bool synchronised() const { return false; }
};

/// Whether what has expired by the clock may go for good, as Engine::collect_garbage() is told.
///
/// A clock that is wrong hides records, and gives them back once it is right. So what is purged has
/// to be past by the trusted time too. That is stored with the data and goes on by
/// Clock::monotonic(); it takes the word of a clock that is synchronised(), and moves towards any
/// other by a day at most in each hour. No timestamp of a record moves it. So a clock that is N
/// days ahead for M hours purges only what would have expired within M days, or N where that is
/// less: one that is years ahead for the first minutes after a boot, 24 minutes for each of them.
enum class ClockTrust {
  guarded,  ///< By the trusted time, as background maintenance does.
  /// The caller knows the clock to be right: the trusted time is its own from here on, for
  /// background maintenance too. For a machine that was switched off for long, or that set its
  /// clock, and where nothing says that it is synchronised.
  vouched,
};

/// The machine's clocks. synchronised() is what the kernel was told by the program that sets the
/// time (ntpd, chrony, timesyncd, ...), and false where the kernel does not say, as in some
/// containers. What an engine uses if Options::clock is empty.
std::shared_ptr<Clock> system_clock();

}  // namespace varve
