#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace varve::tools {

/// How a run of the command ended.
struct RunResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// Where the built command is.
const char* command_path();

/// Runs the built command, without a terminal. `input` is what it reads as standard input.
RunResult run_varve(const std::vector<std::string>& arguments, const std::string& input = "");

/// Starts the built command, sends it the signal once `is_time` says so, and returns how it ended:
/// what waitpid() says. Where it ends before that, by itself, that is returned.
int signal_varve(const std::vector<std::string>& arguments, int number,
                 const std::function<bool()>& is_time);

/// The built command on a terminal of its own, which is ended where it still runs when this goes.
class VarveOnTerminal {
 public:
  explicit VarveOnTerminal(const std::vector<std::string>& arguments);
  VarveOnTerminal(const VarveOnTerminal&) = delete;
  VarveOnTerminal& operator=(const VarveOnTerminal&) = delete;
  ~VarveOnTerminal();

  /// False where the machine has no terminals to give.
  bool has_begun() const { return child_ > 0; }
  /// Waits until it has shown the text, or ends. Returns whether it has.
  bool shows(const std::string& text);
  bool type(const std::string& text) const;
  /// Waits for its end, and returns what it exits with; -1 where a signal ended it.
  int end();
  /// All that it has shown so far.
  const std::string& shown() const { return shown_; }

 private:
  bool is_running();
  /// Takes what it shows, and waits so long for the first of it.
  void read_for(int milliseconds);

  const int keyboard_;  // The side of who sits there.
  int terminal_ = -1;   // The command's.
  pid_t child_ = -1;
  int status_ = 0;
  bool has_ended_ = false;
  std::string shown_;
};

/// Waits until it is true, for a minute at most: to end a test that would wait for ever.
bool comes_true(const std::function<bool()>& is_true);

/// A directory for one test, gone with it.
class TestDirectory {
 public:
  TestDirectory();
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory();

  /// The path of a file or directory in it, made or not.
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  /// Makes a file, and returns its path.
  std::string file(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::string& path);

/// The built command, reading its standard input from a pipe. It is killed where it still runs when
/// this goes.
class VarveOnPipe {
 public:
  explicit VarveOnPipe(const std::vector<std::string>& arguments);
  VarveOnPipe(const VarveOnPipe&) = delete;
  VarveOnPipe& operator=(const VarveOnPipe&) = delete;
  ~VarveOnPipe();

  bool give(const std::string& text) const;
  void end_input();
  void signal(int number) const;
  /// Waits for its end. What waitpid() says of it.
  int end();
  /// All that it has written to stderr so far.
  std::string err() const { return read_file(directory_.path("err")); }

 private:
  const TestDirectory directory_;
  int pipe_ = -1;
  pid_t child_ = -1;
};

}  // namespace varve::tools
