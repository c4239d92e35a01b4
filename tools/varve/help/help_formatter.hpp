#pragma once

namespace CLI {
class App;
}

namespace varve::tools {

/// Has the help of the command and of its subcommands be as wide as the terminal that it goes to,
/// up to 100 columns; 80 elsewhere. To be called before subcommands are added, which take it over.
void wrap_help(CLI::App& app);

}  // namespace varve::tools
