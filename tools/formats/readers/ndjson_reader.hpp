#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "tools/formats/readers/json_map.hpp"
#include "tools/formats/readers/json_text.hpp"
#include "tools/formats/readers/time_forms.hpp"
#include "tools/formats/record_list.hpp"

namespace varve::tools {

// Lines of JSON, in one of three forms:
//
// - what tools/formats/ndjson.hpp writes: key, time, value, and labels;
// - what VictoriaMetrics exports, told by its members: {"metric":{"__name__":"up","job":"gw"},
//   "values":[1,0],"timestamps":[1549891472010,1549891487724]}. The labels name the series; times
//   are milliseconds; values are doubles, as there, and only whole numbers beyond 2^53 are int64s;
//   a null is no record;
// - any other, where a JsonMap says what its members are.

struct NdjsonOptions {
  TimeForm time = times_in(TimeUnit::microseconds);
  std::string prefix;          ///< Before every key; before the name where labels make it.
  std::optional<JsonMap> map;  ///< Of lines of another form.
};

/// Reads the lines of one input. For one thread.
class NdjsonReader {
 public:
  explicit NdjsonReader(NdjsonOptions options);

  /// Adds the records of one line, or the labels. Members it does not know are passed over; of two
  /// of one name the last counts. A problem says where it is if the line is no JSON.
  Parsed<void> read(std::string_view line, RecordList& records);

  /// What is wrong with each value that the map left out of the last line, which else is in.
  std::vector<std::string> take_bad_values() { return std::exchange(bad_values_, {}); }

  /// As TimeReader::is_refused().
  bool is_time_unfit() const { return times_.is_refused() || metric_times_.is_refused(); }

 private:
  /// Members of a line; 0: it has none of the name.
  struct Members {
    std::uint32_t key = 0, time = 0, value = 0, expires_at = 0;
    std::uint32_t labels = 0, labels_base64 = 0, leave_with_records = 0;
    std::uint32_t metric = 0, values = 0, timestamps = 0;
  };
  /// A scalar, or an object that stands for one. Of null, of an empty object and of no member
  /// nothing.
  struct Scalar {
    enum class Kind : std::uint8_t { nothing, whole, number, boolean, text, base64, special };

    Kind kind = Kind::nothing;
    std::uint32_t item = 0;  // Of an object the text in it.
  };

  Members find_members() const;
  Parsed<Scalar> scalar(std::uint32_t index) const;
  Parsed<std::string_view> bytes_of(const Scalar& from, const char* name, std::string& buffer);
  Parsed<Timestamp> time_of(std::uint32_t index, const char* name, TimeReader& times);
  Parsed<ValueView> value_of(std::uint32_t index);
  Parsed<std::string_view> key_of(std::uint32_t index);
  Parsed<std::string> label_value(const std::string& name, std::uint32_t index);
  Parsed<void> add_labels(std::uint32_t object, bool base64, std::vector<Label>& labels);
  Parsed<Labels> labels_of(const Members& members);
  Parsed<void> read_record(const Members& members, RecordList& records);
  Parsed<void> read_metric(const Members& members, RecordList& records);

  const NdjsonOptions options_;
  TimeReader times_;
  TimeReader expiries_;      // Lie where they like: no guard.
  TimeReader metric_times_;  // Of VictoriaMetrics.
  JsonText json_;
  std::string key_;  // Buffers, where a text cannot stay where it is.
  std::string time_;
  std::string value_;
  std::vector<std::string> bad_values_;
};

/// One line by itself.
Parsed<void> parse_ndjson(std::string_view line, const NdjsonOptions& options, RecordList& records);

}  // namespace varve::tools
