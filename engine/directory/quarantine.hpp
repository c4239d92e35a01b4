#pragma once

#include <filesystem>
#include <string>

#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// Moves a file of the directory into its quarantine/, durably, and never in the place of one that
/// is kept there already.
[[nodiscard]] Status set_aside(FileSystem& file_system, const std::filesystem::path& dir,
                               const std::string& name);

}  // namespace varve::engine
