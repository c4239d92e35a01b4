#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// Reads a file of the directory, no more than `size_max` bytes of it. Fails with not_found where
/// there is none.
Result<Bytes> read_file(Directory& directory, const std::string& name, std::uint64_t size_max);

}  // namespace varve::engine
