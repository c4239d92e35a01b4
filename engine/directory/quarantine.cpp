#include "engine/directory/quarantine.hpp"

#include <memory>

#include "varve/try.hpp"

namespace varve::engine {

Status set_aside(Directory& directory, const std::string& name) {
  VARVE_CHECK(directory.create_directory("quarantine"));
  VARVE_CHECK(directory.sync());
  VARVE_TRY(const std::shared_ptr<Directory> kept, directory.open_directory("quarantine"));
  std::string free = name;
  for (int next = 2;; ++next) {
    VARVE_TRY(const bool taken, kept->exists(free));
    if (!taken) break;
    free = name + "." + std::to_string(next);
  }
  VARVE_CHECK(directory.rename(name, *kept, free));
  VARVE_CHECK(kept->sync());
  return directory.sync();
}

}  // namespace varve::engine
