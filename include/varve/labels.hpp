#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "varve/error.hpp"

namespace varve {

/// One thing said of a series: a name, and a value that is not empty.
class Label {
 public:
  Label(std::string name, std::string value);

  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }

  friend auto operator<=>(const Label&, const Label&) = default;

 private:
  std::string name_;
  std::string value_;
};

/// All labels of one series, by name.
///
///     engine.describe("plant/press1/temp", {{"room", "hall 2"}, {"unit", "C"}})
///
/// Names are 1 to 255 bytes, values 1 to 4,096, of any bytes; a series has at most 64 labels, no
/// two of one name. What is over is kept here and refused, whole, when it is written. An argument
/// of a call that is awaited is named first: GCC 12 cannot await a call with a braced list in it.
class Labels {
 public:
  static constexpr std::size_t count_max = 64;
  static constexpr std::size_t name_size_max = 255;
  static constexpr std::size_t value_size_max = 4096;

  Labels() = default;
  Labels(std::initializer_list<Label> labels);
  explicit Labels(std::vector<Label> labels);

  /// Adds a label, or gives the one of this name another value.
  Labels& set(std::string_view name, std::string_view value);
  /// Whether they go with the last record of their series, once a collection of garbage finds that
  /// it has none left. Off: they stay until described anew.
  Labels& leave_with_records(bool leave = true);

  /// The value, or "" where there is no such label.
  std::string_view value_of(std::string_view name) const;
  bool leaves_with_records() const { return leaves_with_records_; }
  std::size_t size() const { return list_.size(); }
  bool empty() const { return list_.empty(); }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

  friend bool operator==(const Labels&, const Labels&) = default;

 private:
  std::vector<Label> list_;  // By name.
  bool leaves_with_records_ = false;
};

/// Checks the limits of Labels without a database. Fails with invalid_argument where a write of
/// these labels would fail, and `where` names the label and the limit. No labels at all pass: they
/// are what takes all labels away from a series.
[[nodiscard]] Status check(const Labels& labels);

/// What a query asks of the labels of a series. A label that a series does not have counts as one
/// with an empty value: so not_equals("room", "attic") also finds series without a room, and
/// equals("room", "") those alone.
class Matcher {
 public:
  enum class Kind : std::uint8_t { equals, not_equals, starts_with, one_of, matches, not_matches };

  static Matcher equals(std::string name, std::string value);
  static Matcher not_equals(std::string name, std::string value);
  static Matcher starts_with(std::string name, std::string prefix);
  static Matcher one_of(std::string name, std::vector<std::string> values);
  /// By a regular expression in RE2's syntax, over the whole value, where a dot also stands for a
  /// line's end. One that RE2 refuses makes the read fail with invalid_argument, in RE2's words.
  static Matcher matches(std::string name, std::string expression);
  static Matcher not_matches(std::string name, std::string expression);

  const std::string& name() const { return name_; }
  Kind kind() const { return kind_; }
  /// The value, prefix or expression; of one_of() all values.
  const std::vector<std::string>& operands() const { return operands_; }

  friend bool operator==(const Matcher&, const Matcher&) = default;

 private:
  Matcher(std::string name, Kind kind, std::vector<std::string> operands);

  std::string name_;
  Kind kind_;
  std::vector<std::string> operands_;
};

}  // namespace varve
