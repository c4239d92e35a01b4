#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/varve/stored/stored_version.hpp"
#include "tools/varve/terminal/failure.hpp"
#include "varve/file_system.hpp"

namespace varve::tools {

/// What reading every byte of a database found.
struct Verified {
  std::uint64_t tables = 0;   // That are whole.
  std::uint64_t bytes = 0;    // Read, of tables and the log.
  std::uint64_t batches = 0;  // Of the log.
  std::vector<std::string> damages;
  std::vector<std::string> notes;  // What is no damage, and worth saying: a torn tail.
};

/// Reads tables and log, and compares all with its checksums; shows how far it is on a terminal.
/// Changes nothing, also while a program has the database open: what it removes meanwhile counts as
/// damaged then.
Outcome<Verified> verify_stored(Directory& directory, const StoredVersion& found);

/// A line for each damage and note, and one that sums up.
std::string to_string(const Verified& verified);

}  // namespace varve::tools
