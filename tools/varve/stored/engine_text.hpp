#pragma once

#include <string>
#include <string_view>

#include "engine/record/range_tombstone.hpp"
#include "engine/record/time_span.hpp"

namespace varve::tools {

// The engine's own forms, for people.

/// An internal key without the byte that names its space: "labels of " a key for a label record,
/// and "(end)" for the end of a space.
std::string key_text(std::string_view internal);
/// "2013-12-02 21:15:00 to 2013-12-03 04:00:00"; both belong to it, "ever" where it is open.
std::string span_text(const engine::TimeSpan& span);
/// "keys 'a' to 'b' (exclusive), ever"
std::string range_text(const engine::RangeTombstone& range);

}  // namespace varve::tools
