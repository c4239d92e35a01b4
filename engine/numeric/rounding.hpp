#pragma once

#include <cfenv>

namespace varve::engine {

/// Has this thread round to the nearest for as long as it lives, and then again as before. A
/// program may round otherwise, and threads that it starts take that over; what a column holds, and
/// what it gives back, must not depend on it.
///
/// Neither GCC nor clang knows that the calls in here change what arithmetic gives. They leave it
/// between the two all the same where its operands come from memory that others may see, and its
/// results go there, or where it stands in a function that is not inlined.
class NearestRounding {
 public:
  NearestRounding() : before_(std::fegetround()) {
    if (before_ != FE_TONEAREST) std::fesetround(FE_TONEAREST);
  }
  ~NearestRounding() {
    if (before_ != FE_TONEAREST) std::fesetround(before_);
  }
  NearestRounding(const NearestRounding&) = delete;
  NearestRounding& operator=(const NearestRounding&) = delete;

 private:
  const int before_;
};

}  // namespace varve::engine
