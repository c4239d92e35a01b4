#include "tools/varve/help/completion.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace varve::tools {

namespace {

/// A command with the words that lead to it, without the program's: "labels set", "" for the root.
using Visit = std::function<void(const std::string& words, const CommandTree& command)>;

void visit_all(const CommandTree& command, const std::string& words, const Visit& visit) {
  visit(words, command);
  for (const CommandTree& child : command.commands) {
    visit_all(child, words.empty() ? child.name : words + ' ' + child.name, visit);
  }
}

void visit_all(const CommandTree& root, const Visit& visit) { visit_all(root, "", visit); }

/// What completes the value of an option.
enum class Completed : std::uint8_t { flag, file, directory, words, nothing };

Completed completed(const OptionNode& option) {
  if (option.value.empty()) return Completed::flag;
  if (option.value == "FILE") return Completed::file;
  if (option.value == "DIR") return Completed::directory;
  return option.words.empty() ? Completed::nothing : Completed::words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// `text` with each of `marked` behind a backslash.
std::string escaped(std::string_view text, std::string_view marked) {
  std::string out;
  for (const char c : text) {
    if (marked.contains(c)) out += '\\';
    out += c;
  }
  return out;
}

/// How an option is found: by its command's words, and its name.
std::string option_word(const std::string& words, const std::string& name) {
  return words + ':' + name;
}

/// In single quotes, as bash and zsh read them.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + '\'';
}

/// Cases of a shell's `case`: which subcommand a word leads to, from the one that it stands behind.
std::string transitions(const CommandTree& root) {
  std::string out;
  visit_all(root, [&out](const std::string& words, const CommandTree& command) {
    for (const CommandTree& child : command.commands) {
      const std::string after = words.empty() ? child.name : words + ' ' + child.name;
      out.append("      ").append(shell_quoted(option_word(words, child.name)));
      out.append(") command=").append(shell_quoted(after)).append(" ;;\n");
    }
  });
  return out;
}

/// "'query:--from'|'query:--to'": the options whose value is completed so.
std::string value_patterns(const CommandTree& root, Completed how) {
  std::string out;
  visit_all(root, [&](const std::string& words, const CommandTree& command) {
    for (const OptionNode& option : command.options) {
      if (completed(option) != how) continue;
      for (const std::string& name : option.names) {
        if (!out.empty()) out += '|';
        out += shell_quoted(option_word(words, name));
      }
    }
  });
  return out.empty() ? "''" : out;
}

/// Cases of the options whose value is one of some words: "    'query:--format') BEGINtable
/// csvEND".
std::string word_cases(const CommandTree& root, std::string_view begin, std::string_view end) {
  std::string out;
  visit_all(root, [&](const std::string& words, const CommandTree& command) {
    for (const OptionNode& option : command.options) {
      if (completed(option) != Completed::words) continue;
      for (const std::string& name : option.names) {
        out.append("    ").append(shell_quoted(option_word(words, name))).append(") ");
        ((out += begin) += joined(option.words)) += end;
      }
    }
  });
  return out;
}

std::string files_patterns(const CommandTree& root) {
  std::string out;
  visit_all(root, [&out](const std::string& words, const CommandTree& command) {
    if (command.takes_files) out += (out.empty() ? "" : "|") + shell_quoted(words);
  });
  return out.empty() ? "':'" : out;
}

/// The first line of a description, which is all that fits beside a word.
std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

/// What roff would take for its own.
std::string roff_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return !out.empty() && (out.front() == '.' || out.front() == '\'') ? "\\&" + out : out;
}

}  // namespace

std::string bash_completion(const CommandTree& root) {
  std::string out = "# Completion of " + root.name + " for bash.\n_" + root.name + R"(() {
  local word="${COMP_WORDS[COMP_CWORD]}" command='' offered='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command:${COMP_WORDS[i]}" in
)" + transitions(root) +
                    R"(    esac
  done
  COMPREPLY=()
  case "$command:${COMP_WORDS[COMP_CWORD - 1]}" in
    )" + value_patterns(root, Completed::file) +
                    R"()
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return ;;
    )" + value_patterns(root, Completed::directory) +
                    R"()
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return ;;
)" + word_cases(root, "mapfile -t COMPREPLY < <(compgen -W '", "' -- \"$word\"); return ;;\n") +
                    "    " + value_patterns(root, Completed::nothing) +
                    R"() return ;;
  esac
  case "$command" in
)";
  visit_all(root, [&out](const std::string& words, const CommandTree& command) {
    std::string offered;
    for (const CommandTree& child : command.commands) offered += child.name + ' ';
    for (const std::string& word : command.words) offered += word + ' ';
    for (const OptionNode& option : command.options) {
      for (const std::string& name : option.names) offered += name + ' ';
    }
    out += "    " + shell_quoted(words) + ") offered=" + shell_quoted(offered) + " ;;\n";
  });
  out += R"(  esac
  mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$word")
  case "$command" in
    )" + files_patterns(root) +
         R"()
      if [[ $word != -* ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
      fi ;;
  esac
}
complete -F _)" +
         root.name + ' ' + root.name + '\n';
  return out;
}

