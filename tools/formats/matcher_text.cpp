#include "tools/formats/matcher_text.hpp"

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
    out += (out.empty() ? "" : ", ") + printable(label.name()) + "=\"" + printable(label.value()) +
           '"';
  }
  return out.empty() ? out : '{' + out + '}';
}

}  // namespace varve::tools
