#pragma once

#include <string_view>

#include "tools/formats/parsed.hpp"
#include "tools/formats/time_reader.hpp"
#include "tools/formats/time_text.hpp"

namespace varve::tools {

/// A form in which numbers are of this unit where none is given.
inline TimeForm times_in(TimeUnit unit) {
  TimeForm form{};
  form.unit_if_not_given = unit;
  return form;
}

/// The unit in which this form has numbers.
inline TimeUnit unit_of(const TimeForm& form) { return form.unit.value_or(form.unit_if_not_given); }

/// The same form with its unit given: a number of any size is then taken as it is.
inline TimeForm with_unit_given(TimeForm form) {
  form.unit = unit_of(form);
  return form;
}

/// The times of the lines of one input. Knows the one fault that leaving out lines does not mend:
/// that the first number fits no unit but another one.
class LineTimes {
 public:
  explicit LineTimes(const TimeForm& form)
      : unit_(unit_of(form)), guarded_(!form.unit && !form.format), reader_(form) {}

  Parsed<Timestamp> read(std::string_view text) {
    auto ts = reader_.read(text);
    if (ts) {
      guarded_ = false;
    } else if (guarded_ && parse_epoch(text, unit_)) {
      is_unfit_ = true;  // A number that can be read: the reader minds its size.
    }
    return ts;
  }

  /// Whether the last problem was of that kind: all further lines would have it.
  bool is_unfit() const { return is_unfit_; }

 private:
  TimeUnit unit_;
  bool guarded_;
  bool is_unfit_ = false;
  TimeReader reader_;
};

}  // namespace varve::tools
