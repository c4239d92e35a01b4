#include "tools/formats/line_protocol.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "tools/formats/line_break.hpp"
#include "tools/formats/record_limits.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view own_series = "varve,key=";  // Of keys that have no form of their own.
constexpr std::string_view own_field = "value";

/// The first of `stops` from `at` on that has no backslash before it; the size if there is none.
/// A backslash takes the character after it along, whatever it is but a line break.
std::size_t find_unescaped(std::string_view text, std::string_view stops, std::size_t at = 0) {
  while (at < text.size() && !stops.contains(text[at])) {
    at += text[at] == '\\' && at + 1 < text.size() && text[at + 1] != '\n' ? 2 : 1;
  }
  return at;
}

/// "name=value", both with something in them.
Parsed<std::string_view> tag_name(std::string_view tag) {
  const std::size_t equals = find_unescaped(tag, "=");
  if (equals == 0 || equals + 1 >= tag.size()) return problem(quote(tag) + " is no tag");
  if (find_unescaped(tag, "=", equals + 1) != tag.size()) return problem(quote(tag) + " is no tag");
  return tag.substr(0, equals);
}

/// The measurement with its tags in the order of their names.
Parsed<std::string> canonical_series(std::string_view series) {
  const std::size_t end = find_unescaped(series, ",");
  if (end == 0) return problem("no measurement", 0);
  std::vector<std::pair<std::string_view, std::string_view>> tags;  // Name, and the whole tag.
  for (std::size_t at = end; at < series.size();) {
    const std::size_t next = find_unescaped(series, ",", at + 1);
    const std::string_view tag = series.substr(at + 1, next - at - 1);
    VARVE_TRY(const std::string_view name, part_at(at + 1, tag_name(tag)));
    tags.emplace_back(name, tag);
    at = next;
  }
  std::ranges::sort(tags);
  for (std::size_t i = 1; i < tags.size(); ++i) {
    if (tags[i].first != tags[i - 1].first) continue;
    const auto begin = static_cast<std::size_t>(tags[i].first.data() - series.data());
    return problem("two tags " + quote(tags[i].first), begin);
  }
  std::string out(series.substr(0, end));
  for (const auto& [name, tag] : tags) (out += ',') += tag;
  return out;
}

/// A field's name as the end of a key. `\/` stands for a slash, so it cannot stand for itself.
Parsed<std::string> field_in_key(std::string_view field) {
  std::string out;
  for (std::size_t at = 0; at < field.size(); ++at) {
    if (field[at] == '\\' && at + 1 < field.size()) {
      if (field[at + 1] == '/') return problem("a field's name with a backslash before a slash");
      out += field[at++];
    } else if (field[at] == '/') {
      out += '\\';
    }
    out += field[at];
  }
  return out;
}

void append_own_key(std::string& out, std::string_view key) {
  for (const char c : key) {
    if (c == '\\' || c == ',' || c == ' ' || c == '=') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

std::string own_key(std::string_view escaped) {
  std::string out;
  for (std::size_t at = 0; at < escaped.size(); ++at) {
    if (escaped[at] != '\\' || at + 1 == escaped.size()) {
      out += escaped[at];
    } else {
      ++at;
      out += escaped[at] == 'n' ? '\n' : escaped[at];
    }
  }
  return out;
}

/// Whether it is a key that has no form of its own.
bool is_own(std::string_view series, std::string_view field) {
  return series.starts_with(own_series) && field == own_field &&
         find_unescaped(series, ",", own_series.size()) == series.size();
}

Parsed<std::string> key_of(std::string_view series, std::string_view field) {
  if (is_own(series, field)) return own_key(series.substr(own_series.size()));
  VARVE_TRY(const std::string name, field_in_key(field));
  return std::string(series) + '/' + name;
}

/// Part of a tag, without the backslashes that say what is no separator.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape =
        text[at] == '\\' && at + 1 < text.size() && std::string_view(",= ").contains(text[at + 1]);
    if (escape) ++at;
    out += text[at];
  }
  return out;
}

/// The tags of a canonical series.
Labels labels_of(std::string_view series) {
  std::vector<Label> labels;
  for (std::size_t at = find_unescaped(series, ","); at < series.size();) {
    const std::size_t next = find_unescaped(series, ",", at + 1);
    const std::string_view tag = series.substr(at + 1, next - at - 1);
    const std::size_t equals = find_unescaped(tag, "=");
    labels.emplace_back(unescaped(tag.substr(0, equals)), unescaped(tag.substr(equals + 1)));
    at = next;
  }
  return Labels(std::move(labels));
}

Parsed<ValueView> parse_field_value(std::string_view text) {
  if (text.empty()) return problem("a field without a value");
  const std::string_view digits = text.substr(0, text.size() - 1);
  if (text.ends_with('i') || text.ends_with('u')) {
    const auto number = parse_int64(digits);
    if (!number) return std::unexpected(number.error());
    if (text.ends_with('u') && *number < 0) return problem(quote(text) + " is below zero");
    return *number;
  }
  for (const std::string_view word : {"t", "T", "true", "True", "TRUE"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"f", "F", "false", "False", "FALSE"}) {
    if (text == word) return false;
  }
  const auto number = parse_double(text);
  if (!number) return std::unexpected(number.error());
  return *number;
}

/// A string behind its opening quote: its text, and where its closing one is.
struct StringValue {
  std::string text;
  std::size_t end = npos;
};

StringValue parse_string(std::string_view line, std::size_t at) {
  StringValue value;
  for (; at < line.size(); ++at) {
    if (line[at] == '"') {
      value.end = at;
      return value;
    }
    const bool escape =
        line[at] == '\\' && at + 1 < line.size() && (line[at + 1] == '"' || line[at + 1] == '\\');
    if (escape) ++at;
    value.text += line[at];
  }
  return value;
}

