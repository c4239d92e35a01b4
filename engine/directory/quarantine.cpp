#include "engine/directory/quarantine.hpp"

#include "varve/try.hpp"

namespace varve::engine {

Status set_aside(FileSystem& file_system, const std::filesystem::path& dir,
                 const std::string& name) {
  const auto kept = dir / "quarantine";
  VARVE_CHECK(file_system.create_directory(kept));
  VARVE_CHECK(file_system.sync_directory(dir));
  std::filesystem::path target = kept / name;
  for (int next = 2;; ++next) {
    VARVE_TRY(const bool taken, file_system.exists(target));
    if (!taken) break;
    target = kept / (name + "." + std::to_string(next));
  }
  VARVE_CHECK(file_system.rename(dir / name, target));
  VARVE_CHECK(file_system.sync_directory(kept));
  return file_system.sync_directory(dir);
}

}  // namespace varve::engine
