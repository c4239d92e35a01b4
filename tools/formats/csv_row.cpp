#include "tools/formats/csv_row.hpp"

#include <algorithm>

namespace varve::tools {

namespace {

/// The end of a field in quotes that begins behind the opening one: its text with doubled quotes
/// still in it, and where the closing quote is (npos: nowhere).
struct QuotedField {
  std::size_t end = std::string_view::npos;
  bool doubled = false;
};

QuotedField find_closing_quote(std::string_view text, std::size_t at) {
  QuotedField field;
  while ((at = text.find('"', at)) != std::string_view::npos) {
    if (at + 1 >= text.size() || text[at + 1] != '"') {
      field.end = at;
      return field;
    }
    field.doubled = true;
    at += 2;
  }
  return field;
}

bool is_within(std::string_view field, const QuoteLimits& limits) {
  if (field.size() <= limits.bytes && field.size() <= limits.lines) return true;
  return field.size() <= limits.bytes &&
         static_cast<std::uint64_t>(std::ranges::count(field, '\n')) <= limits.lines;
}

/// Whether the field in quotes that begins there ends within the line and with the field.
bool ends_with_its_quote(std::string_view line, std::size_t quote, char delimiter) {
  const std::size_t end = find_closing_quote(line, quote + 1).end;
  if (end == std::string_view::npos) return false;
  const std::string_view rest = line.substr(end + 1);
  return rest.empty() || rest.front() == delimiter || rest == "\r";
}

std::string undouble(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    out += text[at];
    if (text[at] == '"') ++at;
  }
  return out;
}

}  // namespace

CsvScan CsvRow::scan(std::string_view text, bool last, char delimiter) {
  fields_.clear();
  unescaped_.clear();
  line_breaks_ = 0;
  problem_ = "";
  std::size_t at = 0;
  while (true) {
    if (at < text.size() && text[at] == ' ') {
      // Some programs write a blank behind each comma, also before a quote.
      const std::size_t quote = text.find_first_not_of(' ', at);
      if (quote != std::string_view::npos && text[quote] == '"') {
        const std::size_t end = text.find('\n', quote);
        if (end == std::string_view::npos && !last) return CsvScan::incomplete;
        if (ends_with_its_quote(text.substr(0, end), quote, delimiter)) at = quote;
      }
    }
    if (at < text.size() && text[at] == '"') {
      const QuotedField quoted = find_closing_quote(text, at + 1);
      const std::size_t size = std::min(quoted.end, text.size()) - (at + 1);
      const bool closes = is_within(text.substr(at + 1, size), limits_);
      // A closing quote as the last byte read may turn out to be half of a doubled one.
      if (closes && !last &&
          (quoted.end == std::string_view::npos || quoted.end + 1 == text.size())) {
        return CsvScan::incomplete;
      }
      if (!closes || quoted.end == std::string_view::npos) {
        line_breaks_ = 0;
        return bad(text, last, 0, "a quote that never closes");
      }
      std::string_view field = text.substr(at + 1, quoted.end - at - 1);
      line_breaks_ += static_cast<std::uint64_t>(std::ranges::count(field, '\n'));
      if (quoted.doubled) field = unescaped_.emplace_back(undouble(field));
      fields_.push_back({field, true});
      at = quoted.end + 1;
      const std::string_view rest = text.substr(at, 2);
      if (!last && rest == "\r") return CsvScan::incomplete;
      if (rest.starts_with("\r\n") || (last && rest == "\r")) ++at;
      if (at < text.size() && text[at] != delimiter && text[at] != '\n') {
        // What stands on the lines between is not in quotes: the first of them is a stray one.
        if (line_breaks_ > 0) {
          line_breaks_ = 0;
          return bad(text, last, 0, "a quote that never closes");
        }
        return bad(text, last, at, "text behind a closing quote");
      }
    } else {
      const std::size_t begin = at;
      while (at < text.size() && text[at] != delimiter && text[at] != '\n') ++at;
      if (at == text.size() && !last) return CsvScan::incomplete;
      std::string_view field = text.substr(begin, at - begin);
      const bool ends_row = at == text.size() || text[at] == '\n';
      if (ends_row && field.ends_with('\r')) field.remove_suffix(1);
      fields_.push_back({field, false});
    }
    if (at == text.size() || text[at] == '\n') break;
    ++at;
  }
  if (at < text.size()) {
    ++at;
    ++line_breaks_;
  }
  size_ = at;
  return CsvScan::row;
}

CsvScan CsvRow::bad(std::string_view text, bool last, std::size_t at, const char* problem) {
  const std::size_t line_break = text.find('\n', at);
  if (line_break == std::string_view::npos) {
    if (!last) return CsvScan::incomplete;
    size_ = text.size();
  } else {
    size_ = line_break + 1;
    ++line_breaks_;
  }
  problem_ = problem;
  return CsvScan::bad;
}

void append_csv_field(std::string& out, std::string_view text, char delimiter) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  const bool plain = !text.empty() && !is_blank(text.front()) && !is_blank(text.back()) &&
                     std::ranges::none_of(text, [delimiter](char c) {
                       return c == delimiter || c == '"' || c == '\n' || c == '\r';
                     });
  if (plain) {
    out += text;
  } else {
    append_csv_quoted(out, text);
  }
}

void append_csv_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace varve::tools
