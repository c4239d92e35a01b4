#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/io/descriptor.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// Directory::lock(). The lock keeps the directory open, to look at the name later. `path` is that
/// of the file, for messages.
Result<std::unique_ptr<FileLock>> posix_lock(std::shared_ptr<const Descriptor> directory,
                                             const std::string& name,
                                             const std::filesystem::path& path);

/// Directory::locked_by().
Result<std::optional<std::string>> posix_locked_by(int directory, const std::string& name,
                                                   const std::filesystem::path& path);

}  // namespace varve::engine
