#include "tools/varve/help/completion.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/tools/varve/command_fixture.hpp"
#include "tools/formats/choices.hpp"

namespace varve::tools {
namespace {

CommandTree small_tree() {
  CommandTree tree;
  tree.name = "tool";
  tree.options = {{{"-h", "--help"}, "", "Print this"}};
  CommandTree get;
  get.name = "get";
  get.description = "Get one's things";
  get.options = {{{"--db"}, "DIR", "Where: a directory"}, {{"--from"}, "TIME", "From then on"}};
  get.takes_files = true;
  CommandTree set;
  set.name = "set";
  set.description = "Set";
  set.options = {{{"--all"}, "", "All of them"}};
  get.commands = {set};
  tree.commands = {get};
  return tree;
}

TEST(CommandList, has_a_line_for_each_subcommand_and_option) {
  EXPECT_EQ(command_list(small_tree()),
            "-h\n--help\nget\nget --db DIR\nget --from TIME\nget set\nget set --all\n");
}

TEST(FishCompletion, has_a_line_for_each_word_under_its_condition) {
  EXPECT_EQ('\n' + fish_completion(small_tree()), R"(
# Completion of tool for fish.
complete -c tool -f
complete -c tool -n '__fish_use_subcommand' -a get -d 'Get one\'s things'
complete -c tool -n '__fish_use_subcommand' -s h -l help -d 'Print this'
complete -c tool -n '__fish_seen_subcommand_from get; and not __fish_seen_subcommand_from set' -a set -d 'Set'
complete -c tool -n '__fish_seen_subcommand_from get; and not __fish_seen_subcommand_from set' -l db -x -a '(__fish_complete_directories)' -d 'Where: a directory'
complete -c tool -n '__fish_seen_subcommand_from get; and not __fish_seen_subcommand_from set' -l from -x -d 'From then on'
complete -c tool -n '__fish_seen_subcommand_from get; and not __fish_seen_subcommand_from set' -F
complete -c tool -n '__fish_seen_subcommand_from get; and __fish_seen_subcommand_from set' -l all -d 'All of them'
)");
}

TEST(ZshCompletion, keeps_colons_and_quotes_of_descriptions_apart_from_its_own) {
  const std::string script = zsh_completion(small_tree());
  EXPECT_TRUE(script.starts_with("#compdef tool\n")) << script;
  EXPECT_TRUE(contains(script, "'get:Get one'\\''s things'")) << script;
  EXPECT_TRUE(contains(script, "'--db:Where: a directory'")) << script;
  EXPECT_TRUE(contains(script, "'get:set') command='get set' ;;")) << script;
}

TEST(FishCompletion, offers_the_words_of_an_option_and_of_a_command) {
  CommandTree tree;
  tree.name = "tool";
  tree.options = {{{"--by"}, "WHAT", "By what", {"bytes", "records"}}};
  tree.words = {"one", "two"};
  const std::string script = fish_completion(tree);
  EXPECT_TRUE(contains(script, "-l by -x -a 'bytes records' -d 'By what'\n")) << script;
  EXPECT_TRUE(contains(script, "__fish_use_subcommand' -a 'one two'\n")) << script;
}

TEST(ZshCompletion, offers_the_words_of_an_option_and_directories) {
  CommandTree tree = small_tree();
  tree.options.push_back({{"--by"}, "WHAT", "By what", {"bytes", "records"}});
  const std::string script = zsh_completion(tree);
  EXPECT_TRUE(contains(script, "':--by') compadd -- bytes records; return ;;\n")) << script;
  EXPECT_TRUE(contains(script, "'get:--db') _files -/; return ;;\n")) << script;
}

TEST(ManualOptions, are_a_section_with_a_part_for_each_subcommand) {
  EXPECT_EQ('\n' + manual_options(small_tree()), R"(
.SH OPTIONS
.SS tool get
.TP
\fB\-\-db\fR \fIDIR\fR
Where: a directory
.TP
\fB\-\-from\fR \fITIME\fR
From then on
.SS tool get set
.TP
\fB\-\-all\fR
All of them
)");
}

/// What bash offers for the last of the words, by the script of the built command.
class BashCompletion : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("bash -c 'type mapfile compgen' >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "there is no bash";
    }
    script_ = directory_.file("script", run_varve({"completion", "bash"}).out);
  }
  std::string offered(const std::string& words) const {
    const std::string out = directory_.path("out");
    const std::string command = "cd " + directory_.path("") + " && bash -c '. " + script_ +
                                "; COMP_WORDS=(varve " + words +
                                "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _varve 2>/dev/null; "
                                "printf \"%s \" \"${COMPREPLY[@]}\"' >" +
                                out;
    EXPECT_EQ(std::system(command.c_str()), 0);
    return read_file(out);
  }

