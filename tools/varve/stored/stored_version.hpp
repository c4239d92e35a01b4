#pragma once

#include <filesystem>
#include <memory>

#include "engine/directory/identity_files.hpp"
#include "engine/table/table.hpp"
#include "engine/version/load_version.hpp"
#include "tools/varve/terminal/failure.hpp"

namespace varve::tools {

/// What the files of a directory say, read without opening the database.
struct StoredVersion {
  engine::StoredIdentity stored;
  engine::LoadedVersion loaded;
};

/// Fails where there is no database.
Outcome<void> check_database(const std::filesystem::path& dir);

/// Opens the directory that a file is in.
Result<std::shared_ptr<Directory>> directory_of(const std::filesystem::path& file);
/// The identity of the database that a file is of: of its directory, or of the one above, where it
/// is one that was set aside.
Result<engine::Identity> identity_of(const std::filesystem::path& file);

/// Also while a program has the database open. `context` outlives the answer.
Result<StoredVersion> read_version(Directory& directory, const engine::TableContext& context);

}  // namespace varve::tools
