#include "engine/version/file_names.hpp"

#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>

namespace varve::engine {

namespace {

constexpr std::size_t digits = 20;  // Of the largest 64-bit number, so names sort as numbers do.

std::optional<FileKind> kind_of(std::string_view extension) {
  if (extension == ".wal") return FileKind::wal;
  if (extension == ".table") return FileKind::table;
  if (extension == ".manifest") return FileKind::manifest;
  return std::nullopt;
}

}  // namespace

std::optional<NumberedFile> parse_file_name(std::string_view name) {
  if (name.size() <= digits) return std::nullopt;
  const std::optional<FileKind> kind = kind_of(name.substr(digits));
  if (!kind) return std::nullopt;
  const std::string text(name.substr(0, digits));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number > file_number_max) return std::nullopt;
  return NumberedFile{*kind, number};
}

}  // namespace varve::engine
