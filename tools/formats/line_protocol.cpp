#include "tools/formats/line_protocol.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "tools/formats/line_protocol_text.hpp"
#include "tools/formats/record_limits.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t series_bytes_max = std::size_t{64} << 20;
constexpr std::size_t open_string_lines_max = 1'000;
constexpr std::size_t open_string_bytes_max = std::size_t{1} << 20;

/// A name or a value of a tag, without the backslashes before what would separate.
std::string unescaped(std::string_view text, std::string_view specials) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '\\' && at + 1 < text.size() && specials.contains(text[at + 1]);
    if (escape) ++at;
    out += text[at];
  }
  return out;
}

Parsed<Label> parse_tag(std::string_view tag) {
  const std::size_t equals = find_unescaped(tag, '=', 0);
  const bool is_tag =
      equals != 0 && equals + 1 < tag.size() && find_unescaped(tag, '=', equals + 1) == tag.size();
  if (!is_tag) return problem(quote(tag) + " is no tag: NAME=VALUE is, as in host=a");
  return Label(unescaped(tag.substr(0, equals), ",= "), unescaped(tag.substr(equals + 1), ",= "));
}

/// Where the string that begins at `at`, behind its opening quote, has its closing one; or npos.
std::size_t find_string_end(std::string_view text, std::size_t at) {
  for (std::size_t end = text.find('"', at); end != npos; end = text.find('"', end + 1)) {
    std::size_t backslashes = 0;
    while (end - backslashes > at && text[end - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return end;
  }
  return npos;
}

void append_string(std::string& out, std::string_view raw) {
  for (std::size_t at = 0; at < raw.size(); ++at) {
    const char next = raw[at] == '\\' && at + 1 < raw.size() ? raw[at + 1] : '\0';
    switch (next) {
      case '"': out += '"'; break;
      case '\\': out += '\\'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      default: out += raw[at]; continue;
    }
    ++at;
  }
}

std::optional<Timestamp> micros_of(std::int64_t number, TimeUnit unit) {
  Timestamp ts = 0;
  switch (unit) {
    case TimeUnit::nanoseconds: return number / 1'000 - (number % 1'000 < 0 ? 1 : 0);
    case TimeUnit::microseconds: return number;
    case TimeUnit::milliseconds:
      if (__builtin_mul_overflow(number, std::int64_t{1'000}, &ts)) return {};
      return ts;
    case TimeUnit::seconds:
      if (__builtin_mul_overflow(number, std::int64_t{1'000'000}, &ts)) return {};
      return ts;
  }
  return {};
}

}  // namespace

LineProtocolParser::LineProtocolParser(LineProtocolOptions options)
    : options_(std::move(options)),
      names_(options_.names != nullptr ? *options_.names : own_names_),
      times_(options_.time),
      unit_(options_.time.unit.value_or(options_.time.unit_if_not_given)) {}

void LineProtocolParser::take_unit(TimeUnit unit) {
  if (options_.time.unit) return;
  unit_ = unit;
  time_is_checked_ = true;
}

Parsed<void> LineProtocolParser::parse(std::string_view line, RecordList& records,
                                       std::vector<std::string>& bad_fields) {
  std::size_t at = find_unescaped(line, ' ', 0);
  const std::size_t series_size = at;
  VARVE_TRY(MetSeries* const series, find_series(line.substr(0, at)));
  while (at < line.size() && line[at] == ' ') ++at;
  VARVE_TRY(at, parse_fields(line, at, *series, bad_fields));
  Timestamp ts = options_.now;
  if (const std::string_view time = trimmed(line.substr(at)); !time.empty()) {
    const auto begin = static_cast<std::size_t>(time.data() - line.data());
    VARVE_TRY(ts, part_at(begin, parse_time(time)));
  }
  // Nothing is named or added before all of the line is known to be good.
  watch(records);
  VARVE_CHECK(check_size(*series, series_size));
  VARVE_CHECK(name_fields(*series));
  for (const LineField& field : fields_) {
    SeriesField& named = series->fields[field.index];
    records.add(named.key, ts, field.value);
    if (!named.has_labels || named.described_in == epoch_) continue;
    named.described_in = epoch_;
    records.describe_once(named.key,
                          [&named] { return labels_of_key(named.key).value_or(Labels()); });
  }
  return {};
}

/// Series that were described are known as such for one list, until that forgets them.
void LineProtocolParser::watch(const RecordList& records) {
  if (list_ == &records && forgotten_ == records.forgotten()) return;
  list_ = &records;
  forgotten_ = records.forgotten();
  ++epoch_;
}

Parsed<LineProtocolParser::MetSeries> LineProtocolParser::parse_series(std::string_view text) {
  const std::size_t end = find_unescaped(text, ',', 0);
  if (end == 0) return problem("no measurement: a line is like cpu,host=a usage=1.5", 0);
  MetSeries series;
  series.measurement = unescaped(text.substr(0, end), ", ");
  std::vector<Label> tags;
  for (std::size_t at = end; at < text.size();) {
    if (tags.size() == tags_max) return problem("over 1,000 tags", at);
    const std::size_t next = find_unescaped(text, ',', at + 1);
    VARVE_TRY(Label tag, part_at(at + 1, parse_tag(text.substr(at + 1, next - at - 1))));
    const auto is_same = [&](const Label& other) { return other.name() == tag.name(); };
    if (std::ranges::any_of(tags, is_same)) {
      return problem("two tags " + quote(tag.name()), at + 1);
    }
    tags.push_back(std::move(tag));
    at = next;
  }
  if (tags.size() == 1 && text.starts_with(own_line_series)) {
    series.own_key = own_line_key(text.substr(own_line_series.size()));
  }
  series.tags = Labels(std::move(tags));
  return series;
}

Parsed<LineProtocolParser::MetSeries*> LineProtocolParser::find_series(std::string_view text) {
  // The fields of one series count, too: also where no other comes.
  if (series_bytes_ > series_bytes_max) {
    series_.clear();
    series_bytes_ = 0;
    last_ = nullptr;
  }
  if (last_ != nullptr && text == last_text_) return last_;
  auto found = series_.find(text);
  if (found == series_.end()) {
    VARVE_TRY(MetSeries series, parse_series(text));
    series_bytes_ += 3 * text.size() + sizeof(MetSeries) + 200;
    found = series_.emplace(std::string(text), std::move(series)).first;
  }
  last_ = &found->second;
  last_text_ = found->first;
  return last_;
}

/// Into fields_. Returns where they end.
Parsed<std::size_t> LineProtocolParser::parse_fields(std::string_view line, std::size_t at,
                                                     const MetSeries& series,
                                                     std::vector<std::string>& bad_fields) {
  fields_.clear();
  texts_.clear();
  std::size_t expected = 0;  // Most lines of a series have the same fields in the same order.
  for (std::size_t count = 0; count < fields_max; ++count) {
    VARVE_TRY(at, parse_field(line, at, series, expected, bad_fields));
    if (at == line.size() || line[at] == ' ') return at;
    if (line[at] != ',') {
      return problem("text behind a closing quote: a comma or a blank comes there", at);
    }
    ++at;
  }
  return problem("over 100,000 fields", at);
}

/// Returns where it ends.
Parsed<std::size_t> LineProtocolParser::parse_field(std::string_view line, std::size_t at,
                                                    const MetSeries& series, std::size_t& expected,
                                                    std::vector<std::string>& bad_fields) {
  LineField field{{}, at, npos, 0.0};
  const std::string_view guess =
      expected < series.fields.size() ? std::string_view(series.fields[expected].text) : "";
  std::size_t end = at + guess.size();
  const bool is_guessed =
      !guess.empty() && end < line.size() && line[end] == '=' && line.substr(at).starts_with(guess);
  if (is_guessed) {
    field.index = expected;
  } else {
    for (end = at; end < line.size(); ++end) {
      const bool is_stop = line[end] == '=' || line[end] == ',' || line[end] == ' ';
      if (is_stop && (end == at || line[end - 1] != '\\')) break;
    }
    if (end >= line.size() || line[end] != '=') {
      return problem("no field: behind a blank comes NAME=VALUE, as in cpu,host=a usage=1.5", at);
    }
    if (end == at) return problem("a field without a name", at);
    const auto found = series.field_of.find(line.substr(at, end - at));
    if (found != series.field_of.end()) field.index = found->second;
  }
  field.text = line.substr(at, end - at);
  if (field.index != npos) expected = field.index + 1;
  at = end + 1;
  if (at < line.size() && line[at] == '"') {
    VARVE_TRY(const std::string_view text, parse_string(line, at, end));
    field.value = text;
  } else {
    end = std::min(line.find_first_of(", ", at), line.size());
    const std::string_view text = line.substr(at, end - at);
    VARVE_TRY(const std::optional<ValueView> value, part_at(at, parse_line_value(text)));
    if (!value) {
      bad_fields.push_back("field " + quote(field.text) + ": " + std::string(text) +
                           " is beyond what an int64 holds, 9223372036854775807");
      return end;
    }
    field.value = *value;
  }
  fields_.push_back(field);
  return end;
}

/// Of the quote at `begin`; `end` is behind the closing one. The text is in `line` or in texts_.
Parsed<std::string_view> LineProtocolParser::parse_string(std::string_view line, std::size_t begin,
                                                          std::size_t& end) {
  const std::size_t close = find_string_end(line, begin + 1);
  if (close == npos) return problem("a string that never closes", begin);
  end = close + 1;
  std::string_view text = line.substr(begin + 1, close - begin - 1);
  if (text.contains('\\')) {
    texts_.reserve(line.size());  // Room for all texts of the line, so that none moves.
    const std::size_t first = texts_.size();
    append_string(texts_, text);
    text = std::string_view(texts_).substr(first);
  }
  if (text.size() > Value::size_max) {
    return problem("a string of " + std::to_string(text.size()) + " bytes; at most " +
                       std::to_string(Value::size_max),
                   begin);
  }
  return text;
}

Parsed<Timestamp> LineProtocolParser::parse_time(std::string_view text) {
  if (options_.time.format) return times_.read(text);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    return problem(quote(text) + " is no time: an int64 holds 9223372036854775807 at most");
  }
  if (error != std::errc() || end != text.data() + text.size()) {
    return problem(quote(text) +
                   " is no time: a whole number is, as in cpu usage=1.5 1714564800000000000");
  }
  if (!time_is_checked_) {
    VARVE_CHECK(times_.read(text));
    time_is_checked_ = true;
  }
  if (const auto ts = micros_of(number, unit_)) return *ts;
  return problem(quote(text) + " is beyond the times that exist here");
}

/// Every field has a key with all tags in it, so a line may make far more of itself than it is.
Parsed<void> LineProtocolParser::check_size(const MetSeries& series,
                                            std::size_t series_size) const {
  const std::size_t labels = series.tags.size() * sizeof(Label);
  std::size_t bytes = 0;
  for (const LineField& field : fields_) {
    const SeriesField* const known = field.index == npos ? nullptr : &series.fields[field.index];
    if (known == nullptr) {
      bytes += 2 * series_size + field.text.size() + labels;
    } else {
      bytes += known->key.size();
      const bool is_described = !known->has_labels || known->described_in == epoch_;
      if (!is_described) bytes += known->key.size() + labels;
    }
  }
  if (bytes <= line_series_bytes_max) return {};
  return problem("keys and labels of over " + format_bytes(line_series_bytes_max) +
                 " in one line: give fewer fields in a line");
}

/// Looks at all fields that were not there yet before it names the first of them: a name is given
/// for good.
Parsed<void> LineProtocolParser::name_fields(MetSeries& series) {
  std::vector<SeriesField> made;
  for (const LineField& field : fields_) {
    if (field.index != npos) continue;
    VARVE_TRY(SeriesField one, part_at(field.begin, make_field(series, field.text)));
    made.push_back(std::move(one));
  }
  auto next = made.begin();
  for (LineField& field : fields_) {
    if (field.index == npos) field.index = add_field(series, std::move(*next++));
  }
  return {};
}

Parsed<LineProtocolParser::SeriesField> LineProtocolParser::make_field(
    const MetSeries& series, std::string_view text) const {
  SeriesField field;
  field.text = text;
  if (series.own_key && text == own_line_field) {
    field.key = options_.prefix + *series.own_key;
    field.has_labels = false;
    VARVE_CHECK(check_key(field.key));
    return field;
  }
  VARVE_TRY(const Labels labels, names_.labels_without_naming(options_.prefix + series.measurement,
                                                              unescaped(text, ",= "), series.tags));
  VARVE_TRY(field.key, series_key(labels));
  return field;
}

std::size_t LineProtocolParser::add_field(MetSeries& series, SeriesField field) {
  // A line may have a field twice.
  if (const auto found = series.field_of.find(field.text); found != series.field_of.end()) {
    return found->second;
  }
  if (field.has_labels) {
    names_.give_name(options_.prefix + series.measurement, unescaped(field.text, ",= "));
  }
  series_bytes_ += 2 * field.text.size() + field.key.size() + sizeof(SeriesField) + 100;
  const std::size_t index = series.fields.size();
  series.field_of.emplace(field.text, index);
  series.fields.push_back(std::move(field));
  return index;
}

std::size_t find_line_protocol_end(std::string_view text, bool last) {
  const std::size_t line_break = text.find('\n');
  if (line_break == npos) return last ? text.size() : npos;
  const std::string_view line = text.substr(0, line_break);
  if (!line.contains('"')) return line_break;
  std::size_t at = line.find_first_not_of(" \t");
  if (line[at] == '#') return line_break;
  if (line.substr(at).starts_with("> ")) at += 2;  // As some programs print lines.
  at = find_unescaped(line, ' ', at);
  // Line breaks end a line everywhere but in a string, which begins behind an equal sign.
  const std::string_view reach = text.substr(0, line_break + open_string_bytes_max);
  std::size_t end = line_break;
  std::size_t lines = 0;  // That strings made the line go on, as far as `counted`.
  std::size_t counted = line_break;
  while (true) {
    const std::string_view rest = text.substr(0, end);
    const std::size_t equals = find_unescaped(rest, '=', at);
    if (equals == rest.size()) break;
    at = equals + 1;
    if (at == rest.size() || rest[at] != '"') continue;
    const std::size_t close = find_string_end(reach, at + 1);
    if (const std::size_t until = std::min(close, reach.size()); until > counted) {
      const std::string_view more = reach.substr(counted, until - counted);
      lines += static_cast<std::size_t>(std::ranges::count(more, '\n'));
      counted = until;
      if (lines > open_string_lines_max) return line_break;
    }
    if (close == npos) {
      const bool is_too_long = reach.size() == line_break + open_string_bytes_max;
      return last || is_too_long ? line_break : npos;
    }
    at = close + 1;
    if (at > end) end = std::min(text.find('\n', at), text.size());
  }
  return end < text.size() || last ? end : npos;
}

}  // namespace varve::tools
