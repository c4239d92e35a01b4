#include "varve/labels.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "varve/try.hpp"

namespace varve {

namespace {

bool by_name(const Label& a, const Label& b) { return a.name() < b.name(); }

std::unexpected<Error> refuse(const std::string& what) {
  return fail(Errc::invalid_argument, "labels: " + what);
}

std::string at_most(std::size_t size, std::size_t size_max) {
  return " of " + std::to_string(size) + " bytes, at most " + std::to_string(size_max);
}

/// A name as a message shows it, cut where it is long.
std::string shown(const std::string& name) { return "'" + name.substr(0, 40) + "'"; }

}  // namespace

Label::Label(std::string name, std::string value)
    : name_(std::move(name)), value_(std::move(value)) {}

Labels::Labels(std::initializer_list<Label> labels) : Labels(std::vector<Label>(labels)) {}

Labels::Labels(std::vector<Label> labels) : list_(std::move(labels)) {
  if (!std::ranges::is_sorted(list_, by_name)) std::ranges::stable_sort(list_, by_name);
}

Labels& Labels::set(std::string_view name, std::string_view value) {
  const auto at = std::ranges::lower_bound(list_, name, {}, &Label::name);
  if (at != list_.end() && at->name() == name) {
    *at = Label(std::string(name), std::string(value));
  } else {
    list_.insert(at, Label(std::string(name), std::string(value)));
  }
  return *this;
}

Labels& Labels::leave_with_records(bool leave) {
  leaves_with_records_ = leave;
  return *this;
}

std::string_view Labels::value_of(std::string_view name) const {
  const auto at = std::ranges::lower_bound(list_, name, {}, &Label::name);
  return at != list_.end() && at->name() == name ? std::string_view(at->value())
                                                 : std::string_view();
}

Status check(const Labels& labels) {
  if (labels.size() > Labels::count_max) {
    return refuse(std::to_string(labels.size()) + " of them, at most " +
                  std::to_string(Labels::count_max));
  }
  const Label* previous = nullptr;
  for (const Label& label : labels) {
    const std::string& name = label.name();
    if (name.empty()) return refuse("an empty name");
    if (name.size() > Labels::name_size_max) {
      return refuse("the name " + shown(name) + at_most(name.size(), Labels::name_size_max));
    }
    if (previous != nullptr && previous->name() == name) return refuse(shown(name) + " twice");
    if (label.value().empty()) {
      return refuse(shown(name) + " has an empty value, which says the same as no such label");
    }
    if (label.value().size() > Labels::value_size_max) {
      return refuse("the value of " + shown(name) +
                    at_most(label.value().size(), Labels::value_size_max));
    }
    previous = &label;
  }
  return {};
}

Matcher::Matcher(std::string name, Kind kind, std::vector<std::string> operands)
    : name_(std::move(name)), kind_(kind), operands_(std::move(operands)) {}

Matcher Matcher::equals(std::string name, std::string value) {
  return {std::move(name), Kind::equals, {std::move(value)}};
}
Matcher Matcher::not_equals(std::string name, std::string value) {
  return {std::move(name), Kind::not_equals, {std::move(value)}};
}
Matcher Matcher::starts_with(std::string name, std::string prefix) {
  return {std::move(name), Kind::starts_with, {std::move(prefix)}};
}
Matcher Matcher::one_of(std::string name, std::vector<std::string> values) {
  return {std::move(name), Kind::one_of, std::move(values)};
}
Matcher Matcher::matches(std::string name, std::string expression) {
  return {std::move(name), Kind::matches, {std::move(expression)}};
}
Matcher Matcher::not_matches(std::string name, std::string expression) {
  return {std::move(name), Kind::not_matches, {std::move(expression)}};
}

}  // namespace varve
