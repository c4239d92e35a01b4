#pragma once

#include <functional>

#include "tools/varve/terminal/failure.hpp"

// CLI11 names it so.
namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace varve::tools {

/// Runs the command line and returns what to exit with. The exit codes are in failure.hpp.
int run_command(int argc, char** argv);

/// What a subcommand does once the command line has been read. It returns the exit code.
using Action = std::function<Outcome<int>()>;

// Each adds its subcommand to `app`, and sets `action` when that is the one that was asked for.
// Those of help and completion are in tools/varve/help.
void add_import(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_query(CLI::App& app, Action& action);
void add_latest(CLI::App& app, Action& action);
void add_downsample(CLI::App& app, Action& action);
void add_delete(CLI::App& app, Action& action);
void add_series(CLI::App& app, Action& action);
void add_labels(CLI::App& app, Action& action);
void add_top(CLI::App& app, Action& action);
void add_stats(CLI::App& app, Action& action);
void add_clock(CLI::App& app, Action& action);
void add_compact(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_dump(CLI::App& app, Action& action);
void add_demo(CLI::App& app, Action& action);

}  // namespace varve::tools
