#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/formats/choices.hpp"
#include "tools/varve/help/command_tree.hpp"
#include "tools/varve/help/completion.hpp"

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

/// What a positional argument may be.
std::vector<std::string> words_of(const CLI::App& app, std::string_view value) {
  if (value == "SHELL") return {completion_words.begin(), completion_words.end()};
  std::vector<std::string> words;
  if (value != "COMMAND" || app.get_parent() == nullptr) return words;
  const auto all = [](const CLI::App*) { return true; };
  for (const CLI::App* command : std::as_const(*app.get_parent()).get_subcommands(all)) {
    if (!command->get_group().empty()) words.push_back(command->get_name());
  }
  return words;
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
      std::ranges::copy(words_of(app, value), std::back_inserter(tree.words));
      continue;
    }
    OptionNode node{split(option->get_name(false, true)), std::move(value),
                    option->get_description()};
    for (const std::string& name : node.names) {
      for (const std::string_view word : choices_of(tree.name, name)) node.words.emplace_back(word);
    }
    tree.options.push_back(std::move(node));
  }
  const auto all = [](const CLI::App*) { return true; };
  for (const CLI::App* command : app.get_subcommands(all)) {
    if (!command->get_group().empty()) tree.commands.push_back(command_tree_of(*command));
  }
  return tree;
}

}  // namespace varve::tools
