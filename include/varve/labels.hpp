#pragma once

#include "varve/detail/requirements.hpp"

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
  /// Takes any strings; Labels says which can be written.
  Label(std::string name, std::string value);

  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }

  friend auto operator<=>(const Label&, const Label&) = default;

 private:
  std::string name_;
  std::string value_;
};

/// All labels of one series, ordered by name.
///
///     engine.describe("plant/press1/temp", {{"room", "hall 2"}, {"unit", "C"}})
///
/// Names are 1 to 255 bytes, values 1 to 4,096, of any bytes; a series has at most 64 labels, no
/// two of one name. Labels does not check these limits; check() does. A write that breaks one fails
/// with invalid_argument and changes nothing.
///
/// With GCC 12, do not write `co_await async_describe(key, {{"a", "b"}}, ...)`: it cannot await a
/// call with a braced list in it. Store the Labels in a variable first.
class Labels {
 public:
  /// The most labels that a series can have.
  static constexpr std::size_t count_max = 64;
  /// The longest name, in bytes.
  static constexpr std::size_t name_size_max = 255;
  /// The longest value, in bytes.
  static constexpr std::size_t value_size_max = 4096;

  /// No labels: describing a series so removes those that it has.
  Labels() = default;
  Labels(std::initializer_list<Label> labels);
  /// In any order. Two of one name are kept, and refused when they are written.
  explicit Labels(std::vector<Label> labels);

  /// Adds a label, or gives the one of this name another value.
  Labels& set(std::string_view name, std::string_view value);
  /// Says whether the labels are removed after the last record of their series: a collection of
  /// garbage removes them once it finds the series empty. Off (the default): they stay until the
  /// series is described anew, or CollectOptions has them removed. On suits series that come and
  /// go, such as one per job.
  Labels& leave_with_records(bool leave = true);

  /// The value, or "" where there is no such label.
  std::string_view value_of(std::string_view name) const;
  bool leaves_with_records() const { return leaves_with_records_; }
  /// How many labels there are.
  std::size_t size() const { return list_.size(); }
  bool empty() const { return list_.empty(); }
  /// Iterates over the labels, by name in ascending byte order.
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

  friend bool operator==(const Labels&, const Labels&) = default;

 private:
  std::vector<Label> list_;  // By name.
  bool leaves_with_records_ = false;
};

/// Checks the limits of Labels without a database. Fails with invalid_argument if a write of these
/// labels would fail; `where` names the label and the limit. No labels at all pass: they remove
/// those that a series has.
[[nodiscard]] Status check(const Labels& labels);

/// A series and what is said of it, as Engine::described_series() lists them.
struct DescribedSeries {
  std::string key;
  Labels labels;  ///< Empty where nobody described it.

  friend bool operator==(const DescribedSeries&, const DescribedSeries&) = default;
};

/// What a query asks of one label of a series; Query::with() takes it. A label that a series does
/// not have counts as one with an empty value: so not_equals("room", "attic") also finds series
/// without a room, and equals("room", "") finds those alone. The same holds in Prometheus.
class Matcher {
 public:
  enum class Kind : std::uint8_t { equals, not_equals, starts_with, one_of, matches, not_matches };

  /// The label has exactly this value.
  static Matcher equals(std::string name, std::string value);
  /// The label has another value, or the series has no such label.
  static Matcher not_equals(std::string name, std::string value);
  /// The value begins with `prefix`; "" matches every series.
  static Matcher starts_with(std::string name, std::string prefix);
  /// The label has one of these values; of none, no series matches.
  static Matcher one_of(std::string name, std::vector<std::string> values);
  /// A regular expression in RE2's syntax (Cox) matches the whole value; a dot also matches a line
  /// break. Both are taken as bytes, so that values of any encoding can be matched: a dot is one
  /// byte, what takes several, like the UTF-8 of an umlaut, goes into "(a|b)" and not into "[ab]",
  /// and neither "\pL" nor "(?i)" know any character beyond ASCII. One that RE2 refuses makes the
  /// read fail with invalid_argument, in RE2's words.
  static Matcher matches(std::string name, std::string expression);
  /// The opposite of matches(), with the same syntax and the same error.
  static Matcher not_matches(std::string name, std::string expression);

  /// The name of the label that is asked for.
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

/// Checks a matcher without a database. Fails with invalid_argument if a read by it would: its
/// expression is none, and `where` says why in RE2's words.
[[nodiscard]] Status check(const Matcher& matcher);

}  // namespace varve
