#include "tools/varve/database.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <utility>

#include "engine/base/try.hpp"
#include "engine/version/identity.hpp"
#include "tools/varve/time_text.hpp"

namespace varve::tools {

Outcome<Engine> open_database(const std::string& dir, Access access,
                              const std::optional<Durability>& durability) {
  std::error_code error;
  const auto status = std::filesystem::status(dir, error);
  if (access != Access::create) {
    if (!std::filesystem::exists(status)) return failed(dir + ": no such directory");
    if (!std::filesystem::is_directory(status)) return failed(dir + ": not a directory");
    const auto identity = std::filesystem::path(dir) / engine::identity_file_name;
    if (!std::filesystem::exists(identity, error) && !error) {
      return failed(dir + ": not a Varve database");
    }
  } else if (std::filesystem::exists(status) && !std::filesystem::is_directory(status)) {
    return failed(dir + ": not a directory");
  }
  Options options;
  options.dir = dir;
  options.create_if_missing = access == Access::create;
  options.background_maintenance = access != Access::read;
  if (durability) options.durability = *durability;
  VARVE_TRY(Engine engine, Engine::open(std::move(options)));
  return engine;
}

void add_database_option(CLI::App& command, std::string& dir) {
  command.add_option("--db", dir, "The database's directory")->required()->type_name("DIR");
}

void add_selection_options(CLI::App& command, Selection& selection) {
  auto* const key = command.add_option("--key", selection.key, "One series")->type_name("KEY");
  command.add_option("--prefix", selection.prefix, "Every series whose key begins so")
      ->type_name("TEXT")
      ->excludes(key);
  command.add_option("--from", selection.from, "From this moment on")->type_name("TIME");
  command.add_option("--to", selection.to, "Up to this moment, exclusive")->type_name("TIME");
}

Outcome<TimeRange> range_of(const Selection& selection, Timestamp now) {
  std::optional<Timestamp> from;
  std::optional<Timestamp> to;
  if (selection.from) {
    VARVE_TRY(from, option_value("--from", parse_moment(*selection.from, now)));
  }
  if (selection.to) {
    VARVE_TRY(to, option_value("--to", parse_moment(*selection.to, now)));
  }
  if (from && to && *from > *to) {
    return usage("--from " + format_time(*from) + " is after --to " + format_time(*to));
  }
  return TimeRange(from, to);
}

Outcome<Query> query_of(const Selection& selection, Timestamp now) {
  VARVE_TRY(const TimeRange range, range_of(selection, now));
  if (selection.key && selection.key->empty()) return usage("--key is empty");
  Query query = selection.key ? Query::key(*selection.key)
                              : Query::prefix(selection.prefix.value_or(std::string()));
  query.between(range);
  return query;
}

Timestamp wall_clock() { return system_clock()->wall(); }

}  // namespace varve::tools
