#pragma once

#include <filesystem>

#include "engine/directory/identity.hpp"
#include "engine/table/table.hpp"
#include "engine/version/load_version.hpp"
#include "tools/varve/terminal/failure.hpp"

namespace varve::tools {

/// What the files of a directory say, read without opening the database.
struct StoredVersion {
  engine::Identity identity;
  engine::LoadedVersion loaded;
};

/// Fails where there is no database.
Outcome<void> check_database(const std::filesystem::path& dir);

/// Also while a program has the database open. `context` outlives the answer.
Result<StoredVersion> read_version(FileSystem& file_system, const std::filesystem::path& dir,
                                   const engine::TableContext& context);

}  // namespace varve::tools
