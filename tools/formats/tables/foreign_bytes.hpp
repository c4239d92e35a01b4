#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace varve::tools {

/// What bytes are that begin like something other than text in UTF-8 with line ends that end
/// lines, and how to make such text of them: "compressed by gzip: zcat FILE | varve import ...".
/// Nothing where they look like text.
std::optional<std::string> foreign_bytes(std::string_view first);

}  // namespace varve::tools
