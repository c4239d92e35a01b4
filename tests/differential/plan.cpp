#include "tests/differential/plan.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace varve::test {

namespace {

/// What is done more in a run of this temper.
enum class Temper : std::uint8_t { even, writing, erasing, keeping, holding, restarting };
constexpr std::uint64_t tempers = 6;

struct Usual {
  Deed deed;
  std::string_view name;
  std::uint64_t weight;
  Temper temper;
};

constexpr Usual usual[] = {
    {Deed::write_round, "write a round", 16, Temper::writing},
    {Deed::write_backlog, "write a backlog", 6, Temper::writing},
    {Deed::write_again, "write again", 5, Temper::writing},
    {Deed::write_mixed, "write mixed things", 5, Temper::erasing},
    {Deed::write_many, "write many batches", 4, Temper::writing},
    {Deed::write_ahead, "write without waiting", 4, Temper::writing},
    {Deed::write_wrongly, "write wrongly", 2, Temper::even},
    {Deed::erase_some, "erase some", 4, Temper::erasing},
    {Deed::erase_span, "erase a span", 4, Temper::erasing},
    {Deed::patch, "patch", 4, Temper::erasing},
    {Deed::describe, "describe", 5, Temper::erasing},
    {Deed::downsample, "downsample", 3, Temper::even},
    {Deed::ask, "ask", 16, Temper::even},
    {Deed::ask_everything, "ask everything", 2, Temper::even},
    {Deed::hold_snapshot, "hold a snapshot", 4, Temper::holding},
    {Deed::ask_snapshot, "ask a snapshot", 6, Temper::holding},
    {Deed::drop_snapshot, "drop a snapshot", 2, Temper::holding},
    {Deed::begin_scan, "begin a scan", 3, Temper::holding},
    {Deed::follow_scan, "follow a scan", 5, Temper::holding},
    {Deed::flush, "flush", 7, Temper::keeping},
    {Deed::compact, "compact", 4, Temper::keeping},
    {Deed::collect, "collect", 4, Temper::keeping},
    {Deed::checkpoint, "checkpoint", 2, Temper::restarting},
    {Deed::step, "step", 8, Temper::keeping},
    {Deed::toggle_maintenance, "toggle maintenance", 2, Temper::keeping},
    {Deed::wait, "wait", 12, Temper::writing},
    {Deed::set_clock_back, "set the clock back", 3, Temper::even},
    {Deed::move_engine, "move the engine", 1, Temper::holding},
    {Deed::reopen, "reopen", 2, Temper::restarting},
    {Deed::look_only, "only look", 1, Temper::restarting},
    {Deed::lose_power, "lose power", 2, Temper::restarting},
};

}  // namespace

std::string_view name_of(Deed deed) {
  const auto* const found = std::ranges::find(usual, deed, &Usual::deed);
  return found == std::end(usual) ? "?" : found->name;
}

Plan random_plan(std::uint64_t seed) {
  Random random(seed * 2);
  const auto temper = static_cast<Temper>(random.below(tempers));
  std::vector<std::uint64_t> weights;
  std::uint64_t total = 0;
  for (const Usual& each : usual) {
    const bool left_out = each.deed != Deed::write_round && random.chance(0.15);
    const std::uint64_t factor = each.temper == temper && temper != Temper::even ? 4 : 1;
    weights.push_back(left_out ? 0 : each.weight * factor);
    total += weights.back();
  }
  Plan plan{seed, {}};
  for (std::uint64_t left = random.chance(0.1) ? 150 : 25 + random.below(46); left > 0; --left) {
    std::uint64_t at = random.below(total);
    std::size_t chosen = 0;
    while (at >= weights[chosen]) at -= weights[chosen++];
    plan.turns.push_back({usual[chosen].deed, random.next()});
  }
  return plan;
}

Plan shortened(Plan plan, const std::function<bool(const Plan&)>& fails, std::size_t tries_max) {
  std::size_t tries = 0;
  for (std::size_t length = plan.turns.size() / 2; length > 0; length /= 2) {
    for (std::size_t first = 0; first < plan.turns.size() && tries < tries_max; ++tries) {
      Plan shorter{plan.seed, {}};
      for (std::size_t i = 0; i < plan.turns.size(); ++i) {
        if (i < first || i >= first + length) shorter.turns.push_back(plan.turns[i]);
      }
      if (fails(shorter)) {
        plan = std::move(shorter);
      } else {
        first += length;
      }
    }
  }
  return plan;
}

}  // namespace varve::test
