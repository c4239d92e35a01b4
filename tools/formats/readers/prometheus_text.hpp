#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "tools/formats/readers/labelled_series.hpp"
#include "tools/formats/readers/time_forms.hpp"
#include "tools/formats/record_list.hpp"

namespace varve::tools {

// The text format of Prometheus, and OpenMetrics:
//
//     http_requests_total{method="post",code="200"} 1027 1395066363000
//
// Every sample is a record with a double, of the series that its name (__name__) and labels name.
// Lines of histograms and summaries are samples as they stand. What # begins is passed over, # EOF
// and exemplars behind a sample too. A name may be in quotes in the braces: {"my.name",a="b"} 1.
//
// Times are milliseconds in the text format and seconds in OpenMetrics. Which of them it is, the
// lines in front of the first time say (# UNIT, a type that only OpenMetrics has), or the time
// itself: with a point or an exponent it is seconds. A given unit outweighs both.

struct PrometheusOptions {
  TimeForm time = times_in(TimeUnit::milliseconds);  ///< Without a unit: as the lines say.
  Timestamp now = 0;                                 ///< For samples without a time.
  std::string prefix;                                ///< Before every name.
};

/// Reads the lines of one input. For one thread.
class PrometheusReader {
 public:
  explicit PrometheusReader(PrometheusOptions options);

  /// Adds the sample of one line, and the labels of a series that is met for the first time. A line
  /// that is none adds nothing. A problem says where it is.
  Parsed<void> read(std::string_view line, RecordList& records);

  /// As TimeReader::is_refused().
  bool is_time_unfit() const { return times_ && times_->is_refused(); }
  /// What was decided of the times, once one was read: "times in seconds, as in OpenMetrics".
  std::vector<std::string> decisions() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  void read_comment(std::string_view line);
  Parsed<Timestamp> time_of(std::string_view text);
  Parsed<const LabelledSeries*> series_of(std::string_view text);

  const PrometheusOptions options_;
  bool open_metrics_ = false;
  std::optional<TimeReader> times_;  // From the first time on.
  /// The series that were met, by their texts, so that a text is taken apart once. Bounded in
  /// bytes; beyond that it begins anew.
  std::unordered_map<std::string, LabelledSeries, Hash, std::equal_to<>> known_;
  std::size_t known_bytes_ = 0;
};

}  // namespace varve::tools
