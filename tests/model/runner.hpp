#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tests/model/program.hpp"

namespace varve::test {

/// Where a program and the model parted.
struct Failure {
  std::string what;
  std::vector<std::string> story;  ///< What was done until then, a line or more each.
};

/// Runs a program on an engine of its own over files in memory, beside the model.
std::optional<Failure> run(const Program& program);

/// The program with as many steps left out as can be while it still fails: halves, then quarters,
/// down to single steps, and again while that helps, for at most `runs_max` runs.
Program shrink(Program program, std::size_t runs_max);

/// The failure for a person: how to have it again, and the shortest program that shows it.
std::string report(const Program& program, const Failure& failure);

}  // namespace varve::test
