#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/times/time_pattern.hpp"

namespace varve::tools {

/// How the times of an input are written, where that is neither RFC 3339 nor a bare number.
/// Immutable; any thread.
class TimeFormat {
 public:
  /// The whole text; blanks around it do not count. A problem says which day there is not, or that
  /// the text is of another form.
  Parsed<WrittenTime> read(std::string_view text) const;

  /// As it was given: "dmy", "%d.%m.%Y %H:%M".
  const std::string& text() const { return text_; }

 private:
  friend Parsed<TimeFormat> parse_time_format(std::string_view text);

  enum class Kind : std::uint8_t { patterns, excel, excel_1904 };

  Kind kind_ = Kind::patterns;
  std::string text_;
  std::vector<TimePattern> patterns_;  // The first that matches counts.
};

/// A pattern (TimePattern says of what), or a name, in any case:
///
///   dmy        31.12.2024, 31/12/24, 31-12-2024, 31-Dec-2024, 31 Dec 2024
///   mdy        12/31/2024, 12-31-24, 12.31.2024, Dec 31, 2024
///   ymd        2024/12/31, 2024.12.31, 2024-12-31, 2024-Dec-31; also with single digits
///   iso-basic  20241231, 20241231T2359, 20241231T235959Z, 202412312359, 20241231 23:59
///   month      2024-12, 2024/12: its first day
///   year       2024: its first day
///   rfc2822    Tue, 31 Dec 2024 23:59:59 +0100; that of HTTP too
///   ctime      Tue Dec 31 23:59:59 2024
///   clf        31/Dec/2024:23:59:59 +0100, also in brackets
///   excel      45657.5: days, where 1 is 1900-01-01; to the millisecond
///   excel-1904 44195.5: the same of files that count from 1904
///
/// After dmy, mdy and ymd a time of day may come: 23:59, 23:59:59.999, 11:59 PM; and then an
/// offset, or a name of one.
Parsed<TimeFormat> parse_time_format(std::string_view text);

/// Those names, with commas between.
std::string time_format_names();

/// Which of dmy, mdy, ymd, iso-basic, rfc2822, ctime and clf read the text: for a message.
std::vector<std::string> forms_that_read(std::string_view text);

}  // namespace varve::tools
