#include "engine/directory/orphans.hpp"

#include "engine/directory/file_names.hpp"
#include "varve/try.hpp"

namespace varve::engine {

bool remove_orphan(FileSystem& file_system, const std::filesystem::path& dir,
                   const std::string& name, const Log& log) {
  const Status removed = file_system.remove(dir / name);
  if (!removed) log.warning("removing a file that is not needed: " + removed.error().message());
  return removed.has_value();
}

Status remove_segments(FileSystem& file_system, const std::filesystem::path& dir,
                       std::span<const std::uint64_t> segments) {
  for (const std::uint64_t segment : segments) {
    VARVE_CHECK(file_system.remove(dir / segment_name(segment)));
    VARVE_CHECK(file_system.sync_directory(dir));
  }
  return {};
}

}  // namespace varve::engine
