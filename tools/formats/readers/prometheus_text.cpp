#include "tools/formats/readers/prometheus_text.hpp"

#include <utility>

#include "tools/formats/record_limits.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// What the texts and labels of known series may take.
constexpr std::size_t known_bytes_max = std::size_t{16} << 20;

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}
bool goes_on_in_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

/// Takes a line from its front.
class LineCursor {
 public:
  explicit LineCursor(std::string_view line) : line_(line) {}

  std::size_t at() const { return at_; }
  bool at_end() const { return at_ == line_.size(); }
  bool stands(char c) const { return at_ < line_.size() && line_[at_] == c; }
  bool take(char c) {
    if (!stands(c)) return false;
    ++at_;
    return true;
  }
  bool skip_blanks() {
    const std::size_t begin = at_;
    while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
    return at_ != begin;
  }
  /// A name without quotes; empty where there is none.
  std::string_view take_name() {
    const std::size_t begin = at_;
    if (at_ < line_.size() && begins_name(line_[at_])) {
      while (at_ < line_.size() && goes_on_in_name(line_[at_])) ++at_;
    }
    return line_.substr(begin, at_ - begin);
  }
  /// Up to the next blank.
  std::string_view take_word() {
    const std::size_t begin = at_;
    while (at_ < line_.size() && !is_blank(line_[at_])) ++at_;
    return line_.substr(begin, at_ - begin);
  }
  /// A text in quotes, which stand here; \\, \" and \n are escapes, any other backslash is itself.
  Parsed<std::string> take_quoted() {
    const std::size_t begin = at_++;
    std::string out;
    while (at_ < line_.size() && line_[at_] != '"') {
      const char next = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
      if (line_[at_] == '\\' && (next == '\\' || next == '"' || next == 'n')) {
        out += next == 'n' ? '\n' : next;
        at_ += 2;
      } else {
        out += line_[at_++];
      }
    }
    if (!take('"')) return problem("a quote that never closes", begin);
    return out;
  }
  /// Behind the brace that closes the labels, wherever it is: one in quotes is none.
  bool skip_labels() {
    bool in_quotes = false;
    for (; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (c == '"') in_quotes = !in_quotes;
      if (c == '\\' && in_quotes && at_ + 1 < line_.size()) ++at_;
      if (c == '}' && !in_quotes) {
        ++at_;
        return true;
      }
    }
    return false;
  }

 private:
  std::string_view line_;
  std::size_t at_ = 0;
};

/// One label in the braces, or the name of the series in quotes.
Parsed<Label> take_label(LineCursor& cursor) {
  const std::size_t begin = cursor.at();
  const bool in_quotes = cursor.stands('"');
  std::string name;
  if (in_quotes) {
    VARVE_TRY(name, cursor.take_quoted());
  } else {
    name = cursor.take_name();
  }
  if (name.empty()) return problem("no label; give name=\"value\"", begin);
  cursor.skip_blanks();
  if (!cursor.take('=')) {
    if (in_quotes) return Label("__name__", std::move(name));
    return problem("no = behind the label " + quote(name) + "; give name=\"value\"", cursor.at());
  }
  cursor.skip_blanks();
  if (!cursor.stands('"')) {
    return problem("the value of the label " + quote(name) + " stands in no quotes", cursor.at());
  }
  VARVE_TRY(std::string value, cursor.take_quoted());
  return Label(std::move(name), std::move(value));
}

/// Of `name{a="b",...}`, either part of which may be missing.
Parsed<std::vector<Label>> labels_of(std::string_view series) {
  LineCursor cursor(series);
  std::vector<Label> labels;
  if (const std::string_view name = cursor.take_name(); !name.empty()) {
    labels.emplace_back("__name__", std::string(name));
  }
  cursor.skip_blanks();
  if (!cursor.take('{')) return labels;
  while (true) {
    cursor.skip_blanks();
    if (cursor.take('}')) break;
    VARVE_TRY(Label label, take_label(cursor));
    labels.push_back(std::move(label));
    cursor.skip_blanks();
    if (!cursor.take(',') && !cursor.stands('}')) {
      return problem("neither a comma nor } behind a label", cursor.at());
    }
  }
  return labels;
}

}  // namespace

