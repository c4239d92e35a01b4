#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "tools/formats/record_list.hpp"
#include "tools/formats/series_name.hpp"
#include "tools/formats/time_reader.hpp"
#include "tools/formats/time_text.hpp"

namespace varve::tools {

// Influx line protocol: "cpu,host=a usage_idle=98.5,usage_user=1.2 1386018900000000000".
//
// Every field is a record. Measurement, field and tags make the labels of its series, and these its
// key, as docs/series.md says: {__name__="cpu_usage_idle", host="a"} and "cpu_usage_idle,host=a".
// Times are nanoseconds unless told, cut to microseconds. Floats are doubles, 12i and 12u int64,
// booleans bools, "strings" bytes. docs/line_protocol.md lists what is taken beyond the format.
//
// Keys that no labels made are written as "varve,key=<the key> value=..." and read back from it.

/// How times of line protocol are meant unless somebody says it: nanoseconds since 1970.
inline TimeForm line_protocol_times() {
  TimeForm form;
  form.unit_if_not_given = TimeUnit::nanoseconds;
  return form;
}

struct LineProtocolOptions {
  TimeForm time = line_protocol_times();
  Timestamp now = 0;                  ///< For lines without a time.
  std::string prefix;                 ///< Before every measurement, and before keys as such.
  MeasurementNames* names = nullptr;  ///< Outlives the parser. Null: the parser has its own.
};

/// Reads lines of one input. It remembers the series that it met, up to some 64 MiB of them, since
/// most lines are of one that was there before. For one thread.
class LineProtocolParser {
 public:
  /// The most fields of a line, and the most tags.
  static constexpr std::size_t fields_max = 100'000;
  static constexpr std::size_t tags_max = 1'000;

  explicit LineProtocolParser(LineProtocolOptions options);
  LineProtocolParser(const LineProtocolParser&) = delete;
  LineProtocolParser& operator=(const LineProtocolParser&) = delete;

  /// Adds the records of one line, and the labels of series that the list meets for the first time.
  /// A field that is valid and that no int64 holds is left out, and named in `bad_fields`. Problems
  /// say where in the line it is; nothing of it was added then, and `bad_fields` does not count.
  Parsed<void> parse(std::string_view line, RecordList& records,
                     std::vector<std::string>& bad_fields);

  /// What a comment of the input says of its times, unless somebody gave a unit: then the first one
  /// is not doubted.
  void take_unit(TimeUnit unit);

  /// Whether the last problem was that the first time fits no unit: then no line is worth reading.
  bool is_time_unfit() const { return times_.is_refused(); }

 private:
  /// A field of a series that was met: what it is called in the text, and its key.
  struct SeriesField {
    std::string text;
    std::string key;
    bool has_labels = true;
    std::uint64_t described_in = 0;  // The epoch in which its labels went into the list.
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  template <class T>
  using ByText = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
  /// Measurement and tags that were met, by their text.
  struct MetSeries {
    std::string measurement;
    Labels tags;
    std::optional<std::string> own_key;  // Of "varve,key=...", for the field `value`.
    std::vector<SeriesField> fields;
    ByText<std::size_t> field_of;  // Index, by text.
  };
  /// A field of the line.
  struct LineField {
    std::string_view text;
    std::size_t begin;  // Of its text.
    std::size_t index;  // In the fields of its series; npos if it is not there yet.
    ValueView value;
  };

  static Parsed<MetSeries> parse_series(std::string_view text);
  Parsed<MetSeries*> find_series(std::string_view text);
  Parsed<std::size_t> parse_fields(std::string_view line, std::size_t at, const MetSeries& series,
                                   std::vector<std::string>& bad_fields);
  Parsed<std::size_t> parse_field(std::string_view line, std::size_t at, const MetSeries& series,
                                  std::size_t& expected, std::vector<std::string>& bad_fields);
  Parsed<std::string_view> parse_string(std::string_view line, std::size_t begin, std::size_t& end);
  Parsed<Timestamp> parse_time(std::string_view text);
  Parsed<void> check_size(const MetSeries& series, std::size_t series_size) const;
  Parsed<void> name_fields(MetSeries& series);
  Parsed<SeriesField> make_field(const MetSeries& series, std::string_view text) const;
  std::size_t add_field(MetSeries& series, SeriesField field);
  void watch(const RecordList& records);

  const LineProtocolOptions options_;
  MeasurementNames own_names_;
  MeasurementNames& names_;
  TimeReader times_;
  TimeUnit unit_;
  bool time_is_checked_ = false;
  ByText<MetSeries> series_;
  std::size_t series_bytes_ = 0;  // About as much as they take.
  MetSeries* last_ = nullptr;     // Of the line before.
  std::string_view last_text_;
  const RecordList* list_ = nullptr;  // The one of the line before, and how often it had forgotten.
  std::uint64_t forgotten_ = 0;
  std::uint64_t epoch_ = 0;        // Counts up where the list forgets what was described to it.
  std::vector<LineField> fields_;  // Of this line.
  std::string texts_;              // Of its strings that have escapes.
};

/// The end of the first line: strings may hold line breaks. A string that does not close within
/// 1,000 lines and a MiB is cut at its first line break, so that it costs one line, and what comes
/// behind it in a pipe waits no longer. As find_line_break().
std::size_t find_line_protocol_end(std::string_view text, bool last);

}  // namespace varve::tools
