#pragma once

#include <cstddef>
#include <string_view>

namespace varve::tools {

/// With which a file in UTF-8 may begin. It is nobody's text.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Where the line at the front of `text` ends: at its first line break. Without one, at the end of
/// the text if `last` says that nothing follows, and npos if more of it has to be read first.
inline std::size_t find_line_break(std::string_view text, bool last) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos && last ? text.size() : end;
}

}  // namespace varve::tools
