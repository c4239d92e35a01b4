// The built command where its input goes on: pipes, files that grow, and signals.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/tools/varve/command_fixture.hpp"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;

std::string line(const std::string& key, int second) {
  return R"({"key":")" + key + R"(","time":"2024-05-01T12:00:)" + std::to_string(10 + second) +
         "Z\",\"value\":1.5}\n";
}

class LiveImport : public Command {
 protected:
  std::vector<std::string> words(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"import", "--db", db(), "--format", "ndjson"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Whether the log has a series of this name, as it has from its first record on.
  bool has_logged(const std::string& key) const {
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(db(), absent)) {
      const bool is_log = entry.path().extension() == ".wal";
      if (is_log && contains(read_file(entry.path().string()), key)) return true;
    }
    return false;
  }
  bool comes_to(const std::string& key) const {
    return comes_true([&] { return has_logged(key); });
  }
};

TEST_F(LiveImport, has_stored_what_a_slow_pipe_gave_when_it_is_killed) {
  VarveOnPipe command(words({"-"}));
  ASSERT_TRUE(command.give(line("slow/one", 1) + line("slow/two", 2)));
  ASSERT_TRUE(comes_to("slow/two")) << command.err();
  command.signal(SIGKILL);
  command.end();
  EXPECT_TRUE(contains(exported(), "slow/one,2024-05-01T12:00:11.000000Z,1.5\n"));
  EXPECT_TRUE(contains(exported(), "slow/two,2024-05-01T12:00:12.000000Z,1.5\n"));
}

TEST_F(LiveImport, stops_in_order_where_a_signal_comes) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    fs::remove_all(db());
    VarveOnPipe command(words());
    // The second line is only begun: half a line is no line.
    ASSERT_TRUE(command.give(line("slow/one", 1) + R"({"key":"slow/two","time":)"));
    ASSERT_TRUE(comes_to("slow/one")) << command.err();
    command.signal(number);
    const int status = command.end();
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number) << status << command.err();
    EXPECT_TRUE(contains(command.err(), " behind stdin:1\n")) << command.err();
    EXPECT_TRUE(contains(command.err(), "1 record in 1 series, ")) << command.err();
    EXPECT_EQ(exported(), "key,time,value\nslow/one,2024-05-01T12:00:11.000000Z,1.5\n");
  }
}

TEST_F(LiveImport, stops_in_order_before_the_first_line) {
  VarveOnPipe command(words());
  ASSERT_TRUE(comes_true([&] { return fs::exists(db()); }));
  ASSERT_TRUE(comes_true([&] { return !find_file(db(), ".wal").empty(); }));
  command.signal(SIGTERM);
  const int status = command.end();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status << command.err();
  EXPECT_EQ(exported(), "key,time,value\n");
}

TEST_F(LiveImport, goes_on_as_a_file_grows) {
  const std::string file = directory_.file("log.ndjson", line("file/one", 1));
  VarveOnPipe command(words({"--follow", file}));
  ASSERT_TRUE(comes_to("file/one")) << command.err();
  const std::string second = line("file/two", 2);
  std::ofstream(file, std::ios::app) << second.substr(0, 20);
  std::ofstream(file, std::ios::app) << second.substr(20) << line("file/three", 3);
  ASSERT_TRUE(comes_to("file/three")) << command.err();
  command.signal(SIGINT);
  const int status = command.end();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) << status << command.err();
  EXPECT_TRUE(contains(command.err(), "3 records in 3 series, ")) << command.err();
}

TEST_F(LiveImport, ends_where_a_file_that_it_follows_is_cut) {
  const std::string file = directory_.file("log.ndjson", line("file/one", 1) + line("file/two", 2));
  VarveOnPipe command(words({"--follow", file}));
  ASSERT_TRUE(comes_to("file/two")) << command.err();
  fs::resize_file(file, 5);
  const int status = command.end();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << status;
  EXPECT_TRUE(contains(command.err(), "is shorter than what was read of it")) << command.err();
}

TEST_F(LiveImport, goes_on_with_the_file_that_takes_the_name_of_the_one_it_follows) {
  const std::string file = directory_.file("log.csv", "time,one\n2024-05-01T12:00:11Z,1.5\n");
  VarveOnPipe command({"import", "--db", db(), "--follow", file});
  ASSERT_TRUE(comes_to("one")) << command.err();
  fs::rename(file, file + ".1");
  // The last line has no end: none comes any more.
  std::ofstream(file + ".1", std::ios::app) << "2024-05-01T12:00:12Z,2.5";
  std::ofstream(file) << "time,another\n2024-05-01T12:00:13Z,3.5\n";
  ASSERT_TRUE(comes_to("another")) << command.err();
  command.signal(SIGINT);
  const int status = command.end();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) << status << command.err();
  EXPECT_TRUE(contains(command.err(), "log.csv: is another file; it is read from its beginning\n"))
      << command.err();
  EXPECT_TRUE(contains(command.err(), "log.csv:2\n")) << command.err();
  EXPECT_EQ(exported(),
            "key,time,value\n"
            "another,2024-05-01T12:00:13.000000Z,3.5\n"
            "one,2024-05-01T12:00:11.000000Z,1.5\n"
            "one,2024-05-01T12:00:12.000000Z,2.5\n");
}

