// Random programs on the engine and on the model, whose answers must be the same.
//
// 2,000 programs, and 1,000 on an engine of tiny sizes; a tenth of them under a sanitizer.
// VARVE_PROGRAMS=100000 runs so many, VARVE_SEED=42 begins with that seed; VARVE_SEED alone runs
// the one program of that seed.

#include <gtest/gtest.h>

#include <cstdint>
#include <tuple>

#include "tests/model/program.hpp"
#include "tests/model/runner.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/seed_watch.hpp"

namespace varve::test {
namespace {

constexpr std::uint64_t programs_usual(Sizes sizes) {
  return (sizes == Sizes::shipped ? 2'000 : 1'000) / (is_sanitized ? 20 : 1);
}
constexpr unsigned seconds_per_program_max = is_sanitized ? 300 : 120;

constexpr std::uint64_t share_count = 4;
constexpr std::size_t shrinking_runs_max = 400;

std::uint64_t program_count(Sizes sizes) {
  const std::uint64_t usual = given_number("VARVE_SEED") ? 1 : programs_usual(sizes);
  return given_number("VARVE_PROGRAMS").value_or(usual);
}

class RandomPrograms : public testing::TestWithParam<std::tuple<Sizes, std::uint64_t>> {
 protected:
  SeedWatch watch_{seconds_per_program_max};
};

/// The whole is split into shares, so that they run beside each other.
TEST_P(RandomPrograms, give_the_answers_of_the_model) {
  const auto& [sizes, share] = GetParam();
  const std::uint64_t first = test_seed();
  const std::uint64_t count = program_count(sizes);
  for (std::uint64_t seed = first; seed - first < count; ++seed) {
    if (seed % share_count != share) continue;
    watch_.begin(seed);
    Program program = random_program(seed, sizes);
    auto failure = run(program);
    if (!failure) continue;
    if (words_of(seed, sizes).threadless()) {
      watch_.end();
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
