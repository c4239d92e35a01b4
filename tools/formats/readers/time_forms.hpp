#pragma once

#include "tools/formats/time_reader.hpp"
#include "tools/formats/time_text.hpp"

namespace varve::tools {

/// The usual form of a format: numbers are of this unit where none is given.
inline TimeForm times_in(TimeUnit unit) {
  TimeForm form;
  form.unit_if_not_given = unit;
  return form;
}

/// The same form where another unit is the usual one.
inline TimeForm usually_in(TimeUnit unit, TimeForm form) {
  form.unit_if_not_given = unit;
  return form;
}

/// The same form with its unit given, so that numbers may lie where they like.
inline TimeForm with_unit_given(TimeForm form) {
  form.unit = form.unit.value_or(form.unit_if_not_given);
  return form;
}

}  // namespace varve::tools
