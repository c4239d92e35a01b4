#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "varve/file_system.hpp"

namespace varve::test {

/// Opens the directory at an absolute path. It and those above it are made where they are missing,
/// durably.
inline std::shared_ptr<Directory> make_directory(FileSystem& files,
                                                 const std::filesystem::path& path) {
  std::filesystem::path at = path.root_path();
  std::shared_ptr<Directory> directory = files.open_directory(at).value();
  for (const std::filesystem::path& part : path.relative_path()) {
    if (!directory->exists(part.string()).value()) {
      directory->create_directory(part.string()).value();
      directory->sync().value();
    }
    directory = directory->open_directory(part.string()).value();
  }
  return directory;
}

}  // namespace varve::test
