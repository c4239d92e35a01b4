#include "tools/varve/stored/stored_version.hpp"

#include <chrono>
#include <system_error>
#include <thread>

#include "engine/directory/examine_directory.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

Result<StoredVersion> read_once(Directory& directory, const engine::TableContext& context) {
  StoredVersion found;
  VARVE_TRY(found.stored, engine::find_identity(directory));
  VARVE_TRY(found.loaded, engine::load_version(directory, found.stored.identity.database, context));
  return found;
}

}  // namespace

Outcome<void> check_database(const std::filesystem::path& dir) {
  std::error_code error;
  const auto status = std::filesystem::status(dir, error);
  if (!std::filesystem::exists(status)) return failed(dir.string() + ": no such directory");
  if (!std::filesystem::is_directory(status)) return failed(dir.string() + ": not a directory");
  if (!std::filesystem::exists(dir / engine::identity_file_name, error) &&
      !std::filesystem::exists(dir / engine::identity_copy_name, error)) {
    // Where the rest of one is there it says so.
    VARVE_TRY(const auto directory, posix_file_system()->open_directory(dir));
    VARVE_CHECK(engine::examine_directory(*directory));
    return failed(dir.string() + ": not a Varve database");
  }
  return {};
}

namespace {

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : ".";
}

}  // namespace

Result<std::shared_ptr<Directory>> directory_of(const std::filesystem::path& file) {
  return posix_file_system()->open_directory(folder_of(file));
}

Result<engine::Identity> identity_of(const std::filesystem::path& file) {
  VARVE_TRY(const auto directory, directory_of(file));
  auto identity = engine::read_identity(*directory);
  if (identity || identity.error().code != Errc::not_found) return identity;
  VARVE_TRY(const auto above, posix_file_system()->open_directory(folder_of(file) / ".."));
  return engine::read_identity(*above);
}

/// A program that has the database open may replace the manifest and remove tables between our
/// looking and our reading: so what does not fit together is read again.
Result<StoredVersion> read_version(Directory& directory, const engine::TableContext& context) {
  constexpr int attempts = 5;
  for (int attempt = 1;; ++attempt) {
    auto found = read_once(directory, context);
    const bool whole = found && found->loaded.damages.empty() && found->loaded.healed.empty() &&
                       !found->loaded.torn_tail;
    if (whole || attempt == attempts) return found;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace varve::tools
