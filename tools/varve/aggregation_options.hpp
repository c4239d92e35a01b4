#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/varve/failure.hpp"
#include "varve/aggregation.hpp"

namespace CLI {
class App;
}

namespace varve::tools {

/// The options that say what is computed instead of showing records.
struct AggregationOptions {
  std::optional<std::string> function;
  std::optional<std::string> every;
  std::optional<std::string> offset;
  std::optional<std::string> fill;
  std::optional<std::uint64_t> group_parts;
  std::optional<std::string> group_label;
};

/// --aggregate, --every, --offset, --fill, --group-by and --group-by-prefix.
void add_aggregation_options(CLI::App& command, AggregationOptions& options);

/// None without --aggregate. Fails with usage, naming the option.
Outcome<std::optional<Aggregation>> aggregation_of(const AggregationOptions& options);

}  // namespace varve::tools