  const TestDirectory directory_;
  std::string script_;
};

TEST_F(BashCompletion, offers_subcommands) {
  EXPECT_EQ(offered("im"), "import ");
  EXPECT_EQ(offered("labels s"), "set ");
}

TEST_F(BashCompletion, offers_options_of_the_subcommand) {
  EXPECT_EQ(offered("query --per"), "--per-series ");
  EXPECT_EQ(offered("labels set --rep"), "--replace ");
  EXPECT_EQ(offered("latest --per"), " ");
}

TEST_F(BashCompletion, offers_files_where_a_value_is_one) {
  directory_.file("meter.csv", "");
  EXPECT_EQ(offered("export -o met"), "meter.csv ");
  EXPECT_EQ(offered("import met"), "meter.csv ");
  EXPECT_EQ(offered("query --key met"), " ") << "a key is none";
}

TEST_F(BashCompletion, offers_directories_alone_where_a_value_is_one) {
  directory_.file("meter.csv", "");
  std::filesystem::create_directory(directory_.path("meters"));
  EXPECT_EQ(offered("query --db met"), "meters ");
}

TEST_F(BashCompletion, offers_files_to_what_shows_one) {
  directory_.file("1.wal", "");
  EXPECT_EQ(offered("dump wal 1"), "1.wal ");
}

TEST_F(BashCompletion, offers_the_words_that_an_option_takes) {
  EXPECT_EQ(offered("query --format t"), "table ");
  EXPECT_EQ(offered("query --aggregate st"), "stddev ");
  EXPECT_EQ(offered("downsample --fill n"), "none ") << "null is for queries";
  EXPECT_EQ(offered("import --time-unit n"), "ns ");
  EXPECT_EQ(offered("import --on-error s"), "skip ");
  EXPECT_EQ(offered("top --by r"), "records ");
}

TEST_F(BashCompletion, offers_subcommands_to_help_and_shells_to_completion) {
  EXPECT_EQ(offered("help im"), "import ");
  EXPECT_EQ(offered("completion z"), "zsh ");
}

TEST(Choices, are_of_options_that_are_there) {
  const std::string known = "\n" + run_varve({"completion", "list"}).out;
  for (const ChoiceOption& one : options_with_choices()) {
    const std::string line = "\n" + std::string(one.command) + ' ' + std::string(one.option) + ' ';
    EXPECT_TRUE(contains(known, line)) << line;
  }
}

TEST(Choices, are_said_as_people_say_them) {
  EXPECT_EQ(one_of(answer_format_words), "table, csv or json");
  EXPECT_EQ(neither_of(top_words), "neither bytes nor records");
}

TEST(Completion, is_made_for_each_shell) {
  for (const char* const shell : {"bash", "zsh", "fish"}) {
    const RunResult result = run_varve({"completion", shell});
    EXPECT_EQ(result.exit_code, 0) << shell << result.err;
    EXPECT_TRUE(contains(result.out, "downsample")) << shell;
  }
}

}  // namespace
}  // namespace varve::tools
