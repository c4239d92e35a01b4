// Opening takes no more memory than running does, however much the log holds.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "tests/support/database.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

constexpr int record_count = 40'000;
constexpr std::size_t value_bytes = 1'000;

/// Of private writable memory, as RLIMIT_DATA counts it.
rlim_t data_bytes_now() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "VmData:") {
      rlim_t kibibytes = 0;
      status >> kibibytes;
      return kibibytes << 10U;
    }
  }
  return 0;
}

/// The child: 0 where it opened and found everything within `more` bytes of memory.
int open_within(const Options& options, rlim_t more) {
  const rlim_t bytes = data_bytes_now() + more;
  const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
  if (::setrlimit(RLIMIT_DATA, &limit) != 0) return 1;
  try {
    auto engine = Engine::open(options);
    if (!engine) return 2;
    const auto count = engine->count(Query::all());
    return count && *count == record_count ? 0 : 3;
  } catch (const std::bad_alloc&) {
    return 4;
  }
}

TEST(RecoveryMemory, is_far_below_what_the_log_holds) {
  if (is_sanitized) GTEST_SKIP() << "sanitizers need more memory than the limit leaves";
  const TemporaryDirectory directory;
  Options options = small_options();
  options.dir = directory.path() / "db";
  options.threadless = true;
  options.memtable_bytes = options.queue_bytes = std::size_t{128} << 20;
  options.wal_bytes = std::size_t{512} << 20;
  {
    auto engine = Engine::open(options);
    ASSERT_TRUE(engine) << engine.error().message();
    const std::uint64_t flushes = engine->stats().flushes;
    const std::string value(value_bytes, 'v');
    for (int batch = 0; batch < record_count / 100; ++batch) {
      WriteBatch records;
      for (int i = 0; i < 100; ++i) records.put("k" + std::to_string(i), batch, value);
      ASSERT_TRUE(engine->write(std::move(records)));
    }
    ASSERT_EQ(engine->stats().flushes, flushes) << "all of it was to be in the log alone";
    ASSERT_TRUE(engine->close());
  }
  options.memtable_bytes = options.queue_bytes = std::size_t{1} << 20;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(open_within(options, rlim_t{12} << 20U));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << "12 MiB for a log of 40 MB: 2 does not open, 3 misses "
                                       "records, 4 has no memory";
}

}  // namespace
}  // namespace varve::test
