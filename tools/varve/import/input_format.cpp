#include "tools/varve/import/input_format.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "tools/formats/choices.hpp"
#include "tools/formats/line_break.hpp"
#include "tools/formats/line_protocol_text.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// How far a first line is looked for.
constexpr std::size_t looked_at_max = std::size_t{64} << 10;

constexpr auto names = std::to_array<std::pair<std::string_view, InputFormat>>({
    {"csv", InputFormat::csv},
    {"lp", InputFormat::line_protocol},
    {"ndjson", InputFormat::ndjson},
    {"prom", InputFormat::prometheus},
    {"annotated", InputFormat::annotated_csv},
});

/// What files of a format are called at their end.
constexpr auto endings = std::to_array<std::pair<std::string_view, InputFormat>>({
    {".csv", InputFormat::csv},
    {".tsv", InputFormat::csv},
    {".lp", InputFormat::line_protocol},
    {".line", InputFormat::line_protocol},
    {".ndjson", InputFormat::ndjson},
    {".jsonl", InputFormat::ndjson},
    {".json", InputFormat::ndjson},
    {".prom", InputFormat::prometheus},
});

/// How a line with # begins that only one format has.
constexpr auto comments = std::to_array<std::pair<std::string_view, InputFormat>>({
    {"#group,", InputFormat::annotated_csv},
    {"#datatype,", InputFormat::annotated_csv},
    {"#default,", InputFormat::annotated_csv},
    {"# HELP ", InputFormat::prometheus},
    {"# TYPE ", InputFormat::prometheus},
    {"# UNIT ", InputFormat::prometheus},
    {"# EOF", InputFormat::prometheus},
    {"# DDL", InputFormat::line_protocol},
    {"# DML", InputFormat::line_protocol},
    {"# CONTEXT-", InputFormat::line_protocol},
    {"# INFLUXDB EXPORT", InputFormat::line_protocol},
    {line_times_comment, InputFormat::line_protocol},
});

/// The first place from `at` on of one of `stops` that has no backslash before it; else the end.
std::size_t find_plain(std::string_view text, std::string_view stops, std::size_t at = 0) {
  while (at < text.size() && !stops.contains(text[at])) at += text[at] == '\\' ? 2 : 1;
  return std::min(at, text.size());
}

/// "cpu,host=a idle=98.5": behind the first blank a name, an equal sign, and something.
bool is_line_protocol(std::string_view line) {
  if (line.starts_with("> ")) line.remove_prefix(2);
  const std::size_t blank = find_plain(line, " ");
  if (blank == 0 || blank == line.size()) return false;
  const std::string_view fields = trimmed(line.substr(blank));
  const std::size_t equals = find_plain(fields, "=, ");
  return equals != 0 && equals + 1 < fields.size() && fields[equals] == '=';
}

bool is_metric_character(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         (!first && c >= '0' && c <= '9');
}

/// "up{job="a"} 1" or "up 1": a name, labels or none, and a number.
bool is_prometheus(std::string_view line) {
  std::size_t end = 0;
  while (end < line.size() && is_metric_character(line[end], end == 0)) ++end;
  if (end == 0 || end == line.size()) return false;
  std::string_view rest = line.substr(end);
  if (rest.starts_with('{')) {
    const std::size_t close = rest.rfind('}');
    if (close == std::string_view::npos) return false;
    rest.remove_prefix(close + 1);
  } else if (rest.front() != ' ' && rest.front() != '\t') {
    return false;
  }
  rest = trimmed(rest);
  return parse_double(rest.substr(0, rest.find_first_of(" \t"))).has_value();
}

std::optional<InputFormat> format_of_line(std::string_view line) {
  if (line.starts_with('{')) return InputFormat::ndjson;
  for (const auto& [beginning, format] : comments) {
    if (line.starts_with(beginning)) return format;
  }
  // Line protocol may have braces, and Prometheus' labels equal signs behind a blank.
  if (is_prometheus(line)) return InputFormat::prometheus;
  if (is_line_protocol(line)) return InputFormat::line_protocol;
  return {};
}

}  // namespace

Parsed<InputFormat> parse_input_format(std::string_view text) {
  for (const auto& [name, format] : names) {
    if (text == name) return format;
  }
  return problem(quote(text) + " is no format: " + one_of(input_format_words));
}

std::string_view name_of(InputFormat format) {
  const auto* const found =
      std::ranges::find(names, format, &std::pair<std::string_view, InputFormat>::second);
  return found->first;
}

std::optional<InputFormat> format_of_name(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (const auto& [ending, format] : endings) {
    if (lower.ends_with(ending)) return format;
  }
  return {};
}

std::optional<InputFormat> format_of_text(std::string_view text, bool last) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\r\n");
    if (end == std::string_view::npos && !last) return {};
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    const auto format = format_of_line(line);
    if (format || !line.starts_with('#')) return format;
  }
  return {};
}

Outcome<FoundFormat> find_format(Input& input) {
  const auto named = format_of_name(input.name());
  // What a name says needs no look, but for csv, which may be annotated.
  if (named && named != InputFormat::csv) return FoundFormat{*named, "by its name"};
  const auto tells = [&] {
    return input.window().find_first_of("\r\n") != std::string_view::npos ||
           input.window().size() >= looked_at_max;
  };
  while (!input.at_end() && !tells()) VARVE_CHECK(input.more());
  const auto shown =
      format_of_text(input.window().substr(0, looked_at_max), input.at_end() || tells());
  if (named) {
    if (shown == InputFormat::annotated_csv) return FoundFormat{*shown, "by its first line"};
    return FoundFormat{*named, "by its name"};
  }
  if (shown) return FoundFormat{*shown, "by its first line"};
  return FoundFormat{InputFormat::csv, "since it looks like no other"};
}

}  // namespace varve::tools
