#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/parsed.hpp"

namespace varve::tools {

struct TemplatePart {
  std::string text;  ///< As it stands; or the name in braces.
  bool in_braces = false;

  friend bool operator==(const TemplatePart&, const TemplatePart&) = default;
};

/// A text with names in braces, "meter/{ean}/{column}", of which each input has its own. What a
/// name stands for is the user's: a column of a table, a member of an object.
using BraceTemplate = std::vector<TemplatePart>;

/// {{ and }} stand for the braces themselves. Fails where a brace does not close, or nothing is in
/// it.
Parsed<BraceTemplate> parse_braces(std::string_view text);

}  // namespace varve::tools
