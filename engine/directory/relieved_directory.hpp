#pragma once

#include <functional>
#include <memory>

#include "varve/file_system.hpp"

namespace varve::engine {

/// The same directory. Where a call of it needs a descriptor, and the process or the machine has
/// none left, it calls `give_back` and tries again, for as long as that closed something and so is
/// true. Called on any thread, without a lock; it lives as long as the directory is used.
///
/// The directories that it gives are plain ones.
std::shared_ptr<Directory> relieved_directory(std::shared_ptr<Directory> directory,
                                              std::function<bool()> give_back);

}  // namespace varve::engine
