#pragma once

#include <cstddef>
#include <string_view>

namespace varve::tools {

/// How many bytes of the front are am, PM, a.m., p.m., or `a. m.` with any blank: 0 where they are
/// none.
inline std::size_t half_of_day_size(std::string_view text) {
  const auto is_letter = [](std::string_view at, char small) {
    return !at.empty() && (at.front() == small || at.front() == small - 'a' + 'A');
  };
  if (!is_letter(text, 'a') && !is_letter(text, 'p')) return 0;
  std::string_view rest = text.substr(1);
  const bool has_points = rest.starts_with('.');
  if (has_points) {
    rest.remove_prefix(1);
    // Spanish texts have a blank here, which does not break.
    for (const std::string_view blank : {" ", "\xC2\xA0", "\xE2\x80\xAF"}) {
      if (!rest.starts_with(blank)) continue;
      rest.remove_prefix(blank.size());
      break;
    }
  }
  if (!is_letter(rest, 'm')) return 0;
  rest.remove_prefix(1);
  if (has_points) {
    if (!rest.starts_with('.')) return 0;
    rest.remove_prefix(1);
  }
  return text.size() - rest.size();
}

}  // namespace varve::tools
