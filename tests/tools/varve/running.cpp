#include "tests/tools/varve/running.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace varve::tools {

namespace {

std::string in_quotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + '\'';
}

}  // namespace

RunResult run_varve(const std::vector<std::string>& arguments, const std::string& input) {
  const TestDirectory directory;
  std::string command = "LC_ALL=C.UTF-8 " + in_quotes(VARVE_COMMAND);
  for (const std::string& argument : arguments) command += ' ' + in_quotes(argument);
  command += " <" + in_quotes(directory.file("in", input));
  command += " >" + in_quotes(directory.path("out")) + " 2>" + in_quotes(directory.path("err"));
  const int status = std::system(command.c_str());
  RunResult result;
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  result.out = read_file(directory.path("out"));
  result.err = read_file(directory.path("err"));
  return result;
}

int signal_varve(const std::vector<std::string>& arguments, int number,
                 const std::function<bool()>& is_time) {
  std::vector<std::string> words = {VARVE_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(number, SIG_DFL);  // Whoever runs the tests may ignore it.
    ::execv(argv.front(), argv.data());
    ::_exit(127);
  }
  int status = 0;
  while (!is_time()) {
    if (::waitpid(child, &status, WNOHANG) != 0) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ::kill(child, number);
  ::waitpid(child, &status, 0);
  return status;
}

TestDirectory::TestDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "varve-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TestDirectory::~TestDirectory() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string TestDirectory::file(const std::string& name, const std::string& text) const {
  std::ofstream(path(name), std::ios::binary) << text;
  return path(name);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace varve::tools
