#pragma once

#include <string>
#include <string_view>

#include "tools/formats/parsed.hpp"
#include "varve/labels.hpp"

namespace varve::tools {

/// room=hall, room!=hall, room^=ha (begins so), room|=hall,yard (one of), room=~ha.* and
/// room!~ha.* (expressions). A value may stand in double quotes. Fails where an expression is none.
Parsed<Matcher> parse_matcher(std::string_view text);

/// room=hall. Also without a value: room=. Fails beyond the limits of labels.
Parsed<Label> parse_label(std::string_view text);

/// {room="hall 1", unit="C"}, on one line.
std::string labels_text(const Labels& labels);

}  // namespace varve::tools
