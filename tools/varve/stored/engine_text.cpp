#include "tools/varve/stored/engine_text.hpp"

#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

std::string key_text(std::string_view internal) {
  // A space's own byte alone, but for the first, ends the one before.
  const bool is_end =
      internal.empty() ||
      (internal.size() == 1 && internal.front() != static_cast<char>(engine::KeySpace::user));
  if (is_end) return "(end)";
  std::string key = printable(engine::user_key(internal));
  switch (engine::space_of(internal)) {
    case engine::KeySpace::labels: return "labels of " + key;
    case engine::KeySpace::notes: return "note " + key;
    case engine::KeySpace::user: break;
  }
  return key;
}

std::string span_text(const engine::TimeSpan& span) {
  const engine::TimeSpan ever;
  if (span == ever) return "ever";
  return (span.first == ever.first ? "ever" : format_time_short(span.first)) + " to " +
         (span.last == ever.last ? "ever" : format_time_short(span.last));
}

std::string range_text(const engine::RangeTombstone& range) {
  return "keys '" + key_text(range.keys.first) + "' to '" + key_text(range.keys.end) +
         "' (exclusive), " + span_text(range.times);
}

}  // namespace varve::tools
