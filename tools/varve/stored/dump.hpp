#pragma once

#include <filesystem>

#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/output.hpp"

namespace varve::tools {

// Each prints what a stored file holds, also behind damage, as far as that can be read. It tells of
// damage on stderr where it meets it, and fails then, with a message or without.

/// A line per group; with `rows` one per put and delete, too.
Outcome<void> dump_wal(const std::filesystem::path& file, bool rows, Output& output);
/// A line per block; with `rows` one per row, too.
Outcome<void> dump_table(const std::filesystem::path& file, bool rows, Output& output);
/// A line per edit, and one per change in it (`rows` or not).
Outcome<void> dump_manifest(const std::filesystem::path& file, bool rows, Output& output);

}  // namespace varve::tools
