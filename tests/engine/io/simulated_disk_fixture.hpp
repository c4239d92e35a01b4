#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "tests/support/simulated_disk.hpp"

namespace varve::test {

inline Status write(File& file, std::uint64_t offset, std::string_view text) {
  const std::span<const std::byte> piece = engine::as_bytes(text);
  return file.write_at(offset, std::span(&piece, 1));
}

inline engine::Bytes bytes_of(std::string_view text) {
  const auto bytes = engine::as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

inline std::string text_of(const SimulatedDisk& disk, const std::string& path) {
  return std::string(engine::as_text(disk.content(path)));
}

inline std::string sectors(const std::string& letters, std::size_t size = 512) {
  std::string text;
  for (const char letter : letters) text += std::string(size, letter);
  return text;
}

class SimulatedDiskTest : public testing::Test {
 protected:
  std::unique_ptr<File> create(const std::string& path, std::string_view text = "") {
    auto file = disk_->open(path, OpenMode::create).value();
    write(*file, 0, text).value();
    return file;
  }
  /// A file that any power cut leaves as it is.
  std::unique_ptr<File> create_durable(const std::string& path, std::string_view text) {
    auto file = create(path, text);
    file->sync().value();
    disk_->sync_directory("/").value();
    return file;
  }
  std::string lost(const std::string& path) const {
    return text_of(*disk_->after(PowerCut::lose_unsynced()), path);
  }
  /// What `look` finds on each of many random images.
  template <class Look>
  auto outcomes(Look look) const {
    std::set<decltype(look(*disk_))> found;
    for (std::uint64_t i = 0; i < 400; ++i) found.insert(look(*disk_->after(PowerCut::random(i))));
    return found;
  }

  const std::shared_ptr<SimulatedDisk> disk_ = std::make_shared<SimulatedDisk>();
};

}  // namespace varve::test
