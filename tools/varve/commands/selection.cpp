#include "tools/varve/commands/selection.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <utility>

#include "tools/formats/matcher_text.hpp"
#include "tools/formats/record_limits.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

void add_database_option(CLI::App& command, std::string& dir) {
  command.add_option("--db", dir, "The database's directory")->required()->type_name("DIR");
}

void add_series_options(CLI::App& command, Selection& selection) {
  auto* const key = command.add_option("--key", selection.key, "One series")->type_name("KEY");
  command.add_option("--prefix", selection.prefix, "Every series whose key begins so")
      ->type_name("TEXT")
      ->excludes(key);
}

void add_match_option(CLI::App& command, Selection& selection) {
  command
      .add_option("--match", selection.matchers,
                  "Series whose label matches: NAME=VALUE, != (not), ^= (begins so), |= (one of), "
                  "=~ or !~ (expression); several: all of them")
      ->type_name("MATCH");
}

void add_selection_options(CLI::App& command, Selection& selection) {
  add_series_options(command, selection);
  command.add_option("--from", selection.from, "From this moment on")->type_name("TIME");
  command.add_option("--to", selection.to, "Up to this moment, exclusive")->type_name("TIME");
}

CLI::Option* take_count(CLI::Option* option) {
  const auto read = [](std::string& text) -> std::string {
    const Parsed<std::uint64_t> count = parse_count(text);
    if (!count) return count.error().text;
    if (*count == 0) return "at least 1";
    text = std::to_string(*count);  // CLI11 reads it once more, and would take 010 for 8.
    return {};
  };
  return option->type_name("N")->transform(CLI::Validator(read, ""));
}

Outcome<TimeRange> range_of(const Selection& selection, Timestamp now, const TimeZone* zone) {
  std::optional<Timestamp> from;
  std::optional<Timestamp> to;
  if (selection.from) {
    VARVE_TRY(from, option_value("--from", parse_moment(*selection.from, now, zone)));
  }
  if (selection.to) {
    VARVE_TRY(to, option_value("--to", parse_moment(*selection.to, now, zone)));
  }
  if (from && to && *from > *to) {
    return usage("--from " + format_time(*from) + " is after --to " + format_time(*to));
  }
  return TimeRange(from, to);
}

Outcome<Query> query_of(const Selection& selection, Timestamp now, const TimeZone* zone) {
  VARVE_TRY(const TimeRange range, range_of(selection, now, zone));
  if (selection.key) VARVE_CHECK(option_value("--key", check_key(*selection.key)));
  if (selection.prefix && !selection.prefix->empty()) {
    VARVE_CHECK(option_value("--prefix", check_key(*selection.prefix)));
  }
  Query query = selection.key ? Query::key(*selection.key)
                              : Query::prefix(selection.prefix.value_or(std::string()));
  query.between(range);
  for (const std::string& text : selection.matchers) {
    VARVE_TRY(Matcher matcher, option_value("--match", parse_matcher(text)));
    query.with(std::move(matcher));
  }
  return query;
}

}  // namespace varve::tools
