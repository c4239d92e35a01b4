// Random programs on the engine and on the model, whose answers must be the same.
//
// 2,000 programs, and 1,000 on an engine of tiny sizes; a tenth of them under a sanitizer.
// VARVE_PROGRAMS=100000 runs so many, VARVE_SEED=42 begins with that seed; VARVE_SEED alone runs
// the one program of that seed.

#include <gtest/gtest.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

#include "tests/model/program.hpp"
#include "tests/model/runner.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

constexpr std::uint64_t programs_usual(Sizes sizes) {
  return (sizes == Sizes::shipped ? 2'000 : 1'000) / (is_sanitized ? 10 : 1);
}
constexpr unsigned seconds_per_program_max = is_sanitized ? 300 : 120;

constexpr std::uint64_t share_count = 4;
constexpr std::size_t shrinking_runs_max = 400;

std::uint64_t program_count(Sizes sizes) {
  const char* const given = std::getenv("VARVE_PROGRAMS");
  if (given == nullptr) return std::getenv("VARVE_SEED") != nullptr ? 1 : programs_usual(sizes);
  const std::string_view text = given;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument("VARVE_PROGRAMS is not a number: " + std::string(text));
  }
  return count;
}

char seed_of_this_program[64];

/// An assertion of the engine, or a program that hangs, says its seed before it ends the process.
void say_seed(int signal) {
  const ssize_t written =
      write(STDERR_FILENO, seed_of_this_program, std::strlen(seed_of_this_program));
  static_cast<void>(written);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void announce(std::uint64_t seed) {
  const std::string text = "\nwhile running " + describe_seed(seed) + "\n";
  text.copy(seed_of_this_program, sizeof seed_of_this_program - 1);
  seed_of_this_program[text.size()] = '\0';
  alarm(seconds_per_program_max);
}

class RandomPrograms : public testing::TestWithParam<std::tuple<Sizes, std::uint64_t>> {
 protected:
  void SetUp() override {
    std::signal(SIGABRT, say_seed);
    std::signal(SIGALRM, say_seed);
  }
  void TearDown() override { alarm(0); }
};

/// The whole is split into shares, so that they run beside each other.
TEST_P(RandomPrograms, give_the_answers_of_the_model) {
  const auto& [sizes, share] = GetParam();
  const std::uint64_t first = test_seed();
  const std::uint64_t count = program_count(sizes);
  for (std::uint64_t seed = first; seed - first < count; ++seed) {
    if (seed % share_count != share) continue;
    announce(seed);
    Program program = random_program(seed, sizes);
    auto failure = run(program);
    if (!failure) continue;
    if (words_of(seed, sizes).threadless()) {
      alarm(0);
      program = shrink(std::move(program), shrinking_runs_max);
      if (auto shorter = run(program)) failure = std::move(shorter);
    }
    FAIL() << report(program, *failure);
  }
}

/// Beyond the number that is usual: seeds that once found something. Another generator makes other
/// programs of them, so they may not find it again.
TEST(RandomProgram, that_once_failed_gives_the_answers_of_the_model) {
  // A merge was passed through to another key, and its rows were compared with those of the first.
  const auto failure = run(random_program(20'262'952, Sizes::tiny));
  EXPECT_FALSE(failure);
}

INSTANTIATE_TEST_SUITE_P(Share, RandomPrograms,
                         testing::Combine(testing::Values(Sizes::shipped, Sizes::tiny),
                                          testing::Range(std::uint64_t{0}, share_count)),
                         [](const auto& each) {
                           return name_of(std::get<Sizes>(each.param)) + "_" +
                                  std::to_string(std::get<std::uint64_t>(each.param));
                         });

}  // namespace
}  // namespace varve::test
