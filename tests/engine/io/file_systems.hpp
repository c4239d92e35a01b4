#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "tests/support/directories.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/temporary_directory.hpp"
#include "varve/file_system.hpp"

namespace varve {

/// One way to make a file system.
struct FileSystemKind {
  const char* name;
  std::shared_ptr<FileSystem> (*make)();
};

/// An empty directory of each.
class FileSystems : public testing::TestWithParam<FileSystemKind> {
 protected:
  std::unique_ptr<File> create(const std::string& name, std::string_view text = "") {
    auto file = db_->open(name, OpenMode::create).value();
    write(*file, 0, text);
    return file;
  }
  static void write(File& file, std::uint64_t offset, std::string_view text) {
    const std::span<const std::byte> piece = engine::as_bytes(text);
    EXPECT_TRUE(file.write_at(offset, std::span(&piece, 1)));
  }
  static std::string read(const File& file, std::uint64_t offset, std::size_t size) {
    engine::Bytes bytes(size);
    const Status status = file.read_at(offset, bytes);
    return status ? std::string(engine::as_text(bytes)) : status.error().message();
  }
  std::string content(const std::string& name) { return content(*db_, name); }
  static std::string content(Directory& directory, const std::string& name) {
    const auto file = directory.open(name, OpenMode::read).value();
    return read(*file, 0, static_cast<std::size_t>(file->size().value()));
  }
  std::vector<std::string> names() {
    auto names = db_->list().value();
    std::ranges::sort(names);
    return names;
  }

  const test::TemporaryDirectory directory_;
  const std::filesystem::path root_ = directory_.path() / "db";
  const std::shared_ptr<FileSystem> files_ = GetParam().make();
  const std::shared_ptr<Directory> db_ = test::make_directory(*files_, root_);
};

inline const auto all_file_systems = testing::Values(
    FileSystemKind{"posix", posix_file_system}, FileSystemKind{"memory", memory_file_system},
    FileSystemKind{"simulated", [] -> std::shared_ptr<FileSystem> {
                     return std::make_shared<test::SimulatedDisk>();
                   }});

}  // namespace varve
