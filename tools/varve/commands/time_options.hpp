#pragma once

#include <optional>
#include <string>

#include "tools/formats/parsed.hpp"
#include "tools/formats/time_reader.hpp"

namespace CLI {
class App;
}

namespace varve::tools {

/// The options that say how the times of an input are meant.
struct TimeOptions {
  std::optional<std::string> unit;
  std::optional<std::string> format;
  std::optional<std::string> zone;
};

/// --time-unit, --time-format and --time-zone.
void add_time_options(CLI::App& command, TimeOptions& options);

/// A problem names the option.
Parsed<TimeForm> time_form(const TimeOptions& options, TimeUnit unit_if_not_given);

/// The zone of that name; null without a name. A problem does not name an option.
Parsed<const TimeZone*> time_zone_of(const std::optional<std::string>& name);

}  // namespace varve::tools
