#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace varve::tools {

enum class Align : std::uint8_t { left, right };

/// Rows under headings, for people. Widths come from the rows up to the first print, so that a
/// long answer can go out while it is read; later cells that are wider push their row.
class TableText {
 public:
  struct Heading {
    std::string text;
    Align align = Align::left;
  };

  explicit TableText(std::vector<Heading> headings);

  /// REQUIRES a cell per heading. Cells are plain text without line breaks.
  void add(std::vector<std::string> cells);
  std::size_t waiting() const { return rows_.size(); }
  /// Adds what waits to `out`, below the headings the first time. Lines have no blanks at the end.
  void print(std::string& out);

 private:
  void append_row(std::string& out, const std::vector<std::string>& cells) const;

  std::vector<Heading> headings_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
  bool printed_ = false;
};

}  // namespace varve::tools
