#include "tools/formats/series_name.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "tools/formats/record_limits.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view name_specials = ", ";
constexpr std::string_view label_specials = ",= ";
constexpr std::string_view plain_field = "value";  // Of a measurement that is a name by itself.
constexpr std::size_t messages_max = 10;

/// No part ends in a backslash, so that one before a separator always takes it away.
void append_escaped(std::string& out, std::string_view text, std::string_view specials) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool ends = at + 1 == text.size() || text[at + 1] == ';';
    if (text[at] == '\\' && ends) {
      out += "\\;";
      continue;
    }
    if (specials.contains(text[at])) out += '\\';
    out += text[at];
  }
}

std::string unescaped(std::string_view text, std::string_view specials) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char next = text[at] == '\\' && at + 1 < text.size() ? text[at + 1] : '\0';
    if (next == ';') {
      out += '\\';
      ++at;
    } else if (next != '\0' && specials.contains(next)) {
      out += next;
      ++at;
    } else {
      out += text[at];
    }
  }
  return out;
}

/// The first `stop` from `at` on that has no backslash before it; the size if there is none.
std::size_t find_separator(std::string_view text, char stop, std::size_t at) {
  for (at = text.find(stop, at); at != npos; at = text.find(stop, at + 1)) {
    if (at == 0 || text[at - 1] != '\\') return at;
  }
  return text.size();
}

std::string name_of_pair(std::string_view measurement, std::string_view field) {
  std::string name(measurement);
  if (field != plain_field) (name += '_') += field;
  return name;
}

/// The field with which a measurement has this name; none if there is no such field.
std::optional<std::string_view> field_in_name(std::string_view name, std::string_view measurement) {
  if (name == measurement) return plain_field;
  if (measurement.empty() || !name.starts_with(measurement)) return {};
  const std::string_view rest = name.substr(measurement.size());
  if (rest.size() < 2 || rest.front() != '_' || rest.substr(1) == plain_field) return {};
  return rest.substr(1);
}

bool is_too_long(std::string_view name) {
  return MeasurementNames::note_prefix.size() + name.size() > MeasurementNames::note_name_size_max;
}

std::string pair_text(std::string_view measurement, std::string_view field) {
  return quote(measurement) + " with field " + quote(field);
}

}  // namespace

Parsed<std::string> series_key(const Labels& labels) {
  std::string key;
  append_escaped(key, labels.value_of(name_label), name_specials);
  const Label* before = nullptr;
  for (const Label& label : labels) {
    if (label.name().empty()) return problem("a label without a name");
    if (label.value().empty()) return problem("the label " + quote(label.name()) + " is empty");
    if (before != nullptr && before->name() == label.name()) {
      return problem("two labels " + quote(label.name()));
    }
    before = &label;
    if (label.name() == name_label) continue;
    key += ',';
    append_escaped(key, label.name(), label_specials);
    key += '=';
    append_escaped(key, label.value(), label_specials);
  }
  if (before == nullptr) return problem("no labels, so no key");
  VARVE_CHECK(check_key(key));
  return key;
}

Parsed<Labels> labels_of_key(std::string_view key) {
  const auto refuse = [&] { return problem(quote(key) + " is not a key that labels make"); };
  std::vector<Label> labels;
  std::size_t at = find_separator(key, ',', 0);
  if (at != 0) {
    labels.emplace_back(std::string(name_label), unescaped(key.substr(0, at), name_specials));
  }
  while (at < key.size()) {
    const std::size_t end = find_separator(key, ',', at + 1);
    const std::string_view label = key.substr(at + 1, end - at - 1);
    const std::size_t equals = find_separator(label, '=', 0);
    if (equals == label.size()) return refuse();
    labels.emplace_back(unescaped(label.substr(0, equals), label_specials),
                        unescaped(label.substr(equals + 1), label_specials));
    at = end;
  }
  Labels all(std::move(labels));
  const auto again = series_key(all);
  if (!again || *again != key) return refuse();
  return all;
}

Labels derived_labels(std::string_view key) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string name(key);
  for (char& c : name) {
    if (!is_letter(c) && !is_digit(c) && c != ':') c = '_';
  }
  if (name.empty() || is_digit(name.front())) name.insert(name.begin(), '_');
  Labels labels;
  labels.set(name_label, name);
  labels.set("key", key);
  return labels;
}

bool is_named_by_labels(std::string_view key, const Labels& labels) {
  const auto of_key = labels_of_key(key);
  if (!of_key) return false;
  if (labels.empty()) return !check(*of_key);
  return std::ranges::all_of(
      *of_key, [&](const Label& label) { return labels.value_of(label.name()) == label.value(); });
}

