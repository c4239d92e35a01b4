#include "engine/directory/orphans.hpp"

#include "engine/directory/file_names.hpp"
#include "varve/try.hpp"

namespace varve::engine {

bool remove_orphan(Directory& directory, const std::string& name, const Log& log) {
  const Status removed = directory.remove(name);
  if (!removed) log.warning("removing a file that is not needed: " + removed.error().message());
  return removed.has_value();
}

Status remove_segments(Directory& directory, std::span<const std::uint64_t> segments) {
  for (const std::uint64_t segment : segments) {
    VARVE_CHECK(directory.remove(segment_name(segment)));
    VARVE_CHECK(directory.sync());
  }
  return {};
}

}  // namespace varve::engine
