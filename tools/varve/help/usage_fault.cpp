#include "tools/varve/help/usage_fault.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "tools/formats/value_text.hpp"
#include "tools/varve/help/closest_name.hpp"
#include "tools/varve/help/command_tree.hpp"

namespace varve::tools {

namespace {

std::string meant(std::string_view text, const std::vector<std::string>& names) {
  const auto closest = closest_name(text, names);
  return closest ? "; did you mean " + *closest + '?' : "";
}

std::string unknown_option(const std::string& text, const std::string& command,
                           const CommandTree& tree) {
  // What stands behind an equal sign is its value.
  const std::string name = text.substr(0, text.find('='));
  std::vector<std::string> names;
  for (const OptionNode& option : tree.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return "there is no option " + quote(name) + " of " + command + meant(name, names);
}

std::string unknown_word(const std::string& text, const std::string& command,
                         const CommandTree& tree) {
  if (tree.commands.empty()) return quote(text) + " is more than " + command + " takes";
  std::vector<std::string> names;
  names.reserve(tree.commands.size());
  for (const CommandTree& child : tree.commands) names.push_back(child.name);
  return "there is no subcommand " + quote(text) + meant(text, names);
}

}  // namespace

UsageFault usage_fault(const CLI::App& app, const std::string& reason) {
  // The command that the words led to, and the first that has words left over.
  const CLI::App* at = &app;
  std::string command = app.get_name();
  UsageFault fault;
  while (true) {
    const std::vector<std::string> left = at->remaining();
    const auto option = std::ranges::find_if(
        left, [](const std::string& word) { return word.starts_with('-') && word != "--"; });
    if (fault.what.empty() && option != left.end()) {
      fault.what = unknown_option(*option, command, command_tree_of(*at));
    } else if (fault.what.empty() && !left.empty()) {
      fault.what = unknown_word(left.front(), command, command_tree_of(*at));
    }
    const std::vector<CLI::App*> chosen = at->get_subcommands();
    if (chosen.empty()) break;
    at = chosen.front();
    command += ' ' + at->get_name();
  }
  if (fault.what.empty()) fault.what = reason;
  fault.advice = "see " + command + " --help";
  return fault;
}

}  // namespace varve::tools
