#pragma once

#include "engine/memtable/memtable.hpp"
#include "engine/version/version.hpp"
#include "engine/version/version_edit.hpp"
#include "maintenance/job_files.hpp"
#include "varve/error.hpp"

namespace varve::maintenance {

/// Writes what a frozen memtable holds to tables of level 0, durable but for their names, and
/// gives the edit that installs them. Tombstones and expired rows are kept, since they hide older
/// rows; range tombstones only where a table of `version` has something for them to hide. An empty
/// memtable makes an edit too. `log_start` is the first WAL segment that is needed afterwards.
/// REQUIRES that no older memtable waits to be flushed.
Result<engine::VersionEdit> write_flush(const engine::Memtable& memtable,
                                        const engine::Version& version, std::uint64_t log_start,
                                        JobFiles& files, std::uint64_t table_bytes_max);

}  // namespace varve::maintenance
