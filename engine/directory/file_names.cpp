#include "engine/directory/file_names.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <system_error>

namespace varve::engine {

namespace {

constexpr std::size_t digits = 20;  // Of the largest 64-bit number.
constexpr std::array<std::string_view, 5> extensions{".wal", ".spare", ".table", ".manifest",
                                                     ".copy"};

}  // namespace

std::string file_name(const NumberedFile& file) {
  const std::string number = std::to_string(file.number);
  return std::string(digits - number.size(), '0') + number +
         std::string(extensions[static_cast<std::size_t>(file.kind)]);
}

std::optional<NumberedFile> parse_file_name(std::string_view name) {
  if (name.size() <= digits) return std::nullopt;
  const auto* const extension = std::ranges::find(extensions, name.substr(digits));
  if (extension == extensions.end()) return std::nullopt;
  const std::string text(name.substr(0, digits));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number > file_number_max) return std::nullopt;
  return NumberedFile{static_cast<FileKind>(std::distance(extensions.begin(), extension)), number};
}

}  // namespace varve::engine
