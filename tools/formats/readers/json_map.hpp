#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "tools/formats/readers/brace_template.hpp"
#include "tools/formats/readers/json_text.hpp"
#include "tools/formats/readers/time_forms.hpp"
#include "tools/formats/record_list.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

/// What the members of a line of JSON are, where they do not have the names that export writes.
/// Each text of --map says one thing:
///
///     time=ts                      the time; without it time, timestamp, ts, datetime or date
///     values=values                an object, whose numbers and bools are a record each, those of
///                                  objects in it too: as a/b. Without it the whole line
///     value=state                  instead: one member, of any type
///     key=dev/{id}/{member}        the key; without key and labels it is {member}
///     label.room={location.room}   a label, left out where there is no such member
///     type=double                  double, int64, bool, bytes or auto: instead of by the look. A
///                                  text that says such a value is one, too
///
/// A path with points leads into objects. Where labels are said and no key is, the labels name the
/// series: __name__ is then the member, unless there is a label.__name__. A number that the map
/// uses for a key, a label or the time is no value.
struct JsonMap {
  std::string time;
  std::string value;
  std::string values;
  std::optional<BraceTemplate> key;
  std::vector<std::pair<std::string, BraceTemplate>> labels;  // Name and value.
  std::optional<ColumnType> type;
};

/// Of all texts of --map. Fails naming the one that says nothing, or says a thing twice.
Parsed<JsonMap> parse_json_map(const std::vector<std::string>& texts);

/// Adds the records of one line. A problem names the member that is missing. A value of an object
/// that is not of the map's type is left out, and named in `bad_values`.
Parsed<void> read_mapped(const JsonText& json, const JsonMap& map, TimeReader& times,
                         std::string_view prefix, RecordList& records,
                         std::vector<std::string>& bad_values);

}  // namespace varve::tools
