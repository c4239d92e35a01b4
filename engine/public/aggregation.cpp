#include "varve/aggregation.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace varve {

namespace {

/// "p99" for 0.99, "p99.9" for 0.999: the shortest text of `q`, with its point two places on.
std::string percentile(double q) {
  if (!(q >= 0 && q <= 1)) return "p?";
  if (q == 1) return "p100";
  // 2^-1074 has 324 places before its first digit, and no more than 17 digits.
  std::array<char, 400> text;
  const auto end = std::to_chars(text.begin(), text.end(), q, std::chars_format::fixed).ptr;
  std::string digits(text.data() + 1, end);  // Without the 0 in front.
  if (!digits.empty()) digits.erase(0, 1);   // And the point.
  digits.append(digits.size() < 2 ? 2 - digits.size() : 0, '0');
  std::string percent = digits[0] == '0' ? digits.substr(1, 1) : digits.substr(0, 2);
  if (digits.size() > 2) percent += '.' + digits.substr(2);
  return 'p' + percent;
}

}  // namespace

Aggregation Aggregation::quantile(double q) { return Aggregation(Function::quantile, q); }

Aggregation Aggregation::every(Duration width) const {
  Aggregation changed = *this;
  changed.every_ = width;
  return changed;
}

Aggregation Aggregation::offset(Duration offset) const {
  Aggregation changed = *this;
  changed.offset_ = offset;
  return changed;
}

Aggregation Aggregation::fill(Fill fill) const {
  Aggregation changed = *this;
  changed.fill_ = fill;
  return changed;
}

Aggregation Aggregation::group_by_prefix(std::size_t parts, char delimiter) const {
  Aggregation changed = *this;
  changed.group_parts_ = parts;
  changed.group_delimiter_ = delimiter;
  return changed;
}

Aggregation Aggregation::group_by_label(std::string name) const {
  Aggregation changed = *this;
  changed.group_label_ = std::move(name);
  return changed;
}

std::string Aggregation::name() const {
  switch (function_) {
    case Function::count: return "count";
    case Function::sum: return "sum";
    case Function::min: return "min";
    case Function::max: return "max";
    case Function::mean: return "mean";
    case Function::first: return "first";
    case Function::last: return "last";
    case Function::stddev: return "stddev";
    case Function::increase: return "increase";
    case Function::rate: return "rate";
    case Function::quantile: return percentile(quantile_);
  }
  return {};
}

}  // namespace varve
