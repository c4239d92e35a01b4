#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "engine/base/uuid.hpp"
#include "engine/database/store.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/version/load_version.hpp"
#include "engine/wal/wal.hpp"
#include "varve/error.hpp"
#include "varve/recovery_report.hpp"

// The steps of opening that write nothing: what the manifest says, then what the log holds beyond
// it. With examine_directory() and find_identity() they are what an opening for reading takes.

namespace varve::engine {

/// Reads what the manifest says, and reports the tables and what is wrong with them.
Result<LoadedVersion> load(const Store& store, const Uuid& database, RecoveryReport& report);

/// The memtable for what is replayed onto this version.
std::shared_ptr<Memtable> memtable_after(const Version& version, const Options& options);

/// Replays the log from `start` on into the store's active memtable, and reports it. Goes through
/// the same memtable as running does. Before a batch that does not fit, it calls `on_full` with the
/// batch's segment: whoever may write flushes there, so that recovery needs no more memory than
/// running; else memory grows.
Result<ReplayResult> replay(Store& store, const Uuid& database, const ReplayStart& start,
                            const std::function<Status(std::uint64_t segment)>& on_full,
                            RecoveryReport& report);

/// Reports what quarantine/ holds. That it cannot be read is no reason to open nothing.
void report_quarantine(const Store& store, RecoveryReport& report);

/// Tells the log of the options what an opening found.
void tell(const Log& log, const RecoveryReport& report);

}  // namespace varve::engine
