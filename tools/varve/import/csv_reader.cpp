#include "tools/varve/import/csv_reader.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/formats/csv_row.hpp"
#include "tools/formats/line_break.hpp"
#include "tools/formats/tables/foreign_bytes.hpp"
#include "tools/varve/import/csv_rows.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// Of a file so much is read before its layout is settled; of a pipe at most so much.
constexpr std::size_t sample_bytes = std::size_t{1} << 20;

class CsvReader final : public RecordReader {
 public:
  CsvReader(Input& input, CsvOptions options) : input_(input), options_(std::move(options)) {}

  Outcome<std::optional<ReadLine>> next(RecordList& records) override {
    if (!rows_) VARVE_CHECK(settle());
    while (true) {
      ReadLine line;
      line.number = line_;
      VARVE_TRY(const CsvScan scan, scan_row());
      if (scan == CsvScan::incomplete) return std::nullopt;
      if (scan == CsvScan::row && row_.blank()) {
        advance();
        continue;
      }
      bool says_something = true;
      if (scan == CsvScan::bad) {
        line.problem = row_.problem();
      } else {
        const std::size_t before = records.size();
        auto added = rows_->add(row_, count_, records, line.bad_cells);
        if (!added) {
          records.shrink(before);
          if (rows_->is_refused()) return failed_at(line.number, added.error().text);
          line.problem = std::move(added).error().text;
          line.column = column_at_fault();
          line.bad_cells.clear();
        } else {
          says_something = *added;
        }
      }
      ++count_;
      advance();
      if (says_something) return line;
    }
  }

  std::vector<std::string> decisions() const override {
    return rows_ ? rows_->layout().decisions : std::vector<std::string>();
  }

 private:
  std::unexpected<Failure> failed_at(std::uint64_t line, const std::string& what) const {
    return failed(input_.name() + ':' + std::to_string(line) + ": " + what);
  }

  /// Of a row on one line, in bytes from 1. Cells with doubled quotes lie elsewhere.
  std::optional<std::uint64_t> column_at_fault() const {
    const auto fault = rows_->fault();
    if (!fault || *fault >= row_.fields().size() || row_.line_breaks() > 1) return {};
    const std::string_view line = input_.window();
    const char* const cell = row_.fields()[*fault].text.data();
    const std::less<> before{};
    if (before(cell, line.data()) || !before(cell, line.data() + line.size())) return {};
    return static_cast<std::uint64_t>(cell - line.data()) + 1;
  }

  /// Finds out what the table is, and passes over what stands before its first row.
  Outcome<void> settle() {
    while (true) {
      // What is written by somebody at this moment gives what there is of it, and a file all that
      // is looked at.
      while (input_.window().empty() ||
             (!input_.is_live() && input_.window().size() < sample_bytes)) {
        if (input_.at_end()) break;
        VARVE_CHECK(input_.more());
      }
      std::string_view text = input_.window();
      const std::size_t mark = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
      text.remove_prefix(mark);
      if (const auto what = foreign_bytes(text)) return failed(input_.name() + ": " + *what);
      auto layout = sniff_csv(options_, text, input_.at_end());
      if (layout) return take(*std::move(layout), mark);
      const bool has_no_row = layout.error().offset == text.size();
      if (input_.at_end() || text.size() >= (has_no_row ? line_bytes_max : sample_bytes)) {
        return failed_at(1, layout.error().text);
      }
      VARVE_CHECK(input_.more());
    }
  }

  Outcome<void> take(CsvLayout layout, std::size_t mark) {
    const std::size_t begin = mark + layout.begin;
    line_ = layout.begin_line;
    auto rows = CsvRows::make(options_, std::move(layout));
    if (!rows) return failed_at(line_, rows.error().text);
    rows_.emplace(*std::move(rows));
    row_ = CsvRow(quote_limits(options_, rows_->layout()));
    input_.consume(begin);
    return {};
  }

  /// Brings the next row into row_; incomplete only at the end of the input.
  Outcome<CsvScan> scan_row() {
    const char delimiter = rows_->layout().delimiter;
    while (true) {
      if (input_.window().empty()) {
        if (input_.at_end()) return CsvScan::incomplete;
      } else {
        const CsvScan scan = row_.scan(input_.window(), input_.at_end(), delimiter);
        if (scan != CsvScan::incomplete) return scan;
        if (input_.window().size() >= line_bytes_max) return scan_over_long_row(delimiter);
      }
      if (!input_.at_end()) VARVE_CHECK(input_.more());
    }
  }

  /// A quote that never closes is the fault of its line; anything else is no csv.
  Outcome<CsvScan> scan_over_long_row(char delimiter) {
    const CsvScan scan = row_.scan(input_.window(), true, delimiter);
    if (scan == CsvScan::bad) return scan;
    return failed_at(line_, "a line of over 100 MiB");
  }

  void advance() {
    line_ += row_.line_breaks();
    input_.consume(row_.size());
  }

  Input& input_;
  const CsvOptions options_;
  CsvRow row_;
  std::optional<CsvRows> rows_;  // Once the layout is settled.
  std::uint64_t line_ = 1;
  std::uint64_t count_ = 0;
};

}  // namespace

std::unique_ptr<RecordReader> make_csv_reader(Input& input, CsvOptions options) {
  return std::make_unique<CsvReader>(input, std::move(options));
}

}  // namespace varve::tools
