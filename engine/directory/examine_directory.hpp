#pragma once

#include <cstdint>

#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

enum class DirectoryContent : std::uint8_t {
  free,      ///< Nothing, or what an interrupted creation left: a database may be made here.
  database,  ///< There is an identity, or its copy. Whether it can be read is another question.
};

/// Looks what the directory holds. Changes no file. Fails with corruption where there are files of
/// a database without its identity, with invalid_argument where there is anything else.
Result<DirectoryContent> examine_directory(Directory& directory);

}  // namespace varve::engine
