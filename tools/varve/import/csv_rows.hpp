#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/formats/csv_row.hpp"
#include "tools/formats/parsed.hpp"
#include "tools/formats/record_list.hpp"
#include "tools/formats/tables/csv_layout.hpp"
#include "tools/formats/time_reader.hpp"
#include "tools/varve/import/mixed_rows.hpp"

namespace varve::tools {

/// Makes records of the rows of one table, by a layout that is settled. For one thread.
class CsvRows {
 public:
  /// Fails where the layout's form of times is none.
  static Parsed<CsvRows> make(const CsvOptions& options, CsvLayout layout);

  /// Adds the records of a row, before which `rows_before` others were. False where it holds none:
  /// an empty cell is no record, and a row without any value needs no time. Each cell that cannot
  /// be read goes to `bad_cells`, and the others of its row are taken. Fails where the whole row
  /// is bad; `records` may hold some of it then.
  Parsed<bool> add(const CsvRow& row, std::uint64_t rows_before, RecordList& records,
                   std::vector<std::string>& bad_cells);

  /// Of the row that add() refused last: the column at fault, where it is one.
  std::optional<std::size_t> fault() const { return fault_; }
  /// Whether the table is not what it was taken for, which no row that is left out mends: a time
  /// was refused for its unit, or rows are of several series.
  bool is_refused() const { return is_refused_ || times_.is_refused(); }

  const CsvLayout& layout() const { return layout_; }

 private:
  using Fields = std::vector<CsvRow::Field>;

  CsvRows(const CsvOptions& options, CsvLayout layout, TimeForm times);

  Parsed<bool> add_one(const Fields& fields, std::uint64_t rows_before, RecordList& records);
  Parsed<bool> add_labels(const Fields& fields, RecordList& records);
  Parsed<bool> add_wide(const Fields& fields, std::uint64_t rows_before, RecordList& records,
                        std::vector<std::string>& bad_cells);
  Parsed<void> add_cell(const Fields& fields, std::size_t series, Timestamp ts,
                        RecordList& records);
  Parsed<void> check_width(const Fields& fields) const;
  bool holds_nothing(const Fields& fields) const;
  Parsed<void> promote(const Fields& fields);
  Parsed<void> check_is_of_one_series(const Fields& fields, Timestamp ts);
  Parsed<void> check_key_is_whole(const Fields& fields);

  Parsed<Timestamp> time_of(const Fields& fields, std::uint64_t rows_before);
  Parsed<bool> read_value(const CsvRow::Field& field, ColumnType type);
  Parsed<bool> read_other_value(const CsvRow::Field& field, ColumnType type);
  Parsed<void> make_key(const Fields& fields, std::string_view name, RecordList& records);
  Labels labels_of(const Fields& fields, std::string_view name) const;
  bool is_null(std::string_view text, ColumnType type) const;
  ColumnType type_of(const CsvRow::Field& cell) const;

  CsvLayout layout_;
  std::string prefix_;
  std::vector<std::string> nulls_;
  bool nulls_first_ = false;  // One of them is a number.
  ColumnType type_;
  bool quotes_are_bytes_ = false;  // Of a wide export, in which each cell says its type.
  Timestamp start_;
  Duration step_;
  TimeReader times_;
  MixedRows mixed_;
  bool is_refused_ = false;

  // Of the row at hand; kept for their memory.
  ValueView value_;
  std::optional<std::size_t> fault_;
  std::string key_;
  std::string number_;
  std::string time_;

  std::vector<std::string> keys_;  // Of the series, where no template makes them.
  /// Of label values and names, where labels alone name a series.
  std::unordered_map<std::string, std::string> keys_of_labels_;
};

}  // namespace varve::tools
