#pragma once

#include <cstdlib>

/// Ends the run where a promise does not hold, which the fuzzer takes for a crash.
inline void require(bool condition) {
  if (!condition) std::abort();
}
