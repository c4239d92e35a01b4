#pragma once

#include <optional>
#include <string_view>

#include "tools/formats/parsed.hpp"
#include "tools/formats/time_format.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/times/local_times.hpp"
#include "tools/formats/times/time_zone.hpp"
#include "varve/time.hpp"

namespace varve::tools {

/// How the times of an input are meant.
struct TimeForm {
  std::optional<TimeUnit> unit;  ///< Of numbers, where somebody said it. It is never doubted.
  TimeUnit unit_if_not_given = TimeUnit::microseconds;
  std::optional<TimeFormat> format;  ///< None: RFC 3339 and numbers.
  const TimeZone* zone = nullptr;    ///< Of times that say no offset. Null: UTC.
};

/// Reads the times of one input, in the order in which they stand there. For one thread.
///
/// Nobody said the unit of numbers? Then the first one has to lie between 1980 and 2100 in the
/// usual unit. One that does not is refused with the unit that fits, and so is each number after
/// it: the input as a whole is not what it was taken for (is_refused()).
///
/// In a zone, a time that no clock there ever showed, in the hour that clocks are set on over, is
/// refused; one that comes twice is settled by the order (LocalTimes); of a day without a time of
/// day it is the first moment. A name of an offset ("CEST") is read in a zone alone, and has to be
/// one of its names at that time.
class TimeReader {
 public:
  explicit TimeReader(TimeForm form);

  /// Of csv cells, ndjson texts and numbers, lp timestamps.
  Parsed<Timestamp> read(std::string_view text) {
    if (is_plain_) return parse_plain(text);
    return read_carefully(text);
  }

  /// Whether a number was refused for its unit: then no line that is left out mends it.
  bool is_refused() const { return is_refused_; }

  const TimeForm& form() const { return form_; }

 private:
  Parsed<Timestamp> parse_plain(std::string_view text) const;
  Parsed<Timestamp> read_carefully(std::string_view text);
  Parsed<Timestamp> read_number(std::string_view text);
  Parsed<Timestamp> moment_of(const WrittenTime& written, std::string_view text);

  TimeForm form_;
  TimeUnit unit_;
  std::optional<LocalTimes> local_;  // In a zone.
  bool is_plain_ = false;            // No format and no zone, and the unit is settled.
  bool is_settled_ = false;          // The unit is, by somebody's word or the first number.
  bool is_refused_ = false;
};

/// "UTC", "+01:00", "Europe/Berlin". A problem says which names are like it, or that the system
/// has no tables of zones.
Parsed<const TimeZone*> parse_time_zone(std::string_view text);

}  // namespace varve::tools
