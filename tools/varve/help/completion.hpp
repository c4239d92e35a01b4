#pragma once

#include <array>
#include <string>
#include <string_view>

#include "tools/varve/help/command_tree.hpp"

namespace varve::tools {

/// What `varve completion` writes.
inline constexpr auto completion_words =
    std::to_array<std::string_view>({"bash", "zsh", "fish", "list", "man"});

// What the shells need to complete the command's words, from its tree. The name of the tree's root
// is the program's. Each text is a script, whole.

std::string bash_completion(const CommandTree& root);
std::string zsh_completion(const CommandTree& root);
std::string fish_completion(const CommandTree& root);

/// A line for each subcommand, and for each of its options: "labels set", "labels set --db DIR".
std::string command_list(const CommandTree& root);

/// The options of all subcommands, as a section of the manual page has them.
std::string manual_options(const CommandTree& root);

}  // namespace varve::tools
