#pragma once

#include <filesystem>
#include <string_view>

namespace varve::engine {

/// Whether it can name something in a directory: a single component, and not the directory itself
/// or the one above.
inline bool is_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == name.npos;
}

/// How messages spell a name in a directory: "a" in ".", "db/a" in "db".
inline std::filesystem::path path_in(const std::filesystem::path& directory,
                                     std::string_view name) {
  return directory == "." ? std::filesystem::path(name) : directory / name;
}

}  // namespace varve::engine
