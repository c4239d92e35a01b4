#include "query/aggregate/counter_growth.hpp"

#include "engine/base/assert.hpp"

namespace varve::query {

namespace {

void add(engine::ExactSum& sum, const Number& number) {
  if (number.is_whole) {
    sum.add(number.whole);
  } else {
    sum.add(number.real);
  }
}

void subtract(engine::ExactSum& sum, const Number& number) {
  if (number.is_whole) {
    sum.subtract(number.whole);
  } else {
    sum.add(-number.real);
  }
}

}  // namespace

void CounterGrowth::add_newer(const Reading& reading) {
  if (newest_) {
    stepped_ = true;
    if (less(reading.value, newest_->value)) query::add(lost_, newest_->value);
  } else {
    oldest_ = reading;
  }
  newest_ = reading;
}

void CounterGrowth::add_older(const Reading& reading) {
  if (oldest_) {
    stepped_ = true;
    if (less(oldest_->value, reading.value)) query::add(lost_, reading.value);
  } else {
    newest_ = reading;
  }
  oldest_ = reading;
}

void CounterGrowth::add(const CounterGrowth& other) {
  if (other.stepped_) {
    joined_ = true;
    increases_.add(other.growth());
    rates_.add(*other.rate());
  }
  if (other.joined_) {
    joined_ = true;
    increases_.add(other.increases_);
    rates_.add(other.rates_);
  }
}

void CounterGrowth::reset() {
  oldest_.reset();
  newest_.reset();
  stepped_ = joined_ = false;
  lost_.reset();
  increases_.reset();
  rates_.reset();
}

engine::ExactSum CounterGrowth::growth() const {
  engine::ExactSum growth;
  if (!stepped_) return growth;
  growth.add(lost_);
  query::add(growth, newest_->value);
  subtract(growth, oldest_->value);
  return growth;
}

std::optional<double> CounterGrowth::increase() const {
  if (!stepped_ && !joined_) return std::nullopt;
  engine::ExactSum all = growth();
  all.add(increases_);
  return all.rounded();
}

std::optional<double> CounterGrowth::rate() const {
  if (!stepped_) return joined_ ? std::optional(rates_.rounded()) : std::nullopt;
  // Asked here and not of each reading, of which there are many.
  VARVE_ASSERT(newest_->ts > oldest_->ts);
  const auto elapsed = static_cast<double>(static_cast<std::uint64_t>(newest_->ts) -
                                           static_cast<std::uint64_t>(oldest_->ts));
  return growth().rounded() / (elapsed / 1e6);
}

}  // namespace varve::query
