#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace varve::tools {

/// An option as a person types it.
struct OptionNode {
  std::vector<std::string> names;  ///< "-o", "--output".
  std::string value;               ///< What stands behind it: "FILE"; empty for a flag.
  std::string description;
  std::vector<std::string> words = {};  ///< One of which the value is; empty: no choice.
};

/// A command with its options and subcommands: what help, completions and the manual page have in
/// common. Hidden options are not in it.
struct CommandTree {
  std::string name;
  std::string description;
  std::vector<OptionNode> options;
  bool takes_files = false;             ///< As words of their own.
  std::vector<std::string> words = {};  ///< What else stands for itself there: "bash".
  std::vector<CommandTree> commands;
};

/// What CLI11 knows.
CommandTree command_tree_of(const CLI::App& app);

}  // namespace varve::tools
