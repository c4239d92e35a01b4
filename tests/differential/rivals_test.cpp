// Threads that write, read and keep one database, and what holds at any moment of it.
//
// 3 runs of 60 batches by each writer; 2 of 20 under a sanitizer. VARVE_DIFFERENTIAL_RUNS and
// VARVE_SEED are those of differential_test.cpp.

#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <iostream>

#include "tests/differential/rivals.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/seed_watch.hpp"

namespace varve::test {
namespace {

constexpr std::uint64_t runs_usual = is_sanitized ? 2 : 3;
constexpr std::uint64_t batches = is_sanitized ? 20 : 60;
constexpr unsigned seconds_per_run_max = is_sanitized ? 300 : 120;

TEST(DifferentialThreads, see_whole_batches_and_leave_what_their_oracles_say) {
  const std::uint64_t first = test_seed();
  const std::uint64_t usual = given_number("VARVE_SEED") ? 1 : runs_usual;
  const std::uint64_t runs = given_number("VARVE_DIFFERENTIAL_RUNS").value_or(usual);
  SeedWatch watch(seconds_per_run_max);
  Compared compared;
  for (std::uint64_t seed = first; seed - first < runs; ++seed) {
    watch.begin(seed);
    try {
      Rivals(seed, batches, compared).run();
    } catch (const std::exception& disagreement) {
      FAIL() << describe_seed(seed) << ": " << disagreement.what()
             << "\nto have it again: " << describe_seed(seed)
             << " differential_tests --gtest_filter='DifferentialThreads.*', some times over";
    }
  }
  std::cout << "differential: " << runs << " runs of threads, " << compared.answers
            << " answers compared\n";
}

}  // namespace
}  // namespace varve::test
