#pragma once

#include <cstdint>
#include <filesystem>

namespace varve::test {

/// What a database in use takes of its machine.
struct Resources {
  std::uint64_t resident_bytes = 0;  ///< Of this process.
  std::uint64_t open_files = 0;      ///< Of this process.
  std::uint64_t files = 0;           ///< In the directory.
  std::uint64_t disk_bytes = 0;      ///< In the directory.

  static Resources now(const std::filesystem::path& dir);
  /// The greater of each.
  Resources greatest(const Resources& other) const;
};

}  // namespace varve::test
