// Random runs of a plant's database over the public interface, beside an oracle written from the
// headers; what it covers that the model does not is in docs/testing.md.
//
// 12 runs; 3 under a sanitizer. VARVE_DIFFERENTIAL_RUNS=1000 runs so many, VARVE_SEED=42 begins
// with that seed; VARVE_SEED alone runs that one.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

#include "tests/differential/plan.hpp"
#include "tests/differential/random_run.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/seed_watch.hpp"

namespace varve::test {
namespace {

constexpr std::uint64_t runs_usual = is_sanitized ? 3 : 12;
constexpr unsigned seconds_per_run_max = is_sanitized ? 300 : 120;
constexpr std::size_t shortening_runs_max = 150;

/// What is left of a plan that failed. Where threads take part it may not fail again, and then
/// stays as it was.
std::string report_shortened(const Plan& plan, const Trouble& trouble) {
  Compared unused;
  Plan begun{plan.seed, plan.turns};
  begun.turns.resize(std::min(begun.turns.size(), trouble.step));
  const auto fails = [&](const Plan& shorter) { return carry_out(shorter, unused).has_value(); };
  const Plan shorter = shortened(std::move(begun), fails, shortening_runs_max);
  std::string text = report(plan, trouble);
  if (const auto again = carry_out(shorter, unused)) {
    text += "\nThe same with fewer steps:\n" + report(shorter, *again);
  }
  return text;
}

TEST(Differential, the_engine_says_what_the_oracle_says) {
  const std::uint64_t first = test_seed();
  const std::uint64_t usual = given_number("VARVE_SEED") ? 1 : runs_usual;
  const std::uint64_t runs = given_number("VARVE_DIFFERENTIAL_RUNS").value_or(usual);
  SeedWatch watch(seconds_per_run_max);
  Compared compared;
  std::uint64_t steps = 0;
  for (std::uint64_t seed = first; seed - first < runs; ++seed) {
    watch.begin(seed);
    const Plan plan = random_plan(seed);
    const auto trouble = carry_out(plan, compared);
    watch.end();
    steps += plan.turns.size();
    if (trouble) FAIL() << report_shortened(plan, *trouble);
  }
  std::cout << "differential: " << runs << " runs, " << steps << " steps, " << compared.answers
            << " answers compared, of " << compared.records << " records\n";
}

}  // namespace
}  // namespace varve::test
