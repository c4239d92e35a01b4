#include "tools/formats/line_protocol_text.hpp"
#include "tools/formats/line_break.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <system_error>

#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

constexpr auto npos = std::string_view::npos;
/// The first time that Influx has.
constexpr std::int64_t first_nanosecond = -9'223'372'036'854'775'806;

bool has_words(std::string_view name) {
  return !name.empty() && name.back() != '\\' && !name.contains('\n');
}

void append_name(std::string& out, std::string_view name, std::string_view specials) {
  for (const char c : name) {
    if (specials.contains(c)) out += '\\';
    out += c;
  }
}

/// As C's %g writes it, in as many digits as it takes: 6.632243e+06.
void append_float(std::string& out, double value) {
  if (!std::isfinite(value)) return append_double(out, value);
  std::array<char, 32> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific)
          .ptr;
  const std::string_view scientific(text.data(), static_cast<std::size_t>(end - text.data()));
  const std::size_t e = scientific.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (scientific[e + 1] == '+' ? 2 : 1), end, exponent);
  if (exponent < -4 || exponent >= 6) {
    out += scientific;
    return;
  }
  std::array<char, 32> fixed;
  const auto fixed_end =
      std::to_chars(fixed.data(), fixed.data() + fixed.size(), value, std::chars_format::fixed).ptr;
  out.append(fixed.data(), fixed_end);
}

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += c;
    }
  }
  out += '"';
}

/// None: a whole number that no int64 holds.
Parsed<std::optional<ValueView>> parse_unsigned(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc::result_out_of_range) {
    return problem(quote(digits) + " is beyond what 64 bits hold");
  }
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return problem(quote(digits) + " is no whole number of digits alone");
  }
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  return ValueView(static_cast<std::int64_t>(number));
}

std::optional<bool> parse_word(std::string_view text) {
  if (text.front() <= '9') return {};  // A number, as most are.
  for (const std::string_view word : {"t", "T", "true", "True", "TRUE"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"f", "F", "false", "False", "FALSE"}) {
    if (text == word) return false;
  }
  return {};
}

}  // namespace

Parsed<std::optional<ValueView>> parse_line_value(std::string_view text) {
  if (text.empty()) return problem("a field without a value: give one, as in usage=1.5");
  const std::string_view digits = text.substr(0, text.size() - 1);
  if (text.back() == 'u') return parse_unsigned(digits);
  if (text.back() == 'i') {
    const auto number = parse_int64(digits);
    if (!number) return std::unexpected(number.error());
    return ValueView(*number);
  }
  if (const auto word = parse_word(text)) return ValueView(*word);
  auto number = parse_double(text);
  if (number) return ValueView(*number);
  if (text.find_first_of("0123456789") == npos) number.error().text += "; texts stand in quotes";
  return std::unexpected(number.error());
}

std::size_t find_unescaped(std::string_view text, char stop, std::size_t at) {
  for (at = text.find(stop, at); at != npos; at = text.find(stop, at + 1)) {
    if (at == 0 || text[at - 1] != '\\') return at;
  }
  return text.size();
}

std::string own_line_key(std::string_view escaped) {
  std::string out;
  for (std::size_t at = 0; at < escaped.size(); ++at) {
    const char next = escaped[at] == '\\' && at + 1 < escaped.size() ? escaped[at + 1] : '\0';
    switch (next) {
      case 'n': out += '\n'; break;
      case ';': out += '\\'; break;
      case '\\':
      case ',':
      case ' ':
      case '=': out += next; break;
      default: out += escaped[at]; continue;
    }
    ++at;
  }
  return out;
}

std::optional<std::string> line_series(std::string_view measurement, const Labels& tags) {
  const bool is_other = measurement.starts_with('#') || measurement.starts_with('\t') ||
                        measurement.starts_with(byte_order_mark);
  if (!has_words(measurement) || is_other) return {};
  std::string out;
  append_name(out, measurement, ", ");
  for (const Label& tag : tags) {
    if (!has_words(tag.name()) || !has_words(tag.value())) return {};
    out += ',';
    append_name(out, tag.name(), ",= ");
    out += '=';
    append_name(out, tag.value(), ",= ");
  }
  if (out.starts_with(own_line_series)) return {};
  return out;
}

std::optional<std::string> line_field(std::string_view name) {
  if (!has_words(name)) return {};
  std::string out;
  append_name(out, name, ",= ");
  return out;
}

std::string own_line_series_of(std::string_view key) {
  std::string out(own_line_series);
  for (const char c : key) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\\': out += "\\;"; break;
      case ',':
      case ' ':
      case '=': out += '\\'; [[fallthrough]];
      default: out += c;
    }
  }
  return out;
}

void append_line_value(std::string& out, const ValueView& value) {
  switch (value.type()) {
    case ValueType::double_: return append_float(out, value.as_double());
    case ValueType::int64:
      append_int64(out, value.as_int64());
      out += 'i';
      return;
    case ValueType::bool_: out += value.as_bool() ? "true" : "false"; return;
    case ValueType::bytes: return append_text(out, value.as_bytes());
  }
}

bool append_line_time(std::string& out, Timestamp ts) {
  constexpr Timestamp most = std::numeric_limits<std::int64_t>::max() / 1'000;
  // Of the first microsecond that nanoseconds reach they have the end alone.
  if (ts == -most - 1) {
    append_int64(out, first_nanosecond);
    return true;
  }
  append_int64(out, ts);
  if (ts != 0) out += "000";
  return ts >= -most && ts <= most;
}

void append_line_protocol(std::string& out, const RecordView& record) {
  out += own_line_series_of(record.key());
  ((out += ' ') += own_line_field) += '=';
  append_line_value(out, record.value());
  out += ' ';
  append_line_time(out, record.ts());
  out += '\n';
}

}  // namespace varve::tools
