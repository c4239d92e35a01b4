#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "varve/clock.hpp"
#include "varve/time.hpp"

namespace varve::engine {

// When a record expires, and by which moment that is judged.

/// When a record at `ts` expires that stays for `ttl`; none without one. A TTL past the end of time
/// means that it stays.
inline std::optional<Timestamp> expiry_of(Timestamp ts, const std::optional<Duration>& ttl) {
  if (!ttl) return std::nullopt;
  return saturating_add(ts, ttl->count());
}

/// When the record of a put expires: at the moment given with it, else by its batch's default.
inline Timestamp expiry_of(Timestamp ts, const std::optional<Timestamp>& given,
                           const std::optional<Duration>& default_ttl) {
  return given ? *given : expiry_of(ts, default_ttl).value_or(never);
}

/// A wall clock that steps back by up to this much is being slewed, and `now` waits for it. By
/// more, it had been wrong and was set right, and `now` follows.
inline constexpr Duration slew_max = std::chrono::minutes(1);

/// The next `now` after `last`, when the wall clock says `wall`. Pure.
///
/// Standing still for small steps keeps what a read saw expire from coming back. Following large
/// ones keeps a clock that was an hour or ten years ahead for a moment from hiding every new
/// record with a TTL until the process restarts.
constexpr Timestamp next_now(Timestamp last, Timestamp wall) {
  if (wall >= last) return wall;
  const bool is_slew = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(wall) <=
                       static_cast<std::uint64_t>(slew_max.count());
  return is_slew ? last : wall;
}

/// The moment by which the engine judges expiry. Any thread.
class ExpiryClock {
 public:
  explicit ExpiryClock(const Clock& clock) : clock_(clock), last_(read()) {}

  Timestamp now() {
    const Timestamp wall = read();
    Timestamp last = last_.load(std::memory_order_relaxed);
    Timestamp next = next_now(last, wall);
    // Relaxed: the value orders nothing but itself.
    while (next != last && !last_.compare_exchange_weak(last, next, std::memory_order_relaxed)) {
      next = next_now(last, wall);
    }
    return next;
  }

 private:
  /// What the clock says, but that it is never `never`: then that would be over, too.
  Timestamp read() const { return std::min(clock_.wall(), never - 1); }

  const Clock& clock_;
  std::atomic<Timestamp> last_;
};

}  // namespace varve::engine
