#include "tools/varve/terminal/table_text.hpp"

#include <algorithm>
#include <utility>

#include "tools/varve/terminal/terminal.hpp"

namespace varve::tools {

TableText::TableText(std::vector<Heading> headings) : headings_(std::move(headings)) {
  for (const Heading& heading : headings_) widths_.push_back(display_width(heading.text));
}

void TableText::add(std::vector<std::string> cells) {
  cells.resize(headings_.size());
  if (!printed_) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths_[i] = std::max(widths_[i], display_width(cells[i]));
    }
  }
  rows_.push_back(std::move(cells));
}

void TableText::print(std::string& out) {
  if (!printed_) {
    std::vector<std::string> names;
    names.reserve(headings_.size());
    for (const Heading& heading : headings_) names.push_back(heading.text);
    append_row(out, names);
    printed_ = true;
  }
  for (const auto& row : rows_) append_row(out, row);
  rows_.clear();
}

void TableText::append_row(std::string& out, const std::vector<std::string>& cells) const {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != 0) line += "  ";
    const std::size_t width = display_width(cells[i]);
    const std::size_t padding = widths_[i] > width ? widths_[i] - width : 0;
    if (headings_[i].align == Align::right) line.append(padding, ' ');
    line += cells[i];
    if (headings_[i].align == Align::left) line.append(padding, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  (out += line) += '\n';
}

}  // namespace varve::tools
