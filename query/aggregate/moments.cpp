#include "query/aggregate/moments.hpp"

#include <cmath>

#include "engine/base/assert.hpp"

namespace varve::query {

Moments::Part Moments::part_of(std::span<const double> values) {
  Part part;
  part.count = values.size();
  if (values.empty()) return part;
  const auto count = static_cast<double>(values.size());
  // Counted from one of them, so that equal numbers deviate by nothing at all.
  const double origin = values.front();
  double sum = 0;
  for (const double value : values) sum += value - origin;
  part.mean = origin + sum / count;
  double rest = 0;
  for (const double value : values) {
    const double deviation = value - part.mean;
    part.squares += deviation * deviation;
    rest += deviation;
  }
  // What rounding the mean has left (the corrected two passes of the same paper).
  part.squares -= rest * rest / count;
  return part;
}

Moments::Part Moments::joined(const Part& a, const Part& b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  Part both;
  both.count = a.count + b.count;
  const double share = static_cast<double>(b.count) / static_cast<double>(both.count);
  const double distance = b.mean - a.mean;
  both.mean = a.mean + distance * share;
  both.squares = a.squares + b.squares + distance * distance * share * static_cast<double>(a.count);
  return both;
}

void Moments::fold() {
  folded_ = joined(folded_, part_of(pending()));
  pending_count_ = 0;
}

void Moments::add(const Moments& other) {
  fold();
  folded_ = joined(folded_, other.folded_);
  for (const double value : other.pending()) add(value);
}

double Moments::standard_deviation() const {
  const Part all = joined(folded_, part_of(pending()));
  VARVE_ASSERT(all.count != 0);
  const double variance = all.squares / static_cast<double>(all.count);
  // Rounding may leave a little less than nothing; a NaN stays.
  return variance < 0 ? 0 : std::sqrt(variance);
}

}  // namespace varve::query
