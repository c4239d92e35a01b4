#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "tests/differential/habits.hpp"

namespace varve::test {

/// What a run does at one step.
enum class Deed : std::uint8_t {
  write_round,
  write_backlog,
  write_again,
  write_mixed,
  write_many,
  write_ahead,
  write_wrongly,
  erase_some,
  erase_span,
  patch,
  describe,
  downsample,
  ask,
  ask_everything,
  hold_snapshot,
  ask_snapshot,
  drop_snapshot,
  begin_scan,
  follow_scan,
  flush,
  compact,
  collect,
  checkpoint,
  step,
  toggle_maintenance,
  wait,
  set_clock_back,
  move_engine,
  reopen,
  look_only,
  lose_power,
};

std::string_view name_of(Deed deed);

/// One step. What it does follows from its own seed and from what the database holds, so it means
/// something whichever steps came before.
struct Turn {
  Deed deed;
  std::uint64_t seed;
};

/// A run, as its seed makes it.
struct Plan {
  std::uint64_t seed;
  std::vector<Turn> turns;
};

/// With a temper of its own: most runs do much of something, and none of something else.
Plan random_plan(std::uint64_t seed);

/// The plan with as many steps left out as can be while it still fails, in at most `tries_max`
/// runs.
Plan shortened(Plan plan, const std::function<bool(const Plan&)>& fails, std::size_t tries_max);

}  // namespace varve::test
