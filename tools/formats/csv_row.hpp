#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace varve::tools {

enum class CsvScan : std::uint8_t {
  row,
  incomplete,  ///< The text ends inside the row; more of it has to be read first.
  bad,         ///< problem() says why.
};

/// How long a field in quotes may be until its quote counts as one that never closes: so that a
/// stray quote holds up neither memory nor the lines behind it in a pipe.
struct QuoteLimits {
  std::size_t bytes = std::size_t{1} << 20;
  std::uint64_t lines = 1'000;
};

/// One row of csv (RFC 4180): fields in quotes may hold delimiters, line breaks and doubled
/// quotes. Blanks before such a field that ends on its line do not count. Lines end in LF or CRLF;
/// the last may lack its end.
class CsvRow {
 public:
  struct Field {
    std::string_view text;
    bool in_quotes;
  };

  CsvRow() = default;
  explicit CsvRow(QuoteLimits limits) : limits_(limits) {}

  /// Splits the row at the front of `text`; `last` says that nothing follows the text. After
  /// `bad`, size() leads to the line at which to go on: behind the one with the fault or, where a
  /// quote never closes, or only before other text on a later line, behind the one in which the row
  /// began, so that one stray quote costs one line. Fields stay valid until the next scan, as long
  /// as the text does.
  CsvScan scan(std::string_view text, bool last, char delimiter);

  const std::vector<Field>& fields() const { return fields_; }
  bool blank() const {
    return fields_.size() == 1 && fields_[0].text.empty() && !fields_[0].in_quotes;
  }
  std::size_t size() const { return size_; }  ///< In bytes, with its line break.
  std::uint64_t line_breaks() const { return line_breaks_; }
  const char* problem() const { return problem_; }

 private:
  CsvScan bad(std::string_view text, bool last, std::size_t at, const char* problem);

  QuoteLimits limits_;
  std::vector<Field> fields_;
  std::deque<std::string>
      unescaped_;  // Of fields with doubled quotes; a deque keeps them in place.
  std::size_t size_ = 0;
  std::uint64_t line_breaks_ = 0;
  const char* problem_ = "";
};

/// Adds a field, in quotes where it needs them: delimiters, quotes, line breaks, blanks at an end,
/// and the empty text, which without quotes would say that there is no value.
void append_csv_field(std::string& out, std::string_view text, char delimiter = ',');
/// The same in quotes whether it needs them or not: what is to be known as a text.
void append_csv_quoted(std::string& out, std::string_view text);

}  // namespace varve::tools