Labels with_key_labels(Labels labels, const Labels& of_key) {
  for (const Label& label : of_key) labels.set(label.name(), label.value());
  return labels;
}

Parsed<void> MeasurementNames::learn(std::string_view note_name, std::string_view bytes) {
  const std::size_t blank = find_separator(bytes, ' ', 0);
  const std::string measurement = unescaped(bytes.substr(0, blank), name_specials);
  const std::string field =
      unescaped(bytes.substr(std::min(blank + 1, bytes.size())), name_specials);
  const std::string name = name_of_pair(measurement, field);
  if (measurement.empty() || field.empty() || note_name != std::string(note_prefix) + name) {
    return problem("the note " + quote(note_name) + " is " + quote(bytes) +
                   ", which is not MEASUREMENT FIELD of that name");
  }
  measurement_of_.insert_or_assign(name, measurement);
  return {};
}

/// Whether another pair has the name, or it is too long for a note.
bool MeasurementNames::would_be_second(const std::string& name,
                                       std::string_view measurement) const {
  if (is_too_long(name)) return true;
  const auto found = measurement_of_.find(name);
  return found != measurement_of_.end() && found->second != measurement;
}

void MeasurementNames::give_name(std::string_view measurement, std::string_view field) {
  const std::string name = name_of_pair(measurement, field);
  if (is_too_long(name)) return;
  const auto found = measurement_of_.find(name);
  if (found == measurement_of_.end()) {
    std::string bytes;
    append_escaped(bytes, measurement, name_specials);
    bytes += ' ';
    append_escaped(bytes, field, name_specials);
    owed_.push_back({std::string(note_prefix) + name, std::move(bytes)});
    measurement_of_.emplace(name, measurement);
    return;
  }
  if (found->second == measurement) return;
  const bool is_new = seconds_.insert(name + '\0' + std::string(measurement)).second;
  if (is_new && seconds_.size() <= messages_max) {
    messages_.push_back("the name " + quote(name) + " of " + pair_text(measurement, field) +
                        " is that of " +
                        pair_text(found->second, field_in_name(name, found->second).value_or("")) +
                        ": its series have the label _measurement");
  }
}

Parsed<Labels> MeasurementNames::labels_without_naming(std::string_view measurement,
                                                       std::string_view field, Labels tags) const {
  if (measurement.empty()) return problem("no measurement");
  if (field.empty()) return problem("a field without a name");
  if (!tags.value_of(name_label).empty()) {
    return problem("a tag '__name__': that is what the name of the series is called");
  }
  const std::string name = name_of_pair(measurement, field);
  const std::string_view marked = tags.value_of(measurement_label);
  const bool second = would_be_second(name, measurement);
  if (!marked.empty() && (second || (marked != measurement && field_in_name(name, marked)))) {
    return problem("a tag '_measurement', which tells apart what has the name " + quote(name));
  }
  if (second) tags.set(measurement_label, measurement);
  tags.set(name_label, name);
  return tags;
}

Parsed<Labels> MeasurementNames::labels_of(std::string_view measurement, std::string_view field,
                                           Labels tags) {
  VARVE_TRY(Labels labels, labels_without_naming(measurement, field, std::move(tags)));
  VARVE_CHECK(series_key(labels));
  give_name(measurement, field);
  return labels;
}

MeasurementNames::Point MeasurementNames::point_of(const Labels& labels) const {
  Point point;
  const std::string name(labels.value_of(name_label));
  const std::string_view marked = labels.value_of(measurement_label);
  const auto found = measurement_of_.find(name);
  const bool known = found != measurement_of_.end();
  const bool is_marked = !marked.empty() && field_in_name(name, marked).has_value();
  point.is_second = is_marked && !(known && found->second == marked);
  point.pair.measurement = point.is_second ? std::string(marked) : known ? found->second : name;
  point.pair.field = field_in_name(name, point.pair.measurement).value_or(plain_field);
  for (const Label& label : labels) {
    const bool is_own =
        label.name() == name_label || (point.is_second && label.name() == measurement_label);
    if (!is_own) point.tags.set(label.name(), label.value());
  }
  return point;
}

bool MeasurementNames::knows(std::string_view name) const {
  return is_too_long(name) || measurement_of_.contains(name);
}

std::vector<std::string> MeasurementNames::take_messages() { return std::exchange(messages_, {}); }

}  // namespace varve::tools
