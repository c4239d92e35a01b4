#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "tools/varve/terminal/failure.hpp"
#include "varve/aggregation.hpp"

namespace CLI {
class App;
}

namespace varve::tools {

/// The options that say what is computed of records.
struct AggregationOptions {
  std::optional<std::string> function;  ///< Of downsample: several, with commas.
  std::optional<std::string> every;
  std::optional<std::string> offset;
  std::optional<std::string> fill;
  std::optional<std::size_t> group_parts;
  std::optional<std::string> group_label;
};

enum class AggregationUse : std::uint8_t {
  query,       ///< One function, or none at all.
  downsample,  ///< One or several, always by --every.
};

/// --aggregate, --every, --offset, --fill, --group-by and --group-by-prefix.
void add_aggregation_options(CLI::App& command, AggregationOptions& options,
                             AggregationUse use = AggregationUse::query);

/// None without --aggregate. Fails with usage, naming the option.
Outcome<std::optional<Aggregation>> aggregation_of(const AggregationOptions& options);
/// At least one, as Engine::downsample() takes them. Fails as aggregation_of().
Outcome<std::vector<Aggregation>> aggregations_of(const AggregationOptions& options);
/// "none", "null", "previous" or "linear".
Parsed<Fill> parse_fill(std::string_view text);
/// --every, which was given.
Outcome<Duration> width_of(const AggregationOptions& options);

}  // namespace varve::tools
