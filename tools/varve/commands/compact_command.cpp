#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer = R"(Example:
  varve compact --db plant)";

std::string sizes(const Stats& stats) {
  return counted(stats.tables, "table") + ", " + format_bytes(stats.table_bytes) + "; WAL " +
         format_bytes(stats.wal_bytes);
}

Outcome<int> run(const std::string& db) {
  VARVE_TRY(Engine engine, open_database(db, Access::exclusive));
  Output output = Output::standard();
  output.text() += "before     " + sizes(engine.stats()) + '\n';
  VARVE_CHECK(engine.flush());
  VARVE_TRY(const bool compacted, engine.compact());
  VARVE_TRY(const std::uint64_t purged, engine.collect_garbage());
  output.text() += "after      " + sizes(engine.stats()) + '\n';
  output.text() += compacted ? "" : "           there was nothing to compact\n";
  output.text() += "collected  " + grouped(purged) + " records that had expired or been deleted\n";
  VARVE_CHECK(engine.close());
  VARVE_CHECK(output.finish());
  return exit_ok;
}

}  // namespace

void add_compact(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand(
      "compact", "Write everything to tables, merge them, and drop what is gone");
  const auto db = std::make_shared<std::string>();
  command->footer(footer);
  add_database_option(*command, *db);
  command->callback([db, &action] { action = [db] { return run(*db); }; });
}

}  // namespace varve::tools
