#include "tools/varve/terminal/wrap_text.hpp"

#include <algorithm>
#include <vector>

#include "tools/varve/terminal/terminal.hpp"

namespace varve::tools {

namespace {

std::vector<std::string_view> lines_of(std::string_view page) {
  std::vector<std::string_view> lines;
  while (!page.empty()) {
    const std::size_t end = std::min(page.find('\n'), page.size());
    lines.push_back(page.substr(0, end));
    page.remove_prefix(std::min(end + 1, page.size()));
  }
  return lines;
}

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

/// Where the text of a list's entry begins: behind two blanks or more; 0 where the line is none.
std::size_t text_column_of(std::string_view line) {
  const std::size_t indent = indent_of(line);
  const std::size_t gap = line.find("  ", indent);
  if (indent == 0 || gap == std::string_view::npos) return 0;
  const std::size_t text = line.find_first_not_of(' ', gap);
  return text == std::string_view::npos ? 0 : text;
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent,
                    std::size_t begin) {
  std::string out;
  std::size_t column = begin;
  bool is_first = true;  // Of its line.
  while (!text.empty()) {
    const std::size_t blanks = std::min(text.find_first_not_of(" \n"), text.size());
    text.remove_prefix(blanks);
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(word.size());
    if (word.empty()) break;
    const std::size_t width = display_width(word);
    if (!is_first && column + 1 + width > columns) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
      is_first = true;
    }
    if (!is_first) out += ' ';
    column += width + (is_first ? 0 : 1);
    out += word;
    is_first = false;
  }
  return out;
}

std::string list_entry(std::string_view term, std::string_view text, std::size_t text_column,
                       std::size_t columns) {
  std::string out = "  " + std::string(term);
  const std::size_t width = display_width(out);
  if (text.empty()) return out + '\n';
  out += width + 1 < text_column ? std::string(text_column - width, ' ')
                                 : '\n' + std::string(text_column, ' ');
  return out + wrapped(text, columns, text_column, text_column) + '\n';
}

std::string wrapped_page(std::string_view page, std::size_t columns) {
  constexpr std::size_t narrow_text_column = 6;
  std::string out;
  const std::vector<std::string_view> lines = lines_of(page);
  for (std::size_t i = 0; i < lines.size();) {
    const std::string_view line = lines[i++];
    const std::size_t indent = indent_of(line);
    const std::size_t text_column = text_column_of(line);
    std::string text(line.substr(text_column));
    if (line.empty() || (indent != 0 && text_column == 0)) {
      (out += line) += '\n';
      continue;
    }
    if (indent == 0) {
      while (i < lines.size() && !text.ends_with(':') && !lines[i].empty() &&
             indent_of(lines[i]) == 0) {
        (text += ' ') += lines[i++];
      }
      out += wrapped(text, columns) + '\n';
      continue;
    }
    while (i < lines.size() && indent_of(lines[i]) == text_column && !lines[i].empty()) {
      (text += ' ') += lines[i++].substr(text_column);
    }
    // A long term, as the command of an example, leaves no room beside it.
    const std::string_view term = line.substr(0, line.find_last_not_of(' ', text_column - 1) + 1);
    const bool is_beside = text_column + 20 <= columns &&
                           (text_column <= columns / 2 || display_width(line) <= columns);
    if (is_beside) {
      out += line.substr(0, text_column);
      out += wrapped(text, columns, text_column, text_column) + '\n';
    } else {
      (out += term) += '\n' + std::string(narrow_text_column, ' ');
      out += wrapped(text, columns, narrow_text_column, narrow_text_column) + '\n';
    }
  }
  return out;
}

}  // namespace varve::tools
