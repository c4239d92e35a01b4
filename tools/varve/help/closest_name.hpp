#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve::tools {

/// How many characters have to be added, taken away, changed or swapped with their neighbour, to
/// make one text of the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name that was meant, probably: the one that the fewest edits lead to, up to a third of the
/// text's length; the first of several. None where nothing is that close.
std::optional<std::string> closest_name(std::string_view text,
                                        const std::vector<std::string>& names);

}  // namespace varve::tools