std::string zsh_completion(const CommandTree& root) {
  std::string out = "#compdef " + root.name + "\n# Completion of " + root.name + " for zsh.\n_" +
                    root.name + R"(() {
  local command='' i
  local -a offered
  for ((i = 2; i < CURRENT; i++)); do
    case "$command:${words[i]}" in
)" + transitions(root) +
                    R"(    esac
  done
  case "$command:${words[CURRENT - 1]}" in
    )" + value_patterns(root, Completed::file) +
                    R"() _files; return ;;
    )" + value_patterns(root, Completed::directory) +
                    R"() _files -/; return ;;
)" + word_cases(root, "compadd -- ", "; return ;;\n") +
                    "    " + value_patterns(root, Completed::nothing) +
                    R"() return 1 ;;
  esac
  case "$command" in
)";
  visit_all(root, [&out](const std::string& words, const CommandTree& command) {
    out += "    " + shell_quoted(words) + ")\n      offered=(\n";
    const auto offer = [&out](const std::string& word, std::string_view description) {
      out += "        " +
             shell_quoted(escaped(word, ":") + ':' + std::string(first_line(description))) + '\n';
    };
    for (const CommandTree& child : command.commands) offer(child.name, child.description);
    for (const std::string& word : command.words) offer(word, word);
    for (const OptionNode& option : command.options) {
      for (const std::string& name : option.names) offer(name, option.description);
    }
    out += "      ) ;;\n";
  });
  out += R"(  esac
  _describe -t words ')" +
         root.name +
         R"(' offered
  case "$command" in
    )" + files_patterns(root) +
         R"() _files ;;
  esac
}
# Found by the completion system, which calls it; or read by a shell that has that.
if [[ $funcstack[1] == _)" +
         root.name + R"( ]]; then
  _)" + root.name +
         R"( "$@"
else
  compdef _)" +
         root.name + ' ' + root.name + "\nfi\n";
  return out;
}

std::string fish_completion(const CommandTree& root) {
  const std::string begin = "complete -c " + root.name;
  std::string out = "# Completion of " + root.name + " for fish.\n" + begin + " -f\n";
  const auto described = [](std::string_view text) {
    return " -d '" + escaped(first_line(text), "\\'") + "'\n";
  };
  visit_all(root, [&](const std::string& words, const CommandTree& command) {
    // Each word of the way has been typed, and none of what would go further.
    std::string condition = words.empty() ? "__fish_use_subcommand" : "";
    for (std::size_t at = 0; !words.empty() && at <= words.size();) {
      const std::size_t end = std::min(words.find(' ', at), words.size());
      if (!condition.empty()) condition += "; and ";
      condition.append("__fish_seen_subcommand_from ").append(words, at, end - at);
      at = end + 1;
    }
    if (!words.empty() && !command.commands.empty()) {
      condition += "; and not __fish_seen_subcommand_from";
      for (const CommandTree& child : command.commands) condition.append(" ").append(child.name);
    }
    const std::string here = begin + " -n '" + condition + "'";
    for (const CommandTree& child : command.commands) {
      out += here + " -a " + child.name + described(child.description);
    }
    for (const OptionNode& option : command.options) {
      out += here;
      for (const std::string& name : option.names) {
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      switch (completed(option)) {
        case Completed::flag: break;
        case Completed::file: out += " -r -F"; break;
        case Completed::directory: out += " -x -a '(__fish_complete_directories)'"; break;
        case Completed::words: out += " -x -a '" + joined(option.words) + '\''; break;
        case Completed::nothing: out += " -x"; break;
      }
      out += described(option.description);
    }
    if (!command.words.empty()) out += here + " -a '" + joined(command.words) + "'\n";
    if (command.takes_files) out += here + " -F\n";
  });
  return out;
}

std::string command_list(const CommandTree& root) {
  std::string out;
  visit_all(root, [&out](const std::string& words, const CommandTree& command) {
    if (!words.empty()) out += words + '\n';
    for (const OptionNode& option : command.options) {
      for (const std::string& name : option.names) {
        if (!words.empty()) out.append(words).append(" ");
        out += name;
        if (!option.value.empty()) out.append(" ").append(option.value);
        out += '\n';
      }
    }
  });
  return out;
}

std::string manual_options(const CommandTree& root) {
  std::string out = ".SH OPTIONS\n";
  visit_all(root, [&](const std::string& words, const CommandTree& command) {
    if (words.empty()) return;  // Those of the program itself stand in its description.
    out += ".SS " + root.name + ' ' + roff_text(words) + '\n';
    for (const OptionNode& option : command.options) {
      std::string names;
      for (const std::string& name : option.names) {
        names += (names.empty() ? "\\fB" : ", \\fB") + roff_text(name) + "\\fR";
      }
      if (!option.value.empty()) names += " \\fI" + roff_text(option.value) + "\\fR";
      out += ".TP\n" + names + '\n' + roff_text(option.description) + '\n';
    }
  });
  return out;
}

}  // namespace varve::tools