TEST_F(LiveImport, ends_where_a_file_that_it_follows_was_cut_and_is_longer_than_before) {
  const std::string file = directory_.file("log.ndjson", line("file/one", 1));
  VarveOnPipe command(words({"--follow", file}));
  ASSERT_TRUE(comes_to("file/one")) << command.err();
  // In one write, so that nobody sees it shorter.
  const std::string anew = line("file/two", 2) + line("file/three", 3);
  const int writing = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(writing, 0);
  ASSERT_EQ(::pwrite(writing, anew.data(), anew.size(), 0), static_cast<ssize_t>(anew.size()));
  ::close(writing);
  const int status = command.end();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << status;
  EXPECT_TRUE(contains(command.err(), "begins with other bytes than what was read of it"))
      << command.err();
}

TEST_F(LiveImport, shows_what_it_would_do_without_a_database) {
  const RunResult result = run_varve({"import", "--dry-run"}, small_csv);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(result.out.starts_with("stdin\n  format csv, since it looks like no other\n"))
      << result.out;
  EXPECT_TRUE(contains(result.out, "  plant/a  2013-12-02 21:15:00    1.5  double\n"))
      << result.out;
  EXPECT_TRUE(contains(result.err, "3 records in 2 series, ")) << result.err;
  EXPECT_TRUE(contains(result.err, "; nothing was written\n")) << result.err;
}

TEST_F(LiveImport, says_nothing_empty_where_nobody_reads_what_it_would_do) {
  const std::string fifo = directory_.path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const std::string err = directory_.path("err");
  // Its input comes only after the reader of its output has closed that.
  const std::string command = "'" + std::string(command_path()) + "' import --dry-run <'" + fifo +
                              "' 2>'" + err + "' | { exec <&-; printf '" +
                              "key,time,value\\na,2024-05-01T12:00:00Z,1\\n' >'" + fifo + "'; }";
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(contains(read_file(err), "1 record in 1 series, ")) << read_file(err);
  EXPECT_FALSE(contains(read_file(err), "varve: \n")) << read_file(err);
}

TEST_F(LiveImport, finds_the_format_by_name_and_by_content) {
  const std::string prom = directory_.file("node.prom", "up{job=\"a\"} 1 1714521600000\n");
  ASSERT_EQ(on_db("import", {prom}).exit_code, 0);
  ASSERT_EQ(on_db("import", {}, line("by/content", 1)).exit_code, 0);
  ASSERT_EQ(on_db("import", {}, "cpu,host=a idle=98.5 1714521600000000000\n").exit_code, 0);
  const std::string out = exported();
  EXPECT_TRUE(contains(out, "\"up,job=a\",2024-05-01T00:00:00.000000Z,1\n")) << out;
  EXPECT_TRUE(contains(out, "by/content,2024-05-01T12:00:11.000000Z,1.5\n")) << out;
  EXPECT_TRUE(contains(out, "\"cpu_idle,host=a\",2024-05-01T00:00:00.000000Z,98.5\n")) << out;
}

/// A terminal as people have it: a slow pipe, a bar that shows how far it is, and Ctrl-C.
class LiveImportInTmux : public LiveImport {
 protected:
  void SetUp() override {
    if (std::system("tmux -V >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no tmux";
    // Paths and words of these tests have no quotes in them.
    tmux_ = "TMUX= tmux -f /dev/null -S '" + directory_.path("socket") + "' ";
  }
  void TearDown() override {
    if (!tmux_.empty()) call("kill-server");
  }
  int call(const std::string& words) const {
    return std::system((tmux_ + words + " >/dev/null 2>&1").c_str());
  }
  /// In double quotes of a shell, and a line.
  void type(const std::string& text) const {
    call("send-keys -l \"" + text + '"');
    call("send-keys Enter");
  }
  std::string screen() const {
    const std::string file = directory_.path("screen");
    if (std::system((tmux_ + "capture-pane -p >'" + file + "' 2>&1").c_str()) != 0) return "";
    return read_file(file);
  }

  std::string tmux_;
};

TEST_F(LiveImportInTmux, shows_how_far_it_is_and_stops_in_order_at_ctrl_c) {
  const std::string fifo = directory_.path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int writing = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);  // Does not wait for who reads.
  ASSERT_GE(writing, 0);
  if (call("new-session -d -x 100 -y 20 'sh -i'") != 0) GTEST_SKIP() << "tmux cannot start here";
  type("'" + std::string(command_path()) + "' import --db '" + db() + "' --format ndjson - < '" +
       fifo + "'");
  const std::string text = line("slow/one", 1);
  ASSERT_EQ(::write(writing, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ASSERT_TRUE(comes_true([&] { return contains(screen(), "1 records  "); })) << screen();
  call("send-keys C-c");
  ASSERT_TRUE(comes_true([&] { return contains(screen(), "1 record in 1 series, "); })) << screen();
  EXPECT_TRUE(contains(screen(), "varve: stopped by SIGINT behind stdin:1")) << screen();
  EXPECT_FALSE(contains(screen(), "1 records  ")) << "the bar is gone: " << screen();
  type("echo status \\$?");
  EXPECT_TRUE(comes_true([&] { return contains(screen(), "status 130"); })) << screen();
  ::close(writing);
  EXPECT_EQ(exported(), "key,time,value\nslow/one,2024-05-01T12:00:11.000000Z,1.5\n");
}

}  // namespace
}  // namespace varve::tools
