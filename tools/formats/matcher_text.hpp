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

/// {room="hall 1", unit="C"}, on one line. A quote and a backslash have a backslash before them, in
/// names an equal sign too; what no terminal shows is \x1b.
std::string labels_text(const Labels& labels);

/// The same back. "+leave" behind it says that the labels leave with the series' last record, and
/// {}+leave or {} that there are none. Fails where the text is of another form; the limits of
/// labels are not checked.
Parsed<Labels> parse_labels_text(std::string_view text);

}  // namespace varve::tools
