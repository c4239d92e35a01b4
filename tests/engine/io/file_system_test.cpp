// What every file system keeps to: the machine's, the one in memory, and the simulated disk.
#include "varve/file_system.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "engine/base/bytes.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/temporary_directory.hpp"

namespace varve {
namespace {

using engine::as_bytes;
using engine::as_text;
using engine::Bytes;
using std::filesystem::path;

struct Kind {
  const char* name;
  std::shared_ptr<FileSystem> (*make)();
};

class FileSystems : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    // The others have no directories yet but the root, so the path is created step by step.
    path made;
    for (const path& part : root_) {
      made /= part;
      ASSERT_TRUE(files_->create_directory(made));
    }
  }

  std::unique_ptr<File> create(const std::string& name, std::string_view text = "") {
    auto file = files_->open(root_ / name, OpenMode::create).value();
    write(*file, 0, text);
    return file;
  }
  static void write(File& file, std::uint64_t offset, std::string_view text) {
    const std::span<const std::byte> piece = as_bytes(text);
    EXPECT_TRUE(file.write_at(offset, std::span(&piece, 1)));
  }
  static std::string read(const File& file, std::uint64_t offset, std::size_t size) {
    Bytes bytes(size);
    const Status status = file.read_at(offset, bytes);
    return status ? std::string(as_text(bytes)) : status.error().message();
  }
  std::string content(const std::string& name) {
    const auto file = files_->open(root_ / name, OpenMode::read).value();
    return read(*file, 0, static_cast<std::size_t>(file->size().value()));
  }
  std::vector<std::string> names() {
    auto names = files_->list(root_).value();
    std::ranges::sort(names);
    return names;
  }

  const test::TemporaryDirectory directory_;
  const path root_ = directory_.path() / "db";
  const std::shared_ptr<FileSystem> files_ = GetParam().make();
};

INSTANTIATE_TEST_SUITE_P(, FileSystems,
                         testing::Values(Kind{"posix", posix_file_system},
                                         Kind{"memory", memory_file_system},
                                         Kind{"simulated",
                                              [] -> std::shared_ptr<FileSystem> {
                                                return std::make_shared<test::SimulatedDisk>();
                                              }}),
                         [](const auto& kind) { return std::string(kind.param.name); });

using Names = std::vector<std::string>;

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

