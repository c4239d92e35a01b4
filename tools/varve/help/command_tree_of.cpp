#include <CLI/CLI.hpp>
#include <string_view>
#include <utility>

#include "tools/varve/help/command_tree.hpp"

namespace varve::tools {

namespace {

std::vector<std::string> split(std::string_view names) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = names.find(',');
    parts.emplace_back(names.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    names.remove_prefix(comma + 1);
  }
}

}  // namespace

CommandTree command_tree_of(const CLI::App& app) {
  CommandTree tree;
  tree.name = app.get_name();
  tree.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // Hidden.
    const bool is_flag = option->get_expected_max() == 0;
    std::string value = is_flag ? std::string() : option->get_type_name();
    if (!option->nonpositional()) {
      tree.takes_files = tree.takes_files || value == "FILE";
      continue;
    }
    tree.options.push_back(
        {split(option->get_name(false, true)), std::move(value), option->get_description()});
  }
  const auto all = [](const CLI::App*) { return true; };
  for (const CLI::App* command : app.get_subcommands(all)) {
    if (!command->get_group().empty()) tree.commands.push_back(command_tree_of(*command));
  }
  return tree;
}

}  // namespace varve::tools
