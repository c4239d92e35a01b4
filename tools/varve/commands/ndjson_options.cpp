#include "tools/varve/commands/ndjson_options.hpp"

#include <CLI/CLI.hpp>

#include "tools/varve/commands/selection.hpp"
#include "varve/try.hpp"

namespace varve::tools {

void add_ndjson_options(CLI::App& command, NdjsonOptionTexts& texts) {
  command
      .add_option("--map", texts.map,
                  "ndjson of other programs: what a member is; several: time=ts, values=MEMBER (an "
                  "object of values), value=MEMBER, key='dev/{id}/{member}', "
                  "label.room='{location.room}', type=double")
      ->type_name("WHAT=MEMBER");
}

Outcome<std::optional<JsonMap>> json_map_of(const NdjsonOptionTexts& texts) {
  if (texts.map.empty()) return std::nullopt;
  VARVE_TRY(JsonMap map, option_value("--map", parse_json_map(texts.map)));
  return map;
}

}  // namespace varve::tools
