#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/csv_row.hpp"
#include "tools/formats/parsed.hpp"
#include "tools/formats/readers/labelled_series.hpp"
#include "tools/formats/readers/time_forms.hpp"
#include "tools/formats/record_list.hpp"
#include "tools/formats/series_name.hpp"

namespace varve::tools {

// The annotated csv that InfluxDB answers Flux with: tables one after another, each with rows that
// say what its columns are, and a header.
//
//     #group,false,false,true,true,false,false,true,true,true
//     #datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string
//     #default,mean,,,,,,,,
//     ,result,table,_start,_stop,_time,_value,_field,_measurement,host
//     ,,0,2022-12-31T05:41:24Z,2023-01-31T05:41:24Z,2023-01-01T00:52:00Z,15.43,used,mem,A
//
// _measurement, _field and the columns of texts without an underscore in front, which are tags,
// name the series as in line protocol: {__name__="mem_used", host="A"}. A table without _value has
// a field in each of its other columns, as pivot() leaves them: numbers and bools, and texts that
// #group says are not of its group. An empty cell is what #default says, else no record. Longs are
// int64s, unsigned longs too where one holds them; times and durations are texts as they stand.

struct AnnotatedCsvOptions {
  TimeForm time = times_in(TimeUnit::nanoseconds);
  std::string prefix;                 ///< Before every measurement.
  MeasurementNames* names = nullptr;  ///< Outlives the reader. Null: it has its own.
};

/// Reads the rows of one input. For one thread.
class AnnotatedCsvReader {
 public:
  /// The most columns of a table.
  static constexpr std::size_t columns_max = 1'000;

  explicit AnnotatedCsvReader(AnnotatedCsvOptions options);
  AnnotatedCsvReader(const AnnotatedCsvReader&) = delete;
  AnnotatedCsvReader& operator=(const AnnotatedCsvReader&) = delete;

  /// Adds the records of one row; annotations and headers add none. A problem says where it is.
  Parsed<void> read(std::string_view row, RecordList& records);

  /// As TimeReader::is_refused().
  bool is_time_unfit() const { return times_.is_refused(); }

 private:
  enum class Type : std::uint8_t {
    unknown,  ///< Without #datatype: by the look.
    text,
    double_,
    int64,
    unsigned_long,
    boolean,
    base64,
    other,  ///< A time or a duration.
  };
  enum class Role : std::uint8_t { passed_over, measurement, field_name, time, tag, value };
  struct Column {
    std::string name;
    std::string if_empty;  // What #default says.
    Type type = Type::unknown;
    Role role = Role::passed_over;
    LabelledSeries series;  // Of a value, in the group. Without a key: not made yet.
    bool is_named = false;  // Measurement and field have their name.
  };
  /// What all values of a row have in common: of most rows the same as of the row before.
  struct Group {
    std::string text;  // The cells that it is made of.
    std::string measurement;
    std::string field;
    std::vector<Label> tags;
    std::size_t bytes = 0;  // Of the series that were made of it.
  };
  using Fields = std::vector<CsvRow::Field>;

  Parsed<void> read_annotation(const Fields& fields);
  Parsed<void> read_header(const Fields& fields);
  Parsed<void> read_record(std::string_view row, const Fields& fields, RecordList& records);
  static Parsed<Type> parse_type(std::string_view text);
  Role role_of(std::size_t index, const Column& column, bool pivoted) const;
  bool is_header_again(const Fields& fields) const;
  bool is_group_key(std::size_t index) const;
  std::string_view cell(const Fields& fields, std::size_t index) const;
  void find_group(const Fields& fields);
  MeasurementNames::Pair pair_of(const Column& column) const;
  Parsed<void> make_series(Column& column);
  Parsed<ValueView> value_of(std::string_view text, Type type);

  const AnnotatedCsvOptions options_;
  MeasurementNames own_names_;
  MeasurementNames& names_;
  TimeReader times_;
  CsvRow row_;
  // Of the table: what its annotations said, and its columns from the header on.
  std::vector<bool> groups_;
  std::vector<Type> types_;
  std::vector<std::string> defaults_;
  std::vector<Column> columns_;
  std::optional<std::size_t> time_;  // The column.
  Group group_;
  bool awaits_header_ = true;
  bool is_error_ = false;  // The table says that a query failed.
  std::string bytes_;      // Of a value in base64.
};

/// Where the row at the front of `text` ends; a quoted cell may hold line breaks. A quote that does
/// not close within 1,000 lines and a MiB is cut at its first line break, so that it costs one
/// line. As find_line_break().
std::size_t find_annotated_csv_end(std::string_view text, bool last);

}  // namespace varve::tools
