#include "varve/clock.hpp"

#include <sys/timex.h>
#include <unistd.h>

#include <cstdlib>

namespace varve {

namespace {

class SystemClock final : public Clock {
 public:
  Timestamp wall() const override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::floor<std::chrono::microseconds>(now).count();
  }

  std::chrono::nanoseconds monotonic() const override {
    return std::chrono::steady_clock::now().time_since_epoch();
  }

  bool synchronised() const override {
    struct timex asked{};  // No modes: changes nothing, so it needs no privilege.
    const int state = ::adjtimex(&asked);
    if (state < 0 || state == TIME_ERROR || (asked.status & STA_UNSYNC) != 0) return false;
    // chrony has it say so as soon as it knows how wrong the clock is, and then slews it for as
    // long as that takes, by the length of a tick. No crystal is 1,000 ppm off.
    static const long nominal = 1'000'000 / ::sysconf(_SC_CLK_TCK);
    return std::abs(asked.tick - nominal) * 1'000 <= nominal;
  }
};

}  // namespace

std::shared_ptr<Clock> system_clock() { return std::make_shared<SystemClock>(); }

}  // namespace varve
