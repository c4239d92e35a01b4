#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace varve::tools {

/// What a stream's reader can show.
struct Terminal {
  bool interactive = false;  ///< A terminal, not a file or a pipe.
  bool colour = false;       ///< Interactive, and neither NO_COLOR nor TERM=dumb objects.
  bool utf8 = false;         ///< By the locale.
  std::size_t columns = 80;
};

Terminal terminal_of(int fd);
/// How wide the terminal is at this moment: people change that. Nothing where there is none, or it
/// does not say.
std::optional<std::size_t> columns_now(int fd);

/// Escape codes around a text, or the text alone where there is no colour.
std::string bold(const Terminal& terminal, std::string_view text);
/// One of six well distinguishable colours.
std::string coloured(const Terminal& terminal, std::size_t colour, std::string_view text);

/// How many columns the text takes: code points, which is right for all but wide scripts.
std::size_t display_width(std::string_view text);

}  // namespace varve::tools
