#include "tests/support/plain_aggregates.hpp"

#include <cmath>
#include <span>
#include <utility>
#include <vector>

namespace varve::test {

double shewchuk_sum(std::span<const double> values) {
  std::vector<double> parts;  // Ascending, no two of which overlap.
  for (double value : values) {
    std::vector<double> left;
    for (double part : parts) {
      if (std::fabs(value) < std::fabs(part)) std::swap(value, part);
      const double sum = value + part;
      const double lost = part - (sum - value);
      if (lost != 0) left.push_back(lost);
      value = sum;
    }
    left.push_back(value);
    parts = std::move(left);
  }
  double sum = 0;
  double lost = 0;
  while (!parts.empty() && lost == 0) {
    const double part = parts.back();
    parts.pop_back();
    const double next = sum + part;
    lost = part - (next - sum);
    sum = next;
  }
  // Half of a last bit was lost, and what follows says to which side it goes.
  if (lost != 0 && !parts.empty() && (lost < 0) == (parts.back() < 0)) {
    const double twice = lost * 2;
    const double next = sum + twice;
    if (twice == next - sum) sum = next;
  }
  return sum == 0 ? 0.0 : sum;
}

}  // namespace varve::test
