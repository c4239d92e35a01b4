#include "tools/varve/commands/aggregation_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "tools/formats/choices.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/selection.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr std::array functions = {Aggregation::count, Aggregation::sum,    Aggregation::min,
                                  Aggregation::max,   Aggregation::mean,   Aggregation::first,
                                  Aggregation::last,  Aggregation::stddev, Aggregation::increase,
                                  Aggregation::rate};

Parsed<Aggregation> parse_function(std::string_view text) {
  for (const Aggregation& function : functions) {
    if (text == function.name()) return function;
  }
  if (text == "median") return Aggregation::quantile(0.5);
  if (text.starts_with('p')) {
    // The point is moved by the exponent, since a division would round once more.
    const auto share = parse_double(std::string(text.substr(1)) + "e-2");
    if (share && *share >= 0 && *share <= 1) return Aggregation::quantile(*share);
  }
  return problem(quote(text) + " is no aggregate: " + one_of(aggregate_words) + ", or p0 to p100");
}

Parsed<Duration> parse_offset(std::string_view text) {
  if (!text.starts_with('-')) return parse_duration(text);
  auto distance = parse_duration(text.substr(1));
  if (distance) *distance = -*distance;
  return distance;
}

/// What all functions of one call share.
Outcome<Aggregation> with_options(Aggregation aggregation, const AggregationOptions& options) {
  if (options.offset) {
    VARVE_TRY(const Duration offset, option_value("--offset", parse_offset(*options.offset)));
    aggregation = aggregation.offset(offset);
  }
  if (options.fill) {
    VARVE_TRY(const Fill fill, option_value("--fill", parse_fill(*options.fill)));
    aggregation = aggregation.fill(fill);
  }
  if (options.group_parts) aggregation = aggregation.group_by_prefix(*options.group_parts);
  if (options.group_label) aggregation = aggregation.group_by_label(*options.group_label);
  return aggregation;
}

}  // namespace

void add_aggregation_options(CLI::App& command, AggregationOptions& options, AggregationUse use) {
  const bool downsample = use == AggregationUse::downsample;
  auto* const aggregate =
      command
          .add_option("--aggregate", options.function,
                      std::string(downsample ? "One or several, with commas between"
                                             : "One value per series") +
                          ": count, sum, min, max, mean, first, last, stddev, increase, rate, "
                          "median or a percentile as p99.9")
          ->type_name(downsample ? "WHAT,..." : "WHAT")
          ->required(downsample);
  auto* const every =
      command
          .add_option("--every", options.every,
                      downsample ? "One value for each span of so much time"
                                 : "One value for each span of so much time; with --time-zone of "
                                   "a calendar: 1d, 1w, 1mo, 1y")
          ->type_name("DURATION")
          ->required(downsample)
          ->needs(aggregate);
  command.add_option("--offset", options.offset, "Move the spans' edges by so much")
      ->type_name("DURATION")
      ->needs(every);
  command
      .add_option("--fill", options.fill,
                  downsample ? "What stands for spans without a value: none, previous or linear"
                             : "What stands for spans without a value: none, null, previous or "
                               "linear")
      ->type_name("HOW")
      ->needs(every);
  auto* const group_by =
      command
          .add_option("--group-by", options.group_label,
                      "One value for all series that have the same value of this label")
          ->type_name("LABEL")
          ->needs(aggregate);
  take_count(
      command.add_option("--group-by-prefix", options.group_parts,
                         "One value for all series that agree in the first N parts of key/key/key"))
      ->needs(aggregate)
      ->excludes(group_by);
}

Outcome<std::optional<Aggregation>> aggregation_of(const AggregationOptions& options) {
  if (!options.function) return std::optional<Aggregation>();
  VARVE_TRY(Aggregation aggregation,
            option_value("--aggregate", parse_function(*options.function)));
  if (options.every) {
    VARVE_TRY(const Duration width, width_of(options));
    aggregation = aggregation.every(width);
  }
  VARVE_TRY(const Aggregation whole, with_options(aggregation, options));
  return std::optional(whole);
}

Outcome<std::vector<Aggregation>> aggregations_of(const AggregationOptions& options) {
  std::vector<Aggregation> chosen;
  std::string_view rest = options.function ? *options.function : std::string_view();
  for (bool more = true; more;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    VARVE_TRY(const Aggregation function,
              option_value("--aggregate", parse_function(rest.substr(0, comma))));
    for (const Aggregation& before : chosen) {
      if (before.name() == function.name()) {
        return usage("--aggregate: " + function.name() + " twice");
      }
    }
    VARVE_TRY(const Aggregation whole, with_options(function, options));
    chosen.push_back(whole);
    more = comma < rest.size();
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return chosen;
}

Parsed<Fill> parse_fill(std::string_view text) {
  if (text == "none") return Fill::none;
  if (text == "null") return Fill::null;
  if (text == "previous") return Fill::previous;
  if (text == "linear") return Fill::linear;
  return problem(quote(text) + " is no fill: " + one_of(fill_words));
}

Outcome<Duration> width_of(const AggregationOptions& options) {
  return option_value("--every", parse_positive_duration(options.every.value_or(std::string())));
}

}  // namespace varve::tools