PrometheusReader::PrometheusReader(PrometheusOptions options) : options_(std::move(options)) {}

Parsed<void> PrometheusReader::read(std::string_view line, RecordList& records) {
  if (line.starts_with('#')) {
    read_comment(line);
    return {};
  }
  LineCursor cursor(line);
  const bool has_name = !cursor.take_name().empty();
  std::size_t end = cursor.at();
  const bool blanks = cursor.skip_blanks();
  if (cursor.stands('{')) {
    if (!cursor.skip_labels()) return problem("no } behind the labels", cursor.at());
    end = cursor.at();
    cursor.skip_blanks();
  } else if (!has_name || !blanks) {
    return problem("no sample; give name{label=\"value\"} 1.5, and a time where it has one",
                   cursor.at());
  }
  const std::size_t value_at = cursor.at();
  const std::string_view word = cursor.take_word();
  if (word.empty()) return problem("no value behind the series", value_at);
  VARVE_TRY(const double value, part_at(value_at, parse_double(word)));
  cursor.skip_blanks();
  Timestamp ts = options_.now;
  if (!cursor.at_end() && !cursor.stands('#')) {
    const std::size_t time_at = cursor.at();
    VARVE_TRY(ts, part_at(time_at, time_of(cursor.take_word())));
    cursor.skip_blanks();
  }
  if (!cursor.at_end() && !cursor.stands('#')) {
    return problem("more behind the time, which is no exemplar", cursor.at());
  }
  VARVE_TRY(const LabelledSeries* const series, series_of(line.substr(0, end)));
  VARVE_CHECK(add_checked(records, series->key, ts, value));
  records.describe_once(series->key, [series] { return series->labels; });
  return {};
}

std::vector<std::string> PrometheusReader::decisions() const {
  if (!times_ || options_.time.unit) return {};
  return {open_metrics_ ? "times in seconds, as in OpenMetrics"
                        : "times in milliseconds, as in the text format of Prometheus"};
}

/// "# UNIT name unit" and "# TYPE name info" are of OpenMetrics alone.
void PrometheusReader::read_comment(std::string_view line) {
  LineCursor cursor(line.substr(1));
  cursor.skip_blanks();
  const std::string_view what = cursor.take_word();
  if (what == "UNIT") open_metrics_ = true;
  if (what != "TYPE") return;
  cursor.skip_blanks();
  cursor.take_word();
  cursor.skip_blanks();
  const std::string_view type = cursor.take_word();
  if (type == "unknown" || type == "info" || type == "stateset" || type == "gaugehistogram") {
    open_metrics_ = true;
  }
}

Parsed<Timestamp> PrometheusReader::time_of(std::string_view text) {
  if (!times_) {
    open_metrics_ = open_metrics_ || text.find_first_of(".eE") != std::string_view::npos;
    const TimeUnit usual = open_metrics_ ? TimeUnit::seconds : TimeUnit::milliseconds;
    times_.emplace(usually_in(usual, options_.time));
  }
  return times_->read(text);
}

/// Valid until the next call.
Parsed<const LabelledSeries*> PrometheusReader::series_of(std::string_view text) {
  if (const auto known = known_.find(text); known != known_.end()) return &known->second;
  VARVE_TRY(std::vector<Label> labels, labels_of(text));
  VARVE_TRY(LabelledSeries series, labelled_series(std::move(labels), options_.prefix));
  if (known_bytes_ >= known_bytes_max) {
    known_.clear();
    known_bytes_ = 0;
  }
  known_bytes_ += text.size() + bytes_of(series);
  return &known_.emplace(text, std::move(series)).first->second;
}

}  // namespace varve::tools
