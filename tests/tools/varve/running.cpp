#include "tests/tools/varve/running.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
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

const char* command_path() { return VARVE_COMMAND; }

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

VarveOnTerminal::VarveOnTerminal(const std::vector<std::string>& arguments)
    : keyboard_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  if (keyboard_ < 0 || ::grantpt(keyboard_) != 0 || ::unlockpt(keyboard_) != 0) return;
  const char* const name = ::ptsname(keyboard_);
  // Open here, too, so that it can be read whatever the command has open.
  if (name != nullptr) terminal_ = ::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal_ < 0) return;
  std::vector<std::string> words = {VARVE_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  child_ = ::fork();
  if (child_ != 0) return;
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::dup2(terminal_, standard);
  }
  ::execv(argv.front(), argv.data());
  ::_exit(127);
}

VarveOnTerminal::~VarveOnTerminal() {
  if (is_running()) {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, &status_, 0);
  }
  if (terminal_ >= 0) ::close(terminal_);
  if (keyboard_ >= 0) ::close(keyboard_);
}

bool VarveOnTerminal::shows(const std::string& text) {
  const auto has_shown = [&] { return shown_.find(text) != std::string::npos; };
  while (!has_shown() && is_running()) read_for(10);
  read_for(0);
  return has_shown();
}

bool VarveOnTerminal::type(const std::string& text) const {
  return ::write(keyboard_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

int VarveOnTerminal::end() {
  while (is_running()) read_for(10);
  read_for(0);
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

bool VarveOnTerminal::is_running() {
  if (child_ > 0 && !has_ended_) has_ended_ = ::waitpid(child_, &status_, WNOHANG) != 0;
  return child_ > 0 && !has_ended_;
}

void VarveOnTerminal::read_for(int milliseconds) {
  std::array<char, 4096> text{};
  pollfd waited{};
  waited.fd = keyboard_;
  waited.events = POLLIN;
  while (::poll(&waited, 1, milliseconds) == 1 && (waited.revents & POLLIN) != 0) {
    const ssize_t size = ::read(keyboard_, text.data(), text.size());
    if (size <= 0) return;
    shown_.append(text.data(), static_cast<std::size_t>(size));
    milliseconds = 0;
  }
}

bool comes_true(const std::function<bool()>& is_true) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!is_true()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

VarveOnPipe::VarveOnPipe(const std::vector<std::string>& arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // It may end before all was given.
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
  const int err = ::open(directory_.path("err").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  std::vector<std::string> words = {VARVE_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  child_ = ::fork();
  if (child_ == 0) {
    // Whoever runs the tests may ignore them.
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_DFL);
    ::dup2(ends[0], STDIN_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::execv(argv.front(), argv.data());
    ::_exit(127);
  }
  ::close(ends[0]);
  ::close(err);
  pipe_ = ends[1];
}

VarveOnPipe::~VarveOnPipe() {
  end_input();
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

bool VarveOnPipe::give(const std::string& text) const {
  return ::write(pipe_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

void VarveOnPipe::end_input() {
  if (pipe_ >= 0) ::close(pipe_);
  pipe_ = -1;
}

void VarveOnPipe::signal(int number) const { ::kill(child_, number); }

int VarveOnPipe::end() {
  int status = 0;
  ::waitpid(child_, &status, 0);
  child_ = -1;
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
