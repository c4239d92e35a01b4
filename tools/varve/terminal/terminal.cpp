#include "tools/varve/terminal/terminal.hpp"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdlib>
#include <string>

namespace varve::tools {

namespace {

std::string wrapped(const Terminal& terminal, const char* code, std::string_view text) {
  if (!terminal.colour) return std::string(text);
  return std::string("\x1b[") + code + 'm' + std::string(text) + "\x1b[0m";
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Terminal terminal_of(int fd) {
  Terminal terminal;
  terminal.interactive = ::isatty(fd) == 1;
  terminal.colour =
      terminal.interactive && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  // Only the character type, so that numbers keep their points.
  std::setlocale(LC_CTYPE, "");
  terminal.utf8 = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  if (terminal.interactive) terminal.columns = columns_now(fd).value_or(terminal.columns);
  return terminal;
}

std::optional<std::size_t> columns_now(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return size.ws_col;
}

std::string bold(const Terminal& terminal, std::string_view text) {
  return wrapped(terminal, "1", text);
}

std::string coloured(const Terminal& terminal, std::size_t colour, std::string_view text) {
  constexpr std::array<const char*, 6> codes = {"36", "33", "35", "32", "34", "31"};
  return wrapped(terminal, codes[colour % codes.size()], text);
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace varve::tools
