#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/formats/readers/json_map.hpp"
#include "tools/varve/terminal/failure.hpp"

namespace CLI {
class App;
}

namespace varve::tools {

/// The options of ndjson, as they were written.
struct NdjsonOptionTexts {
  std::vector<std::string> map;
};

/// --map.
void add_ndjson_options(CLI::App& command, NdjsonOptionTexts& texts);

/// None without --map. Fails with usage, naming the option.
Outcome<std::optional<JsonMap>> json_map_of(const NdjsonOptionTexts& texts);

}  // namespace varve::tools
