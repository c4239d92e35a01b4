#pragma once

#include <functional>

#include "tools/varve/terminal/failure.hpp"

namespace CLI {
class App;
}

namespace varve::tools {

// Each adds its subcommand to `app`, which outlives `action`, and sets that when it was asked for.

/// `varve help [COMMAND...]`.
void add_help(CLI::App& app, std::function<Outcome<int>()>& action);
/// `varve completion SHELL`.
void add_completion(CLI::App& app, std::function<Outcome<int>()>& action);

}  // namespace varve::tools
