#pragma once

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

/// Runs the built command, without a terminal. `input` is what it reads as standard input.
RunResult run_varve(const std::vector<std::string>& arguments, const std::string& input = "");

/// Starts the built command, sends it the signal once `is_time` says so, and returns how it ended:
/// what waitpid() says. Where it ends before that, by itself, that is returned.
int signal_varve(const std::vector<std::string>& arguments, int number,
                 const std::function<bool()>& is_time);

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

}  // namespace varve::tools
