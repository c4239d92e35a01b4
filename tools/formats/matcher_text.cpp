#include "tools/formats/matcher_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

std::string without_quotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return std::string(quoted ? text.substr(1, text.size() - 2) : text);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.push_back(without_quotes(text.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

Parsed<Matcher> split_matcher(std::string_view text) {
  const std::size_t at = text.find_first_of("=!^|");
  const auto refuse = [&] {
    return problem(quote(text) + " is none of NAME=VALUE, NAME!=VALUE, NAME^=PREFIX, " +
                   "NAME|=VALUE,VALUE, NAME=~EXPRESSION and NAME!~EXPRESSION");
  };
  if (at == std::string_view::npos || at == 0) return refuse();
  std::string name(text.substr(0, at));
  const std::string_view rest = text.substr(at);
  const auto after = [&](std::size_t size) { return without_quotes(rest.substr(size)); };
  if (rest.starts_with("=~")) return Matcher::matches(std::move(name), after(2));
  if (rest.starts_with("!~")) return Matcher::not_matches(std::move(name), after(2));
  if (rest.starts_with("!=")) return Matcher::not_equals(std::move(name), after(2));
  if (rest.starts_with("^=")) return Matcher::starts_with(std::move(name), after(2));
  if (rest.starts_with("|=")) return Matcher::one_of(std::move(name), split(rest.substr(2)));
  if (rest.starts_with("=")) return Matcher::equals(std::move(name), after(1));
  return refuse();
}

/// With a backslash before these characters, and without any that no terminal shows.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find_first_of(special), text.size());
    out += printable(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    out += '\\';
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

bool take(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

/// Up to the character, which is taken too, what escaped() made; nothing without it.
std::optional<std::string> take_escaped(std::string_view& text, char end) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == end) {
      text.remove_prefix(at + 1);
      return out;
    }
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    if (++at == text.size()) break;
    unsigned byte = 0;
    const std::string_view digits = text.substr(at + 1, 2);
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    const bool is_byte = text[at] == 'x' && digits.size() == 2 && error == std::errc() &&
                         stop == digits.data() + digits.size();
    out += is_byte ? static_cast<char>(byte) : text[at];
    if (is_byte) at += 2;
  }
  return {};
}

}  // namespace

Parsed<Matcher> parse_matcher(std::string_view text) {
  auto matcher = split_matcher(text);
  if (!matcher) return matcher;
  if (const Status valid = check(*matcher); !valid) return problem(valid.error().where);
  return matcher;
}

Parsed<Label> parse_label(std::string_view text) {
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos || at == 0) return problem(quote(text) + " is no NAME=VALUE");
  Label label(std::string(text.substr(0, at)), without_quotes(text.substr(at + 1)));
  if (label.value().empty()) return label;  // No label is stored so, but one may be meant by it.
  if (const Status valid = check(Labels{label}); !valid) return problem(valid.error().where);
  return label;
}

std::string labels_text(const Labels& labels) {
  std::string out;
  for (const Label& label : labels) {
    out += (out.empty() ? "" : ", ") + escaped(label.name(), "\\\"=") + "=\"" +
           escaped(label.value(), "\\\"") + '"';
  }
  return out.empty() ? out : '{' + out + '}';
}

Parsed<Labels> parse_labels_text(std::string_view text) {
  constexpr std::string_view leave = "+leave";
  const std::string_view whole = text;
  const auto refuse = [&] {
    return problem(quote(whole) + " are no labels, as {room=\"hall 1\", unit=\"C\"} are",
                   whole.size() - text.size());
  };
  std::vector<Label> labels;
  if (!take(text, "{")) return refuse();
  // A name may begin with a brace too.
  for (bool more = text != "}" && text != "}+leave"; more; more = take(text, ", ")) {
    const auto name = take_escaped(text, '=');
    if (!name || name->empty() || !take(text, "\"")) return refuse();
    const auto value = take_escaped(text, '"');
    if (!value) return refuse();
    labels.emplace_back(*name, *value);
  }
  if (!take(text, "}")) return refuse();
  const bool leaves = take(text, leave);
  if (!text.empty()) return refuse();
  Labels result(std::move(labels));
  result.leave_with_records(leaves);
  return result;
}

}  // namespace varve::tools
