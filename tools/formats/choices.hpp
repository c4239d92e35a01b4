#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "tools/formats/parsed.hpp"
#include "varve/durability.hpp"

namespace varve::tools {

// The words of which an option of the command takes one. What parses them says them in its message,
// and completions offer them (choices_of()).

using Words = std::span<const std::string_view>;

inline constexpr auto record_format_words =
    std::to_array<std::string_view>({"csv", "lp", "ndjson"});
inline constexpr auto input_format_words =
    std::to_array<std::string_view>({"csv", "lp", "ndjson", "prom", "annotated"});
inline constexpr auto answer_format_words =
    std::to_array<std::string_view>({"table", "csv", "json"});
inline constexpr auto series_format_words = std::to_array<std::string_view>({"table", "json"});
inline constexpr auto stats_format_words =
    std::to_array<std::string_view>({"human", "json", "prometheus"});
inline constexpr auto time_form_words = std::to_array<std::string_view>({"rfc3339", "epoch"});
inline constexpr auto time_unit_words = std::to_array<std::string_view>({"s", "ms", "us", "ns"});
inline constexpr auto on_error_words = std::to_array<std::string_view>({"fail", "skip"});
inline constexpr auto top_words = std::to_array<std::string_view>({"bytes", "records"});
/// Percentiles, p0 to p100, beside them.
inline constexpr auto aggregate_words =
    std::to_array<std::string_view>({"count", "sum", "min", "max", "mean", "first", "last",
                                     "stddev", "increase", "rate", "median"});
inline constexpr auto fill_words =
    std::to_array<std::string_view>({"none", "null", "previous", "linear"});
/// Records have a value.
inline constexpr auto record_fill_words =
    std::to_array<std::string_view>({"none", "previous", "linear"});
inline constexpr auto column_type_words =
    std::to_array<std::string_view>({"double", "int64", "bool", "bytes", "auto"});
inline constexpr auto durability_words =
    std::to_array<std::string_view>({"none", "appended", "interval:1s", "every:100", "always"});

/// "csv, lp or ndjson".
std::string one_of(Words words);

/// "neither rfc3339 nor epoch".
std::string neither_of(const std::array<std::string_view, 2>& words);

/// What the option of a subcommand takes: "query", "--format". Empty where that is no choice.
Words choices_of(std::string_view command, std::string_view option);

/// For a test: every option of which there are choices.
struct ChoiceOption {
  std::string_view command;
  std::string_view option;
  Words words;
};
std::span<const ChoiceOption> options_with_choices();

/// "none", "appended", "interval:1s", "every:100" or "always".
Parsed<Durability> parse_durability(std::string_view text);

}  // namespace varve::tools
