#pragma once

#include <filesystem>
#include <memory>

#include "engine/io/descriptor.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// A File of an open descriptor. `path` is for messages.
std::unique_ptr<File> posix_file(Descriptor descriptor, std::filesystem::path path);

}  // namespace varve::engine
