#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "tools/varve/commands/command.hpp"
#include "tools/varve/stored/dump.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer =
    R"(One line per group of the log, block of a table, or edit of a manifest; of a table's block a second
one says how each column is encoded and how many bytes it takes, and the end adds them up. Damage is
named on stderr with its offsets, what is whole behind it is shown all the same, and the exit code
is 4. Behind a hole in the log, keys that it may have defined have only a number. A torn group at the
end of a log is no damage: a kill leaves one. The files lie in a database's directory, or in its
quarantine/; nothing is opened for writing.

Examples:
  varve dump wal plant/00000000000000000007.wal
  varve dump wal plant/quarantine/00000000000000000007.wal --rows
  varve dump table plant/00000000000000000012.table --rows
  varve dump manifest plant/00000000000000000003.manifest)";

using Dump = Outcome<void> (*)(const std::filesystem::path& file, bool rows, Output& output);

Outcome<int> run(Dump dump, const std::string& file, bool rows) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return failed(file + ": no such file");
  if (!std::filesystem::is_regular_file(file, error)) return failed(file + ": not a file");
  Output output = Output::standard();
  const Outcome<void> outcome = dump(file, rows, output);
  VARVE_CHECK(output.finish());
  VARVE_CHECK(outcome);
  return exit_ok;
}

void add_kind(CLI::App& command, Action& action, const char* name, const char* description,
              Dump dump) {
  struct Arguments {
    std::string file;
    bool rows = false;
  };
  auto* const kind = command.add_subcommand(name, description);
  const auto arguments = std::make_shared<Arguments>();
  kind->add_option("file", arguments->file, "The file")->required()->type_name("FILE");
  kind->add_flag("--rows", arguments->rows, "Print the rows, too");
  kind->footer(footer);
  kind->callback([arguments, dump, &action] {
    action = [arguments, dump] { return run(dump, arguments->file, arguments->rows); };
  });
}

}  // namespace

void add_dump(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand("dump", "Show a stored file in readable form");
  command->footer(footer);
  command->require_subcommand(1);
  add_kind(*command, action, "wal", "A segment of the log (NNN.wal)", dump_wal);
  add_kind(*command, action, "table", "A table (NNN.table)", dump_table);
  add_kind(*command, action, "manifest", "One file of a manifest (NNN.manifest or NNN.copy)",
           dump_manifest);
}

}  // namespace varve::tools
