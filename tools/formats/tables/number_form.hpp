#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/formats/parsed.hpp"

namespace varve::tools {

/// How the numbers of a table are written: 1234.5, or 1.234,5 with a decimal comma and grouped by
/// thousands.
struct NumberForm {
  char decimal = '.';
  char grouping = '\0';  ///< Between groups of three digits; none: '\0'.

  /// Whether parse_double() reads such numbers as they stand.
  bool is_plain() const { return decimal == '.' && grouping == '\0'; }

  friend bool operator==(const NumberForm&, const NumberForm&) = default;
};

/// The number in the form that parse_double() and parse_int64() read; in `out` where it has to be
/// written anew. What is no number of the form fails, so that 1.234 is never taken for a little
/// more than one where points group the digits, nor where a comma is the decimal sign.
Parsed<std::string_view> plain_number(std::string_view text, const NumberForm& form,
                                      std::string& out);

/// Finds the form of a table's numbers from some of its cells.
class NumberFormVotes {
 public:
  /// Takes any cell of one column; what is no number does not count. Neither do several points
  /// where nothing else in the column is a number with such groups or a decimal comma: versions
  /// have them too, and what has three points is an address.
  void add(std::string_view cell);
  /// Takes what the cells of a further column show.
  void add_column(const NumberFormVotes& column);
  /// A comma in front of three digits alone, as in 1,234, groups them where commas also stand
  /// between the columns (so that the cells are in quotes) or where other numbers have a decimal
  /// point; else it is a decimal comma. Fails where some numbers have a decimal comma and others a
  /// decimal point.
  Parsed<NumberForm> decide(char delimiter) const;
  /// The same where the decimal sign is known: a point before three digits is none beside a decimal
  /// comma.
  NumberForm decide_grouping(char decimal) const;

 private:
  std::size_t point_groups() const;

  std::size_t points_ = 0;        // 1.5
  std::size_t commas_ = 0;        // 1,5
  std::size_t point_threes_ = 0;  // 1.234
  std::size_t comma_threes_ = 0;  // 1,234
  std::size_t comma_groups_ = 0;  // 1,234,567 or 1,234.5
  std::size_t point_groups_ = 0;  // 1.234,5
  std::size_t point_runs_ = 0;    // 1.234.567
  std::string point_cell_;        // The first such as 1.5.
  std::string comma_cell_;        // And as 1,5.
};

}  // namespace varve::tools
