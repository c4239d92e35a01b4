#include "tools/varve/commands/database.hpp"

#include <filesystem>
#include <utility>

#include "varve/options.hpp"

namespace varve::tools {

Outcome<Engine> open_database(const std::string& dir, Access access,
                              const std::optional<Durability>& durability) {
  std::error_code error;
  const auto status = std::filesystem::status(dir, error);
  if (access != Access::create) {
    if (!std::filesystem::exists(status)) return failed(dir + ": no such directory");
    if (!std::filesystem::is_directory(status)) return failed(dir + ": not a directory");
  } else if (std::filesystem::exists(status) && !std::filesystem::is_directory(status)) {
    return failed(dir + ": not a directory");
  }
  Options options;
  options.dir = dir;
  options.create_if_missing = access == Access::create;
  if (access == Access::read) options.mode = Mode::read_only;
  options.background_maintenance = access != Access::exclusive;
  if (durability) options.durability = *durability;
  auto engine = Engine::open(std::move(options));
  if (!engine && engine.error().code == Errc::not_found) {
    return failed(dir + ": not a Varve database");
  }
  return engine;
}

Timestamp wall_clock() { return system_clock()->wall(); }

}  // namespace varve::tools
