#include "tests/model/runner.hpp"

#include <algorithm>
#include <utility>

#include "tests/model/comparison.hpp"
#include "tests/model/session.hpp"
#include "tests/support/random.hpp"

namespace varve::test {

namespace {

constexpr std::size_t reported_steps_max = 60;

Program without(const Program& program, std::size_t first, std::size_t count) {
  Program rest = program;
  const auto begin = rest.steps.begin() + static_cast<std::ptrdiff_t>(first);
  rest.steps.erase(begin,
                   begin + static_cast<std::ptrdiff_t>(std::min(count, rest.steps.size() - first)));
  return rest;
}

}  // namespace

std::optional<Failure> run(const Program& program) {
  const Words words = words_of(program.seed, program.sizes);
  Failure failure;
  try {
    Session session(words, program.seed, program.sizes, failure.story);
    for (const Step& step : program.steps) session.run(step);
    session.finish();
    return std::nullopt;
  } catch (const Mismatch& mismatch) {
    failure.what = mismatch.what();
    return failure;
  }
}

Program shrink(Program program, std::size_t runs_max) {
  std::size_t runs = 0;
  bool helped = true;
  while (helped) {
    helped = false;
    for (std::size_t count = std::max<std::size_t>(program.steps.size() / 2, 1);; count /= 2) {
      for (std::size_t first = 0; first < program.steps.size();) {
        if (++runs > runs_max) return program;
        Program candidate = without(program, first, count);
        if (run(candidate)) {
          program = std::move(candidate);
          helped = true;
        } else {
          first += count;
        }
      }
      if (count <= 1) break;
    }
  }
  return program;
}

std::string report(const Program& program, const Failure& failure) {
  std::string text = describe_seed(program.seed) + ", " + name_of(program.sizes) +
                     " sizes: " + failure.what + "\n";
  std::size_t first = 0;
  if (failure.story.size() > reported_steps_max) {
    first = failure.story.size() - reported_steps_max;
    text += "  ... " + std::to_string(first) + " steps\n";
  }
  for (std::size_t i = first; i < failure.story.size(); ++i) {
    text += "  " + failure.story[i] + "\n";
  }
  return text;
}

}  // namespace varve::test
