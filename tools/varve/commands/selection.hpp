#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "tools/varve/terminal/failure.hpp"
#include "varve/query.hpp"
#include "varve/time.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace varve::tools {

class TimeZone;

/// The options that say which records are meant.
struct Selection {
  std::optional<std::string> key;
  std::optional<std::string> prefix;
  std::optional<std::string> from;
  std::optional<std::string> to;
  std::vector<std::string> matchers;
};

void add_database_option(CLI::App& command, std::string& dir);
/// --key and --prefix.
void add_series_options(CLI::App& command, Selection& selection);
/// --match, as often as is wanted.
void add_match_option(CLI::App& command, Selection& selection);
/// --key, --prefix, --from and --to.
void add_selection_options(CLI::App& command, Selection& selection);

/// Has an option take a number from 1 on, in decimal digits. CLI11 itself takes -1 for the greatest
/// number that there is, and 010 for 8.
CLI::Option* take_count(CLI::Option* option);

/// Fails with usage where a time is none, or the range is inverted. `zone` is that of times which
/// say no offset; null: UTC.
Outcome<TimeRange> range_of(const Selection& selection, Timestamp now,
                            const TimeZone* zone = nullptr);
/// Everything, where neither key nor prefix was given. Fails with usage where a key or a matcher is
/// none.
Outcome<Query> query_of(const Selection& selection, Timestamp now, const TimeZone* zone = nullptr);

/// A value that an option's parser refused, as a failure that names the option.
template <class T>
Outcome<T> option_value(const char* option, Parsed<T> parsed) {
  if (!parsed) return usage(std::string(option) + ": " + parsed.error().text);
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(parsed);
  }
}

}  // namespace varve::tools
