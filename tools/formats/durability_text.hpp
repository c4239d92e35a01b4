#pragma once

#include <string_view>

#include "tools/formats/parsed.hpp"
#include "varve/durability.hpp"

namespace varve::tools {

/// "none", "appended", "interval:1s", "every:100" or "always".
Parsed<Durability> parse_durability(std::string_view text);

}  // namespace varve::tools
