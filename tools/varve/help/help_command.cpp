#include "tools/varve/help/help_command.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tools/formats/choices.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/help/closest_name.hpp"
#include "tools/varve/help/command_tree.hpp"
#include "tools/varve/help/completion.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* help_footer = R"(Examples:
  varve help                 what subcommands there are
  varve help import          the same as varve import --help
  varve help labels set)";

constexpr const char* completion_footer =
    R"(The script goes where the shell looks for such: it completes subcommands, options, what
these take, and the names of files. list writes every subcommand and option, one a line; man the section OPTIONS of the
manual page.

Examples:
  varve completion bash > ~/.local/share/bash-completion/completions/varve
  varve completion zsh > ~/.zfunc/_varve          where fpath has ~/.zfunc
  varve completion fish > ~/.config/fish/completions/varve.fish)";

Outcome<int> print(const std::string& text) {
  Output output = Output::standard();
  output.text() += text;
  VARVE_CHECK(output.finish());
  return exit_ok;
}

Outcome<int> print_help(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  std::string name = app.get_name();
  for (const std::string& word : words) {
    const auto is_it = [&word](const CLI::App* one) { return one->get_name() == word; };
    const auto found = at->get_subcommands(is_it);
    if (found.empty()) {
      std::vector<std::string> names;
      for (const CommandTree& one : command_tree_of(*at).commands) names.push_back(one.name);
      const auto meant = closest_name(word, names);
      return usage("there is no subcommand " + quote(word) + " of " + name +
                   (meant ? "; did you mean " + *meant + '?' : ""));
    }
    at = found.front();
    name += ' ' + word;
  }
  return print(at->get_formatter()->make_help(at, name, CLI::AppFormatMode::Normal));
}

Outcome<int> print_completion(const CLI::App& app, const std::string& shell) {
  const CommandTree tree = command_tree_of(app);
  if (shell == "bash") return print(bash_completion(tree));
  if (shell == "zsh") return print(zsh_completion(tree));
  if (shell == "fish") return print(fish_completion(tree));
  if (shell == "list") return print(command_list(tree));
  if (shell == "man") return print(manual_options(tree));
  return usage(quote(shell) + " is no such script: " + one_of(completion_words));
}

}  // namespace

void add_help(CLI::App& app, std::function<Outcome<int>()>& action) {
  auto* const command = app.add_subcommand("help", "Show what a subcommand does and takes");
  const auto words = std::make_shared<std::vector<std::string>>();
  command->footer(help_footer);
  command->add_option("command", *words, "The subcommand; none: all of them")->type_name("COMMAND");
  command->callback(
      [&app, words, &action] { action = [&app, words] { return print_help(app, *words); }; });
}

void add_completion(CLI::App& app, std::function<Outcome<int>()>& action) {
  auto* const command =
      app.add_subcommand("completion", "Write the script that completes words in a shell");
  const auto shell = std::make_shared<std::string>();
  command->footer(completion_footer);
  command->add_option("shell", *shell, "bash, zsh or fish; or list, or man")
      ->required()
      ->type_name("SHELL");
  command->callback(
      [&app, shell, &action] { action = [&app, shell] { return print_completion(app, *shell); }; });
}

}  // namespace varve::tools