TEST_P(FileSystems, keep_the_errno_of_a_missing_name) {
  const path missing = root_ / "missing";
  const auto opened = files_->open(missing, OpenMode::read);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(opened.error().where, "open " + missing.string());
  EXPECT_EQ(files_->open(missing, OpenMode::read_write).error().code,
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(files_->remove(missing).error().where, "remove " + missing.string());
  EXPECT_EQ(files_->rename(missing, root_ / "b").error().code,
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(files_->list(missing).error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(files_->sync_directory(missing).error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(files_->open(missing / "a", OpenMode::create).error().code,
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(files_->create_directory(missing / "a").error().code,
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(files_->exists(missing), false);
  EXPECT_EQ(files_->exists(missing / "a"), false);
}

TEST_P(FileSystems, create_no_file_twice) {
  create("a", "first");
  const auto again = files_->open(root_ / "a", OpenMode::create);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, std::errc::file_exists);
  EXPECT_EQ(again.error().where, "create " + (root_ / "a").string());
  EXPECT_EQ(content("a"), "first");
}

TEST_P(FileSystems, write_to_an_existing_file_only_when_opened_for_it) {
  create("a", "old");
  const auto reader = files_->open(root_ / "a", OpenMode::read).value();
  const std::span<const std::byte> piece = as_bytes("new");
  EXPECT_EQ(reader->write_at(0, std::span(&piece, 1)).error().code, std::errc::bad_file_descriptor);
  write(*files_->open(root_ / "a", OpenMode::read_write).value(), 0, "new");
  EXPECT_EQ(read(*reader, 0, 3), "new");
}

TEST_P(FileSystems, list_files_and_directories_without_dots) {
  create("b");
  create("a");
  ASSERT_TRUE(files_->create_directory(root_ / "d"));
  ASSERT_TRUE(files_->open(root_ / "d" / "inner", OpenMode::create));
  EXPECT_EQ(names(), (Names{"a", "b", "d"}));
  EXPECT_EQ(files_->list(root_ / "d"), Names{"inner"});
  EXPECT_EQ(files_->list(root_ / "a").error().code, std::errc::not_a_directory);
}

TEST_P(FileSystems, create_a_directory_again_but_not_over_a_file) {
  EXPECT_TRUE(files_->create_directory(root_));
  create("a");
  const Status status = files_->create_directory(root_ / "a");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, std::errc::not_a_directory);
  EXPECT_EQ(status.error().where, "create directory " + (root_ / "a").string());
}

TEST_P(FileSystems, replace_the_target_of_a_rename) {
  create("a", "new");
  create("b", "old");
  ASSERT_TRUE(files_->rename(root_ / "a", root_ / "b"));
  EXPECT_EQ(names(), Names{"b"});
  EXPECT_EQ(content("b"), "new");
  EXPECT_TRUE(files_->rename(root_ / "b", root_ / "b"));
  EXPECT_EQ(content("b"), "new");
}

TEST_P(FileSystems, rename_into_another_directory) {
  create("a", "bad");
  ASSERT_TRUE(files_->create_directory(root_ / "quarantine"));
  ASSERT_TRUE(files_->rename(root_ / "a", root_ / "quarantine" / "a"));
  EXPECT_EQ(names(), Names{"quarantine"});
  EXPECT_EQ(content("quarantine/a"), "bad");
}

TEST_P(FileSystems, keep_a_removed_or_replaced_file_for_who_has_it_open) {
  const auto removed = create("a", "removed");
  const auto replaced = create("b", "replaced");
  create("c", "new");
  ASSERT_TRUE(files_->remove(root_ / "a"));
  ASSERT_TRUE(files_->rename(root_ / "c", root_ / "b"));
  EXPECT_EQ(files_->exists(root_ / "a"), false);
  EXPECT_EQ(read(*removed, 0, 7), "removed");
  write(*removed, 0, "R");
  EXPECT_EQ(read(*removed, 0, 7), "Removed");
  EXPECT_EQ(read(*replaced, 0, 8), "replaced");
  create("a", "another");
  EXPECT_EQ(read(*removed, 0, 7), "Removed");
}

TEST_P(FileSystems, remove_files_only) {
  ASSERT_TRUE(files_->create_directory(root_ / "d"));
  EXPECT_EQ(files_->remove(root_ / "d").error().code, std::errc::is_a_directory);
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

TEST_P(FileSystems, sync_a_directory) { EXPECT_TRUE(files_->sync_directory(root_)); }

TEST_P(FileSystems, lock_once_at_a_time_within_a_process_too) {
  auto lock = files_->lock(root_ / "LOCK");
  ASSERT_TRUE(lock);
  const auto second = files_->lock(root_ / "LOCK");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::locked);
  EXPECT_NE(second.error().where.find("pid " + std::to_string(::getpid())), std::string::npos);
  EXPECT_NE(second.error().where.find((root_ / "LOCK").string()), std::string::npos);
  EXPECT_TRUE(files_->lock(root_ / "OTHER"));
  lock->reset();
  EXPECT_TRUE(files_->lock(root_ / "LOCK"));
}

TEST_P(FileSystems, leave_the_lock_file_behind) {
  {
    const auto lock = files_->lock(root_ / "LOCK").value();
  }
  EXPECT_EQ(names(), Names{"LOCK"});
}

TEST_P(FileSystems, take_no_lock_in_a_missing_directory) {
  EXPECT_EQ(files_->lock(root_ / "missing" / "LOCK").error().code,
            std::errc::no_such_file_or_directory);
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
