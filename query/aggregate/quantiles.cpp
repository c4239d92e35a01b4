#include "query/aggregate/quantiles.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "engine/base/assert.hpp"
#include "query/aggregate/interpolation.hpp"

namespace varve::query {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

void Quantiles::add(double value) {
  if (std::isfinite(value)) {
    values_.push_back(value);
    if (values_.size() > Aggregation::quantile_exact_max) compress();
  } else if (!std::isnan(value)) {
    ++(value < 0 ? below_ : above_);
  }
}

void Quantiles::add(const Quantiles& other) {
  below_ += other.below_;
  above_ += other.above_;
  if (!other.centroids_.empty()) {
    min_ = centroids_.empty() ? other.min_ : std::min(min_, other.min_);
    max_ = centroids_.empty() ? other.max_ : std::max(max_, other.max_);
    const auto middle = static_cast<std::ptrdiff_t>(centroids_.size());
    centroids_.insert(centroids_.end(), other.centroids_.begin(), other.centroids_.end());
    std::inplace_merge(centroids_.begin(), centroids_.begin() + middle, centroids_.end(),
                       [](const Centroid& a, const Centroid& b) { return a.mean < b.mean; });
    centroids_weight_ += other.centroids_weight_;
    compress();
  }
  for (const double value : other.values_) add(value);
}

void Quantiles::reset() {
  values_.clear();
  centroids_.clear();
  centroids_weight_ = 0;
  below_ = above_ = 0;
}

void Quantiles::compress() {
  std::ranges::sort(values_);
  if (!values_.empty()) {
    min_ = centroids_.empty() ? values_.front() : std::min(min_, values_.front());
    max_ = centroids_.empty() ? values_.back() : std::max(max_, values_.back());
  }
  std::vector<Centroid> all;
  all.reserve(centroids_.size() + values_.size());
  auto value = values_.begin();
  for (const Centroid& centroid : centroids_) {
    for (; value != values_.end() && *value < centroid.mean; ++value) all.push_back({*value, 1});
    all.push_back(centroid);
  }
  for (; value != values_.end(); ++value) all.push_back({*value, 1});
  centroids_weight_ += static_cast<double>(values_.size());
  values_.clear();
  centroids_.clear();

  // A centroid takes its neighbours up to a step of one in k1(q) = compression / (2 pi) asin(2 q -
  // 1).
  const auto end_of = [](double begin) {
    const double angle = std::asin(2 * begin - 1) + 2 * std::numbers::pi / compression;
    return angle >= std::numbers::pi / 2 ? 1 : (std::sin(angle) + 1) / 2;
  };
  double before = 0;  // The weight of all centroids that are done.
  double end = end_of(0) * centroids_weight_;
  for (const Centroid& next : all) {
    if (!centroids_.empty() && before + centroids_.back().weight + next.weight <= end) {
      Centroid& last = centroids_.back();
      last.weight += next.weight;
      last.mean = std::lerp(last.mean, next.mean, next.weight / last.weight);
      continue;
    }
    if (!centroids_.empty()) before += centroids_.back().weight;
    end = end_of(std::min(before / centroids_weight_, 1.0)) * centroids_weight_;
    centroids_.push_back(next);
  }
}

double Quantiles::finite_at(double rank) const {
  double rank_before = 0;
  double value_before = min_;
  double weight = 0;
  for (const Centroid& centroid : centroids_) {
    // A centroid's mean stands in the middle of the ranks of its numbers.
    const double middle = weight + (centroid.weight - 1) / 2;
    if (rank <= middle) {
      if (middle == rank_before) return centroid.mean;
      return std::lerp(value_before, centroid.mean, (rank - rank_before) / (middle - rank_before));
    }
    rank_before = middle;
    value_before = centroid.mean;
    weight += centroid.weight;
  }
  const double last = weight - 1;
  if (last <= rank_before) return max_;
  return std::lerp(value_before, max_, std::min((rank - rank_before) / (last - rank_before), 1.0));
}

double Quantiles::value(double q) const {
  VARVE_ASSERT(q >= 0 && q <= 1);
  if (!centroids_.empty() && !values_.empty()) {
    Quantiles whole = *this;
    whole.compress();
    return whole.value(q);
  }
  const bool exact = centroids_.empty();
  std::vector<double> sorted = values_;
  // The two zeros are equal, and are told apart all the same: which of them is given must not
  // depend on how the records lie.
  std::ranges::sort(sorted, [](double a, double b) {
    return a < b || (a == b && std::signbit(a) && !std::signbit(b));
  });
  const double finite = exact ? static_cast<double>(sorted.size()) : centroids_weight_;
  const auto below = static_cast<double>(below_);
  const double count = below + finite + static_cast<double>(above_);
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();

  const auto at = [&](double rank) {
    if (rank < below) return -infinity;
    if (rank - below > finite - 1) return infinity;
    return exact ? sorted[static_cast<std::size_t>(rank - below)] : finite_at(rank - below);
  };
  const double rank = q * (count - 1);
  const double low = std::floor(rank);
  if (low == rank) return at(rank);
  if (!exact && low >= below && low + 1 - below <= finite - 1) return finite_at(rank - below);
  return interpolated(at(low), at(low + 1), rank - low);
}

}  // namespace varve::query