/// Where the last slash without a backslash before it is: between series and field.
std::size_t field_slash(std::string_view key) {
  std::size_t slash = npos;
  for (std::size_t at = find_unescaped(key, "/"); at < key.size();
       at = find_unescaped(key, "/", at + 1)) {
    slash = at;
  }
  return slash;
}

/// The key as "series field", if reading that gives the key back.
std::optional<std::string> natural_form(std::string_view key) {
  const std::size_t slash = field_slash(key);
  if (slash == npos || slash + 1 == key.size() || key.contains('\n')) return {};
  const std::string_view series = key.substr(0, slash);
  std::string field;
  for (std::size_t at = slash + 1; at < key.size(); ++at) {
    if (key[at] == '\\' && at + 1 < key.size()) {
      if (key[at + 1] != '/') field += key[at];
      ++at;
    }
    field += key[at];
  }
  const auto is_whole = [](std::string_view text, std::string_view stops) {
    return find_unescaped(text, stops) == text.size() && !text.ends_with('\\');
  };
  if (!is_whole(series, " ") || !is_whole(field, " ,=") || series.starts_with('#')) return {};
  if (trimmed(series) != series) return {};
  const auto canonical = canonical_series(series);
  if (!canonical || *canonical != series) return {};
  const auto back = key_of(*canonical, field);
  if (!back || *back != key) return {};
  return *canonical + ' ' + field;
}

void append_field_value(std::string& out, const ValueView& value) {
  if (value.type() == ValueType::bytes) {
    out += '"';
    for (const char c : value.as_bytes()) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
    return;
  }
  append_value(out, value);
  if (value.type() == ValueType::int64) out += 'i';
}

}  // namespace

Parsed<void> parse_line_protocol(std::string_view line, const LineProtocolOptions& options,
                                 RecordList& records) {
  struct Field {
    std::string key;
    std::size_t begin = 0;  // Of its value, in the line.
    std::string text;       // Of a string.
    std::string_view number;
    bool is_string = false;
    bool is_own = false;
  };
  std::size_t at = find_unescaped(line, " ");
  VARVE_TRY(const std::string series, canonical_series(line.substr(0, at)));
  const bool has_tags = find_unescaped(series, ",") < series.size();
  while (at < line.size() && line[at] == ' ') ++at;

  std::vector<Field> fields;
  while (true) {
    const std::size_t equals = find_unescaped(line, "=, ", at);
    if (equals >= line.size() || line[equals] != '=') return problem("no field", at);
    const std::string_view name = line.substr(at, equals - at);
    if (name.empty()) return problem("a field without a name", at);
    Field field;
    VARVE_TRY(const std::string key, part_at(at, key_of(series, name)));
    field.key = options.prefix + key;
    field.is_own = is_own(series, name);
    at = equals + 1;
    field.begin = at;
    if (at < line.size() && line[at] == '"') {
      StringValue value = parse_string(line, at + 1);
      if (value.end == npos) return problem("a string that never closes", at);
      field.text = std::move(value.text);
      field.is_string = true;
      at = value.end + 1;
    } else {
      const std::size_t end = std::min(line.find_first_of(", ", at), line.size());
      field.number = line.substr(at, end - at);
      at = end;
    }
    fields.push_back(std::move(field));
    if (at == line.size() || line[at] == ' ') break;
    if (line[at] != ',') return problem("text behind a closing quote", at);
    ++at;
  }
  Timestamp ts = options.now;
  if (const std::string_view time = trimmed(line.substr(at)); !time.empty()) {
    const auto begin = static_cast<std::size_t>(time.data() - line.data());
    VARVE_TRY(ts, part_at(begin, parse_epoch(time, options.time_unit)));
  }
  for (const Field& field : fields) {
    if (field.is_string) {
      VARVE_CHECK(part_at(field.begin, add_checked(records, field.key, ts, field.text)));
      continue;
    }
    VARVE_TRY(const ValueView value, part_at(field.begin, parse_field_value(field.number)));
    VARVE_CHECK(part_at(field.begin, add_checked(records, field.key, ts, value)));
  }
  for (const Field& field : fields) {
    if (has_tags && !field.is_own) {
      records.describe_once(field.key, [&] { return labels_of(series); });
    }
  }
  return {};
}

std::size_t find_line_protocol_end(std::string_view text, bool last) {
  const std::size_t line_break = find_line_break(text, last);
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == npos || text[first] == '#') return line_break;
  // Line breaks end a line everywhere but in a string, which begins behind an equal sign.
  std::size_t at = find_unescaped(text, " \n", first);
  while (at < text.size() && text[at] != '\n') {
    at = find_unescaped(text, "=\n", at);
    if (at + 1 < text.size() && text[at] == '=' && text[at + 1] == '"') {
      const std::size_t close = find_unescaped(text, "\"", at + 2);
      if (close >= text.size()) return last ? std::min(line_break, text.size()) : npos;
      at = close + 1;
    } else if (at < text.size() && text[at] == '=') {
      ++at;
    }
  }
  if (at < text.size()) return at;
  return last ? text.size() : npos;
}

void append_line_protocol(std::string& out, const RecordView& record) {
  if (const auto natural = natural_form(record.key())) {
    out += *natural;
  } else {
    out += own_series;
    append_own_key(out, record.key());
    (out += ' ') += own_field;
  }
  out += '=';
  append_field_value(out, record.value());
  out += ' ';
  append_int64(out, record.ts());
  if (record.ts() != 0) out += "000";  // Nanoseconds, which may be more than an int64 holds.
  out += '\n';
}

}  // namespace varve::tools
