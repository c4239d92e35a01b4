// A process with several writers is killed at random moments, again and again on one database:
// what it had acknowledged is there, and no batch is there in part.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <thread>

#include "tests/support/database.hpp"
#include "tests/support/engine_sizes.hpp"
#include "tests/support/random.hpp"

namespace varve::test {
namespace {

constexpr int writer_count = 4;
constexpr int batch_records = 5;

struct Acknowledged {
  std::int32_t round;
  std::int32_t writer;
  std::int64_t number;
};

std::uint64_t kill_count() {
  const char* text = std::getenv("VARVE_KILLS");
  return text == nullptr ? 15 : std::strtoull(text, nullptr, 10);
}

Options kill_options(const std::filesystem::path& dir) {
  Options options;
  options.dir = dir;
  options.memtable_bytes = std::size_t{128} << 10;
  options.wal_bytes = std::size_t{1} << 20;
  options.queue_bytes = std::size_t{128} << 10;
  options.durability = Durability::appended();
  return options;
}

/// By turns, on the one database.
Sizes sizes_of(std::uint64_t round) { return round % 2 == 0 ? Sizes::shipped : Sizes::small; }

std::string key_of(int round, int writer, int record) {
  return std::to_string(round) + "/" + std::to_string(writer) + "/" + std::to_string(record);
}

/// The child: writes until it is killed, and says what was acknowledged. A pipe's write of so few
/// bytes is atomic.
[[noreturn]] void write_until_killed(const std::filesystem::path& dir, int round, int out) {
  auto engine = open_engine(kill_options(dir), sizes_of(static_cast<std::uint64_t>(round)));
  if (!engine) _exit(1);
  std::vector<std::thread> writers;
  for (int writer = 0; writer < writer_count; ++writer) {
    writers.emplace_back([&, writer] {
      for (std::int64_t number = 0;; ++number) {
        WriteBatch batch;
        for (int i = 0; i < batch_records; ++i) batch.put(key_of(round, writer, i), number, number);
        const auto durability = number % 8 == 0 ? Durability::always() : Durability::appended();
        if (!engine->write(std::move(batch), WriteOptions().durability(durability))) _exit(1);
        const Acknowledged said{round, writer, number};
        if (::write(out, &said, sizeof said) != sizeof said) _exit(1);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  _exit(1);
}

TEST(Kill, loses_nothing_acknowledged_and_leaves_no_batch_in_part) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(describe_seed(seed));
  Random random(seed);
  const TemporaryDirectory directory;
  const auto dir = directory.path() / "db";
  std::map<std::pair<int, int>, std::int64_t> acknowledged;  // (round, writer): the greatest number
  const std::uint64_t kills = kill_count();
  for (std::uint64_t round = 0; round < kills; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(pipe_ends[0]);
      write_until_killed(dir, static_cast<int>(round), pipe_ends[1]);
    }
    close(pipe_ends[1]);
    // The time runs from the first acknowledgement, so that every round writes something.
    std::thread killer;
    Acknowledged said{};
    bool first = true;
    const auto pause = std::chrono::microseconds(random.below(60'000));
    while (read(pipe_ends[0], &said, sizeof said) == sizeof said) {
      auto& greatest = acknowledged[{said.round, said.writer}];
      greatest = std::max(greatest, said.number);
      if (first) {
        killer = std::thread([=] {
          std::this_thread::sleep_for(pause);
          kill(child, SIGKILL);
        });
      }
      first = false;
    }
    close(pipe_ends[0]);
    if (killer.joinable()) killer.join();
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself in round " << round;

    auto engine = open_engine(kill_options(dir), sizes_of(round));
    ASSERT_TRUE(engine) << engine.error().message();
    EXPECT_TRUE(engine->recovery_report().damages.empty()) << engine->recovery_report().to_string();
    // Earlier rounds were looked at when they ended; look at one of them again.
    for (const std::uint64_t looked_at : {round, random.below(round + 1)}) {
      for (int writer = 0; writer < writer_count; ++writer) {
        const auto said_last = acknowledged.find({static_cast<int>(looked_at), writer});
        std::vector<std::uint64_t> counts;
        for (int i = 0; i < batch_records; ++i) {
          counts.push_back(
              engine->count(Query::key(key_of(static_cast<int>(looked_at), writer, i))).value());
        }
        if (said_last != acknowledged.end()) {
          EXPECT_GE(counts[0], static_cast<std::uint64_t>(said_last->second + 1))
              << "round " << looked_at << ", writer " << writer;
        }
        for (const std::uint64_t count : counts) EXPECT_EQ(count, counts[0]) << "a batch in part";
      }
    }
    ASSERT_TRUE(engine->close());
  }
}

}  // namespace
}  // namespace varve::test
