#include "engine/memtable/reader_gate.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <utility>

namespace varve::engine {
namespace {

TEST(ReaderGate, says_that_all_have_left_where_nobody_is_inside) {
  ReaderGate gate;
  gate.begin();
  EXPECT_TRUE(gate.all_left());
}

TEST(ReaderGate, waits_for_whoever_was_inside_on_either_side) {
  ReaderGate gate;
  for (int turn = 0; turn < 4; ++turn) {
    std::optional<ReaderGate::Pin> reader(gate);
    gate.begin();
    EXPECT_FALSE(gate.all_left());
    EXPECT_FALSE(gate.all_left());
    reader.reset();
    EXPECT_TRUE(gate.all_left());
  }
}

TEST(ReaderGate, does_not_wait_for_those_who_came_after) {
  ReaderGate gate;
  std::optional<ReaderGate::Pin> before(gate);
  gate.begin();
  EXPECT_FALSE(gate.all_left());
  const ReaderGate::Pin after(gate);
  before.reset();
  EXPECT_TRUE(gate.all_left());
}

TEST(ReaderGate, a_pin_that_moves_to_another_thread_still_counts) {
  ReaderGate gate;
  ReaderGate::Pin here(gate);
  gate.begin();
  std::thread([&] {
    const ReaderGate::Pin there(std::move(here));
    EXPECT_FALSE(gate.all_left());
  }).join();
  EXPECT_TRUE(gate.all_left());
}

}  // namespace
}  // namespace varve::engine
