#include "tools/formats/readers/brace_template.hpp"

#include <utility>

#include "tools/formats/value_text.hpp"

namespace varve::tools {

Parsed<BraceTemplate> parse_braces(std::string_view text) {
  BraceTemplate parts;
  std::string plain;
  const auto end_plain = [&] {
    if (!plain.empty()) parts.push_back({std::exchange(plain, {}), false});
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool doubled = at + 1 < text.size() && text[at + 1] == c;
    if (c != '{' && c != '}') {
      plain += c;
    } else if (doubled) {
      plain += c;
      ++at;
    } else {
      const std::size_t end = text.find('}', at);
      if (c == '}' || end == std::string_view::npos || end == at + 1) {
        return problem(quote(text) +
                           " has a brace alone: a name stands in two, as in {id}, and {{ "
                           "is the brace itself",
                       at);
      }
      end_plain();
      parts.push_back({std::string(text.substr(at + 1, end - at - 1)), true});
      at = end;
    }
  }
  end_plain();
  return parts;
}

}  // namespace varve::tools
