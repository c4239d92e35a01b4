#pragma once

#include <cfenv>

namespace varve::test {

/// Has this thread round as `mode` (FE_UPWARD, ...) says for as long as it lives. What is computed
/// meanwhile is done in calls of other files, across which no compiler moves arithmetic.
class OtherRounding {
 public:
  explicit OtherRounding(int mode) : before_(std::fegetround()) { std::fesetround(mode); }
  ~OtherRounding() { std::fesetround(before_); }
  OtherRounding(const OtherRounding&) = delete;
  OtherRounding& operator=(const OtherRounding&) = delete;

 private:
  const int before_;
};

/// All but rounding to the nearest.
inline constexpr int other_roundings[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

}  // namespace varve::test
