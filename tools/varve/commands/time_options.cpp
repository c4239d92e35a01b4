#include "tools/varve/commands/time_options.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// The problem of one option's text.
template <class T>
Parsed<T> of_option(const char* option, Parsed<T> parsed) {
  if (!parsed) return problem(std::string(option) + ": " + parsed.error().text);
  return parsed;
}

}  // namespace

void add_time_options(CLI::App& command, TimeOptions& options) {
  auto* const unit =
      command
          .add_option(
              "--time-unit", options.unit,
              "Of numbers as times: s, ms, us or ns. Without it the usual one of the format, "
              "and a first number outside 1980 to 2100 is refused")
          ->type_name("UNIT");
  command
      .add_option("--time-format", options.format,
                  "Of times that are neither RFC 3339 nor numbers: a pattern of strftime, or " +
                      time_format_names())
      ->type_name("FORM")
      ->excludes(unit);
  command
      .add_option("--time-zone", options.zone,
                  "Of times that say no offset, as Europe/Berlin or +01:00; UTC without it")
      ->type_name("ZONE");
}

Parsed<TimeForm> time_form(const TimeOptions& options, TimeUnit unit_if_not_given) {
  TimeForm form;
  form.unit_if_not_given = unit_if_not_given;
  if (options.unit) {
    VARVE_TRY(form.unit, of_option("--time-unit", parse_time_unit(*options.unit)));
  }
  if (options.format) {
    VARVE_TRY(form.format, of_option("--time-format", parse_time_format(*options.format)));
  }
  VARVE_TRY(form.zone, of_option("--time-zone", time_zone_of(options.zone)));
  return form;
}

Parsed<const TimeZone*> time_zone_of(const std::optional<std::string>& name) {
  if (!name) return nullptr;
  return parse_time_zone(*name);
}

}  // namespace varve::tools
