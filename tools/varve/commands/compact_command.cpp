#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer =
    R"(What has expired by the clock of this machine goes where the clock is known to be right: by the
system, by what the database has seen of the time, or by you. A table that is damaged stays as it is,
the others are compacted around it, and the exit code is 4.

Examples:
  varve compact --db plant
  varve compact --db plant --clock-is-right)";

std::string sizes(const Stats& stats) {
  return counted(stats.tables, "table") + ", " + format_bytes(stats.table_bytes) + "; WAL " +
         format_bytes(stats.wal_bytes);
}

struct Arguments {
  std::string db;
  bool clock_is_right = false;
};

Outcome<int> run(const Arguments& arguments) {
  VARVE_TRY(Engine engine, open_database(arguments.db, Access::exclusive));
  Output output = Output::standard();
  output.text() += "before     " + sizes(engine.stats()) + '\n';
  VARVE_CHECK(engine.flush());
  const Result<bool> compacted = engine.compact();
  std::optional<Failure> failure;
  if (!compacted) failure.emplace(compacted.error());
  // Around damage the rest is done.
  if (failure && failure->exit_code != exit_damaged) return std::unexpected(*failure);
  const ClockTrust trust = arguments.clock_is_right ? ClockTrust::vouched : ClockTrust::guarded;
  VARVE_CHECK(engine.collect_garbage(trust));
  output.text() += "after      " + sizes(engine.stats()) + '\n';
  if (compacted && !*compacted) output.text() += "           there was nothing to compact\n";
  output.text() += "dropped    " + counted(engine.stats().records_purged, "row") +
                   " that had expired, or been deleted or replaced\n";
  VARVE_CHECK(close_database(engine));
  VARVE_CHECK(output.finish());
  if (failure) return std::unexpected(*failure);
  return exit_ok;
}

}  // namespace

void add_compact(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand(
      "compact", "Write everything to tables, merge them, and drop what is gone");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  add_database_option(*command, arguments->db);
  command->add_flag("--clock-is-right", arguments->clock_is_right,
                    "Drop what has expired by this machine's clock");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
