// What every file system keeps to of files: the machine's, the one in memory, and the simulated
// disk.
#include "varve/file_system.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/engine/io/file_systems.hpp"

namespace varve {
namespace {

using engine::as_bytes;
using engine::Bytes;

INSTANTIATE_TEST_SUITE_P(, FileSystems, all_file_systems,
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST_P(FileSystems, give_back_what_was_written) {
  const auto file = create("a", "sediment");
  write(*file, 4, "ENT and more");
  EXPECT_EQ(read(*file, 0, 16), "sediENT and more");
  EXPECT_EQ(file->size(), 16u);
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(file->close());
  EXPECT_EQ(content("a"), "sediENT and more");
}

TEST_P(FileSystems, write_any_number_of_pieces_in_order) {
  const std::string letters = "abcdefghijklmnopqrstuvwxyz";
  std::vector<std::span<const std::byte>> pieces;
  std::string expected;
  for (std::size_t i = 0; i < 5000; ++i) {  // IOV_MAX is 1024.
    const std::string_view piece = std::string_view(letters).substr(i % 26, i % 4);
    pieces.push_back(as_bytes(piece));
    expected += piece;
  }
  const auto file = create("a", "head");
  ASSERT_TRUE(file->write_at(4, pieces));
  EXPECT_EQ(content("a"), "head" + expected);
}

TEST_P(FileSystems, write_nothing_where_all_pieces_are_empty) {
  const auto file = create("a");
  const std::vector<std::span<const std::byte>> pieces(3);
  EXPECT_TRUE(file->write_at(100, pieces));
  EXPECT_EQ(file->size(), 0u);
}

TEST_P(FileSystems, fill_a_gap_with_zeros) {
  const auto file = create("a");
  write(*file, 3, "x");
  EXPECT_EQ(read(*file, 0, 4), std::string("\0\0\0x", 4));
}

TEST_P(FileSystems, cut_a_file_short) {
  const auto file = create("a", "sediment");
  ASSERT_TRUE(file->truncate(3));
  EXPECT_EQ(file->size(), 3u);
  EXPECT_EQ(content("a"), "sed");
  write(*file, 5, "!");
  EXPECT_EQ(content("a"), std::string("sed\0\0!", 6)) << "what was cut is gone";
}

TEST_P(FileSystems, call_a_file_that_ends_too_early_corrupt_and_name_it) {
  const auto file = create("short", "12345");
  EXPECT_EQ(read(*file, 2, 3), "345");
  Bytes bytes(4);
  const Status status = file->read_at(2, bytes);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::corruption);
  EXPECT_NE(status.error().where.find((root_ / "short").string() + " @ "), std::string::npos);
  EXPECT_NE(status.error().where.find("ends too early"), std::string::npos);
}

TEST_P(FileSystems, take_an_offset_beyond_every_file_for_corruption_too) {
  const auto file = create("a", "12345");
  for (const std::uint64_t offset : {std::uint64_t{6}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    Bytes bytes(4);
    EXPECT_EQ(file->read_at(offset, bytes).error().code, Errc::corruption) << offset;
  }
}

TEST_P(FileSystems, refuse_a_write_beyond_every_offset) {
  const auto file = create("a");
  const std::span<const std::byte> piece = as_bytes("x");
  for (const std::uint64_t offset : {std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    EXPECT_EQ(file->write_at(offset, std::span(&piece, 1)).error().code, std::errc::file_too_large);
  }
}

TEST_P(FileSystems, read_nothing_anywhere) {
  const auto file = create("a");
  EXPECT_TRUE(file->read_at(0, {}));
}

TEST_P(FileSystems, create_no_file_twice) {
  create("a", "first");
  const auto again = db_->open("a", OpenMode::create);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, std::errc::file_exists);
  EXPECT_EQ(again.error().where, "create " + (root_ / "a").string());
  EXPECT_EQ(content("a"), "first");
}

TEST_P(FileSystems, write_to_an_existing_file_only_when_opened_for_it) {
  create("a", "old");
  const auto reader = db_->open("a", OpenMode::read).value();
  const std::span<const std::byte> piece = as_bytes("new");
  EXPECT_EQ(reader->write_at(0, std::span(&piece, 1)).error().code, std::errc::bad_file_descriptor);
  write(*db_->open("a", OpenMode::read_write).value(), 0, "new");
  EXPECT_EQ(read(*reader, 0, 3), "new");
}

TEST_P(FileSystems, keep_a_removed_or_replaced_file_for_who_has_it_open) {
  const auto removed = create("a", "removed");
  const auto replaced = create("b", "replaced");
  create("c", "new");
  ASSERT_TRUE(db_->remove("a"));
  ASSERT_TRUE(db_->rename("c", "b"));
  EXPECT_EQ(db_->exists("a"), false);
  EXPECT_EQ(read(*removed, 0, 7), "removed");
  write(*removed, 0, "R");
  EXPECT_EQ(read(*removed, 0, 7), "Removed");
  EXPECT_EQ(read(*replaced, 0, 8), "replaced");
  create("a", "another");
  EXPECT_EQ(read(*removed, 0, 7), "Removed");
}

TEST_P(FileSystems, remove_files_only) {
  ASSERT_TRUE(db_->create_directory("d"));
  EXPECT_EQ(db_->remove("d").error().code, std::errc::is_a_directory);
}

TEST_P(FileSystems, fail_on_a_closed_file) {
  const auto file = create("a", "x");
  ASSERT_TRUE(file->close());
  Bytes bytes(1);
  const std::span<const std::byte> piece = as_bytes("y");
  EXPECT_EQ(file->read_at(0, bytes).error().code, std::errc::bad_file_descriptor);
  EXPECT_EQ(file->write_at(0, std::span(&piece, 1)).error().code, std::errc::bad_file_descriptor);
  EXPECT_EQ(file->sync().error().code, std::errc::bad_file_descriptor);
  EXPECT_EQ(file->size().error().code, std::errc::bad_file_descriptor);
  EXPECT_EQ(file->close().error().code, std::errc::bad_file_descriptor);
}

TEST_P(FileSystems, take_the_hint_to_write_back_and_change_nothing) {
  const auto file = create("a", "text");
  file->write_back(0, 4);
  file->write_back(1000, 0);
  file->write_back(~std::uint64_t{0}, ~std::uint64_t{0});
  EXPECT_EQ(content("a"), "text");
  EXPECT_TRUE(file->sync());
}

TEST_P(FileSystems, serve_readers_beside_a_writer_of_other_bytes) {
  const auto file = create("a", "0123456789");
  std::thread reader([&] {
    for (int i = 0; i < 500; ++i) EXPECT_EQ(read(*file, 2, 8), "23456789");
  });
  for (std::uint64_t i = 0; i < 500; ++i) write(*file, 10 + i, "x");
  for (int i = 0; i < 100; ++i) create("n" + std::to_string(i));
  reader.join();
  EXPECT_EQ(file->size(), 510u);
}

}  // namespace
}  // namespace varve
