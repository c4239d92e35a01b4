#include "tools/varve/import/csv_reader.hpp"

#include <limits>
#include <utility>

#include "tools/formats/record_limits.hpp"
#include "varve/time.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

class CsvReader final : public RecordReader {
 public:
  CsvReader(Input& input, CsvOptions options) : input_(input), options_(std::move(options)) {}

  Outcome<std::optional<ReadLine>> next(RecordList& records) override {
    while (true) {
      const std::uint64_t number = line_;
      VARVE_TRY(const CsvScan scan, scan_row());
      if (scan == CsvScan::incomplete) return std::nullopt;
      if (scan == CsvScan::bad) {
        ++rows_;
        advance();
        return ReadLine{number, row_.problem()};
      }
      if (row_.blank()) {
        advance();
        continue;
      }
      if (!layout_) {
        auto layout = csv_layout(options_, row_.fields());
        if (!layout) {
          return failed(input_.name() + ':' + std::to_string(number) + ": " + layout.error().text);
        }
        layout_ = *std::move(layout);
        if (layout_->header) {
          advance();
          continue;
        }
      }
      const std::size_t before = records.size();
      ReadLine line{number, {}};
      if (auto added = add_row(records); !added) {
        records.shrink(before);
        line.problem = std::move(added).error().text;
      }
      ++rows_;
      advance();
      return line;
    }
  }

 private:
  /// Brings the next row into row_; incomplete only at the end of the input.
  Outcome<CsvScan> scan_row() {
    while (true) {
      if (input_.window().empty()) {
        if (input_.at_end()) return CsvScan::incomplete;
      } else if (!skip_byte_order_mark()) {
        const CsvScan scan = row_.scan(input_.window(), input_.at_end(), options_.delimiter);
        if (scan != CsvScan::incomplete) return scan;
        if (input_.window().size() >= line_bytes_max) return scan_over_long_row();
      }
      if (!input_.at_end()) VARVE_CHECK(input_.more());
    }
  }

  /// A quote that never closes is the fault of its line; anything else is no csv.
  Outcome<CsvScan> scan_over_long_row() {
    const CsvScan scan = row_.scan(input_.window(), true, options_.delimiter);
    if (scan == CsvScan::bad) return scan;
    return failed(input_.name() + ':' + std::to_string(line_) + ": a line of over 100 MiB");
  }

  /// True if that needs more bytes, or has consumed some.
  bool skip_byte_order_mark() {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (input_.consumed() != 0 || line_ != 1) return false;
    if (input_.window().starts_with(mark)) {
      input_.consume(mark.size());
      return true;
    }
    return mark.starts_with(input_.window()) && !input_.at_end();
  }

  void advance() {
    line_ += row_.line_breaks();
    input_.consume(row_.size());
  }

  Parsed<void> add_row(RecordList& records) {
    const auto& fields = row_.fields();
    if (fields.size() != layout_->columns) {
      return problem(std::to_string(fields.size()) + " columns instead of " +
                     std::to_string(layout_->columns));
    }
    Timestamp ts = saturating_add(options_.start.value_or(0), step_offset());
    if (layout_->time) {
      VARVE_TRY(ts, parse_time(trimmed(fields[*layout_->time].text), options_.time_unit));
    }
    key_ = options_.prefix;
    if (!layout_->series.empty()) return add_series(records, ts);

    key_ += layout_->key ? fields[*layout_->key].text : std::string_view(*options_.key);
    ColumnType type = options_.type.value_or(ColumnType::double_);
    if (layout_->type) {
      VARVE_TRY(type, parse_column_type(trimmed(fields[*layout_->type].text)));
    }
    VARVE_TRY(const ValueView value, parse_value(fields[*layout_->value].text, type));
    return add_checked(records, key_, ts, value);
  }

  /// A cell without anything, not even quotes, is no record.
  Parsed<void> add_series(RecordList& records, Timestamp ts) {
    const ColumnType type = options_.type.value_or(ColumnType::double_);
    for (const CsvLayout::Series& series : layout_->series) {
      const CsvRow::Field& field = row_.fields()[series.column];
      if (field.text.empty() && !field.in_quotes) continue;
      const auto value = parse_value(field.text, type);
      if (!value) return problem("column " + quote(series.name) + ": " + value.error().text);
      key_.resize(options_.prefix.size());
      key_ += series.name;
      if (auto added = add_checked(records, key_, ts, *value); !added) return added;
    }
    return {};
  }

  std::int64_t step_offset() const {
    std::int64_t offset = 0;
    if (__builtin_mul_overflow(static_cast<std::int64_t>(rows_), options_.step.count(), &offset)) {
      return std::numeric_limits<std::int64_t>::max();
    }
    return offset;
  }

  Input& input_;
  const CsvOptions options_;
  CsvRow row_;
  std::optional<CsvLayout> layout_;
  std::uint64_t line_ = 1;
  std::uint64_t rows_ = 0;
  std::string key_;
};

}  // namespace

std::unique_ptr<RecordReader> make_csv_reader(Input& input, CsvOptions options) {
  return std::make_unique<CsvReader>(input, std::move(options));
}

}  // namespace varve::tools
