#include "engine/directory/lock_note.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/support/simulated_disk.hpp"

namespace varve::engine {
namespace {

const Uuid database{std::byte{0x0F}, std::byte{0xA1}};
constexpr std::string_view line =
    "segment 12 of 0fa10000-0000-0000-0000-000000000000 # 5409729450038319214";

TEST(LockNote, is_a_line_of_text) {
  EXPECT_EQ((LockNote{database, 12}.to_line()), line);
  EXPECT_EQ(LockNote::find_in(line), (LockNote{database, 12}));
  EXPECT_EQ(LockNote::find_in("4711 gateway\n" + std::string(line) + "\nmore\n"),
            (LockNote{database, 12}));
}

TEST(LockNote, is_not_found_in_anything_else) {
  for (const std::string_view text :
       {"", "\n", "4711 gateway\n", "segment 12", "segment 12 of", " # ", "segment  #  # ",
        "segment 12 of 0fa10000-0000-0000-0000-000000000000",
        "segment 21 of 0fa10000-0000-0000-0000-000000000000 # 5409729450038319214",
        "segment 12 of 0fa10000-0000-0000-0000-000000000000 # 5409729450038319215",
        "segment 12 of 0fa10000-0000-0000-0000-000000000000 # "}) {
    EXPECT_EQ(LockNote::find_in(text), std::nullopt) << text;
  }
}

TEST(LockNote, of_a_number_that_no_segment_reaches_is_none) {
  const LockNote note{database, ~std::uint64_t{0}};
  EXPECT_EQ(LockNote::find_in(note.to_line()), std::nullopt);
}

TEST(LockNote, may_say_through_which_sequence_batches_were_lost) {
  const LockNote note{database, 0, 57};
  EXPECT_TRUE(
      note.to_line().starts_with("segment 0 of 0fa10000-0000-0000-0000-000000000000, lost 57 # "));
  EXPECT_EQ(LockNote::find_in(note.to_line()), note);
  const LockNote beyond{database, 0, ~std::uint64_t{0}};
  EXPECT_EQ(LockNote::find_in(beyond.to_line()), std::nullopt);
}

TEST(LockNote, counts_for_its_own_database_alone) {
  test::SimulatedDisk disk;
  disk.create_directory("/db").value();
  const auto directory = disk.open_directory("/db").value();
  EXPECT_EQ(note_of(read_lock_note(*directory), database).last_segment, 0u);
  const auto lock = directory->lock("LOCK").value();
  EXPECT_EQ(note_of(read_lock_note(*directory), database).last_segment, 0u);
  lock->note(line, false);
  EXPECT_EQ(note_of(read_lock_note(*directory), database).last_segment, 12u);
  EXPECT_EQ(note_of(read_lock_note(*directory), Uuid{}).last_segment, 0u);
  lock->note(LockNote{database, 7}.to_line(), true);
  EXPECT_EQ(note_of(read_lock_note(*directory), database).last_segment, 7u);
}

}  // namespace
}  // namespace varve::engine
