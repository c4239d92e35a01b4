// Where -o writes, and what is left where a signal comes.

#include "tools/varve/terminal/output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <vector>

#include "tests/tools/varve/running.hpp"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;

class OutputTo : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_.path(name); }
  Outcome<Output> create(const std::string& file) const { return Output::create(file, path("db")); }
  /// Creates, writes and finishes.
  Outcome<void> write(const std::string& file, const std::string& text) const {
    auto output = create(file);
    if (!output) return std::unexpected(output.error());
    output->text() += text;
    return output->finish();
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(path(""))) {
      found.push_back(entry.path().filename().string());
    }
    std::ranges::sort(found);
    return found;
  }

  const TestDirectory directory_;
};

using Names = std::vector<std::string>;

TEST_F(OutputTo, a_file_takes_its_place_once_it_is_finished) {
  directory_.file("out", "old");
  fs::permissions(path("out"), fs::perms::owner_read | fs::perms::owner_write);
  {
    auto output = create(path("out")).value();
    output.text() += "new";
    ASSERT_TRUE(output.flush());
    EXPECT_EQ(read_file(path("out")), "old");
    EXPECT_EQ(names().size(), 2u);
    ASSERT_TRUE(output.finish());
  }
  EXPECT_EQ(read_file(path("out")), "new");
  EXPECT_EQ(names(), Names{"out"});
  EXPECT_EQ(fs::status(path("out")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(OutputTo, a_file_leaves_nothing_where_it_is_not_finished) {
  directory_.file("out", "old");
  {
    auto output = create(path("out")).value();
  }
  EXPECT_EQ(read_file(path("out")), "old");
  EXPECT_EQ(names(), Names{"out"});
}

TEST_F(OutputTo, a_link_replaces_what_it_leads_to) {
  fs::create_directory(path("sub"));
  directory_.file("sub/target", "old");
  fs::create_symlink("sub/target", path("link"));
  fs::create_symlink("link", path("longer"));
  ASSERT_TRUE(write(path("longer"), "new"));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_TRUE(fs::is_symlink(path("longer")));
  EXPECT_EQ(read_file(path("sub/target")), "new");
  fs::create_symlink("sub/made", path("dangling"));
  ASSERT_TRUE(write(path("dangling"), "made"));
  EXPECT_EQ(read_file(path("sub/made")), "made");
}

TEST_F(OutputTo, links_in_a_circle_fails) {
  fs::create_symlink("b", path("a"));
  fs::create_symlink("a", path("b"));
  EXPECT_FALSE(write(path("a"), "text"));
  EXPECT_EQ(names(), (Names{"a", "b"}));
}

TEST_F(OutputTo, a_pipe_is_written_as_it_stands) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", path("link"));
  auto reading = std::async(std::launch::async, [&] { return read_file(path("pipe")); });
  ASSERT_TRUE(write(path("link"), "text"));
  EXPECT_EQ(reading.get(), "text");
  EXPECT_TRUE(fs::is_fifo(path("pipe")));
  EXPECT_EQ(names(), (Names{"link", "pipe"}));
  EXPECT_TRUE(write("/dev/null", "text"));
  EXPECT_FALSE(write("/dev/full", "text"));
}

TEST_F(OutputTo, a_descriptor_goes_on_where_it_stands) {
  const std::string file = directory_.file("out", "head ");
  fs::create_hard_link(file, path("same"));
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  const std::string name = std::to_string(fd);
  fs::create_symlink("/dev/fd/" + name, path("link"));
  for (const std::string& given : {"/dev/fd/" + name, "/proc/self/fd/" + name, path("link")}) {
    EXPECT_TRUE(write(given, "more ")) << given;
  }
  ::close(fd);
  EXPECT_EQ(read_file(path("same")), "head more more more ") << "it is the same file still";
  EXPECT_FALSE(write("/dev/fd/" + name, "text")) << "it is closed";
}

TEST_F(OutputTo, the_database_itself_is_refused) {
  fs::create_directories(path("db/quarantine"));
  directory_.file("db/00000000000000000001.table", "table");
  fs::create_directory_symlink("db", path("alias"));
  fs::create_symlink("db/00000000000000000001.table", path("link"));
  fs::create_symlink("../outside", path("db/out_of_it"));
  const std::vector<std::string> refused = {
      path("db/00000000000000000001.table"),
      path("db/new.csv"),
      path("db/quarantine/new.csv"),
      path("alias/new.csv"),
      path("link"),
      path("db/out_of_it"),
      path("db/quarantine/../new.csv"),
      path("db/./new.csv"),
      path("db/"),
  };
  for (const std::string& file : refused) {
    const auto output = create(file);
    ASSERT_FALSE(output) << file;
    EXPECT_EQ(output.error().exit_code, exit_usage) << file << ": " << output.error().message;
  }
  EXPECT_EQ(read_file(path("db/00000000000000000001.table")), "table");
  EXPECT_TRUE(write(path("db.csv"), "text")) << "beside it is fine";
}

/// Of a process of its own, which ends.
void be_ended_while_writing(const std::string& file, int number, void (*before)(int)) {
  std::signal(number, before);  // As a shell may have left it.
  auto output = Output::create(file, "nowhere").value();
  output.text() += "new";
  if (!output.flush()) std::_Exit(1);
  ::raise(number);
  std::_Exit(output.finish() ? 7 : 1);
}

TEST_F(OutputTo, a_file_leaves_nothing_where_a_signal_ends_the_process) {
  directory_.file("out", "old");
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EXIT(be_ended_while_writing(path("out"), number, SIG_DFL),
                testing::KilledBySignal(number), "");
    EXPECT_EQ(names(), Names{"out"});
    EXPECT_EQ(read_file(path("out")), "old");
  }
}

TEST_F(OutputTo, a_file_is_finished_where_the_signal_is_ignored) {
  directory_.file("out", "old");
  EXPECT_EXIT(be_ended_while_writing(path("out"), SIGHUP, SIG_IGN), testing::ExitedWithCode(7), "");
  EXPECT_EQ(names(), Names{"out"});
  EXPECT_EQ(read_file(path("out")), "new");
}

TEST_F(OutputTo, a_file_leaves_signals_as_they_were_when_it_is_gone) {
  struct sigaction before{};
  ::sigaction(SIGTERM, nullptr, &before);
  ASSERT_TRUE(write(path("out"), "text"));
  struct sigaction after{};
  ::sigaction(SIGTERM, nullptr, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
}

}  // namespace
}  // namespace varve::tools
