#include "tools/varve/demo/demo_crash.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "tools/varve/commands/database.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// The child's process, never left running.
class Child {
 public:
  Child(pid_t pid, int pipe) : pid_(pid), pipe_(pipe) {}
  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), pipe_(std::exchange(other.pipe_, -1)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    kill();
    if (pipe_ >= 0) ::close(pipe_);
  }

  /// Counts the acknowledgements that come next; empty at the end of the pipe.
  std::optional<std::uint64_t> read_acknowledgements() {
    std::array<char, 4'096> bytes;
    while (true) {
      const ssize_t count = ::read(pipe_, bytes.data(), bytes.size());
      if (count > 0) return static_cast<std::uint64_t>(count);
      if (count == 0 || errno != EINTR) return {};
    }
  }
  void kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
    pid_ = -1;
  }

 private:
  pid_t pid_;
  int pipe_;
};

/// Runs this same program, with its standard output as the pipe.
Outcome<Child> start(const std::string& dir) {
  std::array<int, 2> ends;
  if (::pipe(ends.data()) != 0) return system_failure("pipe");
  const pid_t pid = ::fork();
  if (pid < 0) return system_failure("fork");
  if (pid == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execl("/proc/self/exe", "varve", "demo-writer", "--db", dir.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  return Child(pid, ends[0]);
}

}  // namespace

WriteBatch crash_batch(std::int64_t number) {
  WriteBatch batch;
  for (std::size_t i = 0; i < crash_batch_records; ++i) {
    batch.put(crash_prefix + std::to_string(i), number, number);
  }
  return batch;
}

Outcome<int> run_crash_writer(const std::string& dir) {
  VARVE_TRY(Engine engine, open_database(dir, Access::write, Durability::appended()));
  for (std::int64_t number = 0;; ++number) {
    VARVE_CHECK(engine.write(crash_batch(number)));
    // One byte for each acknowledged batch, in their order.
    if (::write(STDOUT_FILENO, "+", 1) != 1) return exit_failed;
  }
}

Outcome<std::uint64_t> kill_a_writer(const std::string& dir, std::chrono::milliseconds after) {
  VARVE_TRY(Child child, start(dir));
  std::uint64_t acknowledged = 0;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  while (const auto count = child.read_acknowledgements()) {
    acknowledged += *count;
    const auto now = std::chrono::steady_clock::now();
    if (!deadline) deadline = now + after;
    if (now >= *deadline) child.kill();  // What is in the pipe still counts, and is read.
  }
  if (acknowledged == 0) return failed("the writing process ended before its first batch");
  return acknowledged;
}

Outcome<CrashFindings> check_after_crash(Engine& engine, std::uint64_t acknowledged) {
  std::vector<std::size_t> records(static_cast<std::size_t>(acknowledged));  // By batch.
  VARVE_TRY(Scan scan, engine.scan(Query::prefix(crash_prefix)));
  for (const RecordView& record : scan) {
    const bool sound = record.ts() >= 0 && record.value() == ValueView(record.ts());
    if (!sound) return failed("a record of " + std::string(record.key()) + " is not as written");
    const auto number = static_cast<std::size_t>(record.ts());
    // The newest batches may be there although nobody was told.
    if (number >= records.size()) records.resize(number + 1);
    ++records[number];
  }
  if (!scan.status()) return std::unexpected(Failure(scan.status().error()));

  CrashFindings findings;
  findings.acknowledged = acknowledged;
  for (std::size_t number = 0; number < records.size(); ++number) {
    const bool whole = records[number] == crash_batch_records;
    if (whole) ++findings.whole;
    if (!whole && records[number] != 0) ++findings.in_part;
    if (!whole && number < acknowledged) ++findings.missing;
  }
  return findings;
}

}  // namespace varve::tools
