#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/database/store.hpp"
#include "engine/directory/database_lock.hpp"
#include "engine/wal/wal.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"
#include "varve/options.hpp"
#include "varve/recovery_report.hpp"

namespace varve::engine {

/// What opening built and recovered, ready for writes and upkeep to begin.
struct RecoveredParts {
  std::shared_ptr<DatabaseLock> lock;  // Null where nothing may be written.
  std::unique_ptr<Store> store;
  std::unique_ptr<Wal> wal;  // Null under Durability::none().
  std::uint64_t last_sequence = 0;
  /// What each call that changes something fails with, where the database can be read only.
  std::optional<Error> refusal;
  RecoveryReport report;
};

/// Opens or creates the database that the options name. A failure leaves it as it was found.
Result<RecoveredParts> open_parts(Options options, const EngineSizes& sizes);

}  // namespace varve::engine
