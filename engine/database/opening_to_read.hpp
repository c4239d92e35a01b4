#pragma once

#include "engine/database/opening.hpp"

namespace varve::engine {

/// Opens the database that the options name for reading: takes no lock and changes not one byte.
/// What the log holds beyond the tables goes into memory. All tables are opened before this
/// returns, so a writer that comes later takes nothing away.
///
/// Fails with not_found where there is no database, with locked where somebody has it open for
/// writing, and with no_memory where the log holds more than three memtables do, naming what it
/// needs.
Result<RecoveredParts> open_to_read(Options options, const EngineSizes& sizes);

}  // namespace varve::engine
