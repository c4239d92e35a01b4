// The manual page against the options that the built command knows.

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/tools/varve/command_fixture.hpp"

namespace varve::tools {
namespace {

/// A page without what roff makes of it: fonts, and backslashes before hyphens.
std::string plain(const std::string& page) {
  std::string out;
  for (std::size_t i = 0; i < page.size(); ++i) {
    if (page.compare(i, 2, "\\f") == 0) {
      i += 2;
    } else if (page.compare(i, 2, "\\-") == 0) {
      // The hyphen follows.
    } else {
      out += page[i];
    }
  }
  return out;
}

/// The text of each part "varve import" of the section OPTIONS.
std::map<std::string, std::string> parts_of(const std::string& page) {
  std::map<std::string, std::string> parts;
  std::istringstream lines(page);
  std::string part;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(".SH ")) part.clear();
    if (line.starts_with(".SS varve ")) part = line.substr(10);
    if (!part.empty()) parts[part] += ' ' + line + ' ';
  }
  return parts;
}

/// Whether the option stands there as a word.
bool has_word(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const char before = text[at - 1];
    const char after = text[at + word.size()];
    if (before == ' ' && (after == ' ' || after == ',')) return true;
  }
  return false;
}

TEST(Manual, has_every_option_of_every_subcommand) {
  const auto parts = parts_of(plain(read_file(VARVE_MANUAL)));
  std::istringstream lines(run_varve({"completion", "list"}).out);
  int options = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t dash = line.find(" -");
    if (dash == std::string::npos) continue;
    const std::string command = line.substr(0, dash);
    const std::string option = line.substr(dash + 1, line.find(' ', dash + 1) - dash - 1);
    const auto part = parts.find(command);
    const bool is_there = part != parts.end() && has_word(part->second, option);
    EXPECT_TRUE(is_there) << "varve.1 lacks " << option << " of varve " << command
                          << "; `varve completion man` writes its section OPTIONS";
    ++options;
  }
  EXPECT_GT(options, 100) << "the list was read";
}

TEST(Manual, names_no_option_that_is_not_there) {
  const std::string known = "\n" + run_varve({"completion", "list"}).out;
  for (const auto& [command, text] : parts_of(plain(read_file(VARVE_MANUAL)))) {
    EXPECT_TRUE(contains(known, "\n" + command + "\n")) << "varve " << command;
    std::istringstream words(text);
    bool is_name = false;  // Names stand on the line behind .TP.
    for (std::string word; words >> word;) {
      if (word == ".TP") {
        is_name = true;
      } else if (is_name && word.starts_with('-')) {
        if (word.ends_with(',')) {
          word.pop_back();
        } else {
          is_name = false;
        }
        const std::string line = "\n" + command + ' ' + word;
        EXPECT_TRUE(contains(known, line + '\n') || contains(known, line + ' '))
            << word << " of varve " << command;
      } else {
        is_name = false;
      }
    }
  }
}

TEST(Help, of_a_subcommand_is_what_its_option_shows) {
  for (const char* const command : {"import", "query"}) {
    EXPECT_EQ(run_varve({"help", command}).out, run_varve({command, "--help"}).out);
  }
  EXPECT_EQ(run_varve({"help", "labels", "set"}).out, run_varve({"labels", "set", "--help"}).out);
  EXPECT_EQ(run_varve({"help"}).out, run_varve({"--help"}).out);
}

TEST(Help, is_not_wider_than_80_columns_where_there_is_no_terminal) {
  std::istringstream commands(run_varve({"completion", "list"}).out);
  for (std::string command; std::getline(commands, command);) {
    if (contains(command, "-")) continue;
    std::vector<std::string> words = {"help"};
    std::istringstream parts(command);
    for (std::string word; parts >> word;) words.push_back(word);
    std::istringstream lines(run_varve(words).out);
    for (std::string line; std::getline(lines, line);) {
      // Commands to be copied stay on one line, and so does one long word.
      const bool is_whole = contains(line, "  varve ") || contains(line, " | ") ||
                            contains(line, "--") || line.find_last_of(' ') < 40;
      EXPECT_TRUE(line.size() <= 80 || is_whole) << command << ": " << line;
    }
  }
}

}  // namespace
}  // namespace varve::tools
