#include "engine/directory/quarantine.hpp"

#include <algorithm>
#include <memory>

#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr const char* folder = "quarantine";

}  // namespace

Status set_aside(Directory& directory, const std::string& name) {
  VARVE_CHECK(directory.create_directory(folder));
  VARVE_CHECK(directory.sync());
  VARVE_TRY(const std::shared_ptr<Directory> kept, directory.open_directory(folder));
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

std::string name_before(std::string_view kept) {
  const std::size_t dot = kept.rfind('.');
  const bool is_counted = dot != std::string_view::npos && dot + 1 < kept.size() &&
                          kept.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
  return std::string(is_counted ? kept.substr(0, dot) : kept);
}

Result<std::vector<std::string>> quarantined(Directory& directory) {
  VARVE_TRY(const bool is_there, directory.exists(folder));
  if (!is_there) return std::vector<std::string>();
  VARVE_TRY(const std::shared_ptr<Directory> kept, directory.open_directory(folder));
  VARVE_TRY(std::vector<std::string> names, kept->list());
  std::ranges::sort(names);
  return names;
}

}  // namespace varve::engine
