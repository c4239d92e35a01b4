#pragma once

#include <memory>

#include "engine/base/uuid.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"
#include "varve/options.hpp"

namespace varve::engine {

/// A directory that is ours, and the database in it.
struct Claim {
  std::unique_ptr<FileLock> lock;
  Uuid database{};
  bool created = false;  // There was no database before.
};

/// Locks the directory, and makes it a database if it is none and the options allow that. The
/// options have a file system. A step of opening that writes.
///
/// Fails as examine_directory(), read_identity() and FileSystem::lock() do, and with not_found
/// where there is no database and create_if_missing is off.
Result<Claim> claim_directory(const Options& options);

}  // namespace varve::engine
