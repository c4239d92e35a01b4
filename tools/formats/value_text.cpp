#include "tools/formats/value_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <system_error>

#include "tools/formats/choices.hpp"
#include "varve/detail/with_type.hpp"

namespace varve::tools {

namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

Parsed<bool> parse_bool(std::string_view text) {
  for (const std::string_view word : {"true", "t", "1"}) {
    if (equals_ignoring_case(text, word)) return true;
  }
  for (const std::string_view word : {"false", "f", "0"}) {
    if (equals_ignoring_case(text, word)) return false;
  }
  return problem(text.empty() ? "an empty value" : quote(text) + " is no bool");
}

ValueView parse_automatic(std::string_view text) {
  const std::string_view word = trimmed(text);
  if (equals_ignoring_case(word, "true")) return true;
  if (equals_ignoring_case(word, "false")) return false;
  if (const auto number = parse_int64(word)) return *number;
  if (const auto number = parse_double(word)) return *number;
  return text;
}

/// How many bytes the UTF-8 sequence at the front takes; 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Longer than needed, surrogates, and beyond the last code point.
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;
  if (lead == 0xED && byte(1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

}  // namespace

namespace {

void append(std::string& out, double value) { append_double(out, value); }
void append(std::string& out, std::int64_t value) { append_int64(out, value); }
void append(std::string& out, bool value) { out += value ? "true" : "false"; }
void append(std::string& out, std::string_view bytes) { out += bytes; }

}  // namespace

Parsed<ColumnType> parse_column_type(std::string_view text) {
  if (text == "double") return ColumnType::double_;
  if (text == "int64") return ColumnType::int64;
  if (text == "bool") return ColumnType::bool_;
  if (text == "bytes") return ColumnType::bytes;
  if (text == "auto") return ColumnType::automatic;
  return problem(quote(text) + " is no type: " + one_of(column_type_words));
}

Parsed<ValueView> parse_value(std::string_view text, ColumnType type) {
  const auto as_view = [](const auto& parsed) -> Parsed<ValueView> {
    if (!parsed) return std::unexpected(parsed.error());
    return *parsed;
  };
  switch (type) {
    case ColumnType::double_: return as_view(parse_double(trimmed(text)));
    case ColumnType::int64: return as_view(parse_int64(trimmed(text)));
    case ColumnType::bool_: return as_view(parse_bool(trimmed(text)));
    case ColumnType::bytes: return text;
    case ColumnType::automatic: return parse_automatic(text);
  }
  return problem("no such type");
}

Parsed<double> parse_double(std::string_view text) {
  const std::string_view digits = without_plus(text);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() ||
      (error != std::errc() && error != std::errc::result_out_of_range)) {
    return problem(text.empty() ? "an empty value" : quote(text) + " is no number");
  }
  if (error == std::errc::result_out_of_range) {
    // from_chars() does not say at which end. Nearest to what is too small is a zero.
    const double nearest = std::strtod(std::string(digits).c_str(), nullptr);
    if (std::abs(nearest) > 1) return problem(quote(text) + " is beyond what a double holds");
    return nearest;
  }
  // "nan(2)" is one to from_chars(), whose bits nothing here would keep.
  if (std::isnan(value) && digits.contains('(')) return problem(quote(text) + " is no number");
  return value;
}

Parsed<std::int64_t> parse_int64(std::string_view text) {
  const std::string_view digits = without_plus(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {
    return problem(quote(text) + " is beyond what an int64 holds");
  }
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return problem(text.empty() ? "an empty value" : quote(text) + " is no whole number");
  }
  return value;
}

Parsed<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc::result_out_of_range) return problem(quote(text) + " is too large");
  if (error != std::errc() || end != text.data() + text.size()) {
    return problem(quote(text) + " is no number of digits alone");
  }
  return count;
}

void append_double(std::string& out, double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

void append_exact_double(std::string& out, double value) {
  constexpr auto usual = std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
  const auto bits = std::bit_cast<std::uint64_t>(value);
  if (!std::isnan(value) || bits == usual) {
    append_double(out, value);
    return;
  }
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bits, 16).ptr;
  const std::string_view text(digits.data(), end);
  (out += "nan:").append(digits.size() - text.size(), '0') += text;
}

void append_int64(std::string& out, std::int64_t value) {
  std::array<char, 24> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

void append_value(std::string& out, const ValueView& value) {
  detail::with_value(value, [&](const auto& one) { append(out, one); });
}

std::string value_line(const ValueView& value) {
  constexpr std::size_t shown_max = 60;
  if (value.type() != ValueType::bytes) {
    std::string out;
    append_value(out, value);
    return out;
  }
  const std::string_view bytes = value.as_bytes();
  return printable(bytes.substr(0, shown_max)) +
         (bytes.size() > shown_max ? "... (" + format_bytes(bytes.size()) + ')' : "");
}

std::string quote(std::string_view text) {
  constexpr std::size_t shown_max = 60;
  const bool cut = text.size() > shown_max;
  return '\'' + printable(text.substr(0, shown_max)) + (cut ? "...'" : "'");
}

std::string printable(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = utf8_length(text);
    // The second range of controls, U+0080 to U+009F, begins with the byte C2.
    const bool control =
        byte < 0x20 || byte == 0x7F ||
        (length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0);
    if (length != 0 && !control) {
      out += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    out += "\\x";
    out += hex[byte >> 4];
    out += hex[byte & 15];
    text.remove_prefix(1);
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t triple = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      triple = triple << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      const bool padding = i + j > bytes.size();
      out += padding ? '=' : base64_alphabet[triple >> (18 - 6 * j) & 63];
    }
  }
  return out;
}

Parsed<std::string> decode_base64(std::string_view text) {
  const auto bad = problem(quote(text) + " is no base64");
  if (text.size() % 4 != 0) return bad;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const std::size_t padding = !last || text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
    std::uint32_t triple = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const std::size_t digit = j >= 4 - padding ? 0 : base64_alphabet.find(text[i + j]);
      if (digit == std::string_view::npos) return bad;
      triple = triple << 6 | static_cast<std::uint32_t>(digit);
    }
    if ((padding == 1 && (triple & 0xFF) != 0) || (padding == 2 && (triple & 0xFFFF) != 0))
      return bad;
    for (std::size_t j = 0; j < 3 - padding; ++j) {
      out += static_cast<char>(triple >> (16 - 8 * j) & 0xFF);
    }
  }
  return out;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string counted(std::uint64_t number, const char* noun) {
  return grouped(number) + ' ' + noun + (number == 1 ? "" : "s");
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1'000) return std::to_string(bytes) + " B";
  constexpr std::array<const char*, 4> names = {" KB", " MB", " GB", " TB"};
  double scaled = static_cast<double>(bytes) / 1e3;
  std::size_t name = 0;
  while (scaled >= 999.95 && name + 1 < names.size()) {
    scaled /= 1e3;
    ++name;
  }
  return format_fixed(scaled, 1) + names[name];
}

std::string format_fixed(double value, int places) {
  std::array<char, 400> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value,
                                          std::chars_format::fixed, places);
  return error == std::errc() ? std::string(text.data(), end) : std::string("?");
}

std::string format_short(double value) {
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (!(size >= 1e-3 && size < 1e9)) {
    std::array<char, 32> text;
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 4)
            .ptr;
    return {text.data(), end};
  }
  std::string text = format_fixed(value, 3);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace varve::tools
