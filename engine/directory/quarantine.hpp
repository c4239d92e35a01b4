#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// Moves a file of the directory into its quarantine/, durably, and never in the place of one that
/// is kept there already.
[[nodiscard]] Status set_aside(Directory& directory, const std::string& name);

/// The name that a file of quarantine/ had before, from the one that it has there.
std::string name_before(std::string_view kept);

/// The files that are kept in quarantine/, by name.
Result<std::vector<std::string>> quarantined(Directory& directory);

}  // namespace varve::engine
