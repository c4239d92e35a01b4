#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace varve {

/// What opening a database found and did.
struct RecoveryReport {
  bool created = false;                 ///< There was no database before.
  std::uint64_t tables = 0;             ///< Live tables found.
  std::uint64_t segments_replayed = 0;  ///< Files of the WAL that were read.
  std::uint64_t batches_replayed = 0;   ///< Brought back from the WAL.
  std::uint64_t records_replayed = 0;   ///< Puts and deletes in them.
  std::uint64_t bytes_replayed = 0;
  std::uint64_t last_sequence = 0;  ///< Of the newest batch that is there.

  /// Where the WAL ended before its last bytes: normal after a power cut or a kill. What was
  /// written there had not been synced, or had not been acknowledged.
  struct Cut {
    std::string where;                 ///< File and offset.
    std::uint64_t bytes = 0;           ///< Written after it, and not readable as a group.
    std::uint64_t after_sequence = 0;  ///< The newest batch before it.
  };
  std::optional<Cut> cut;

  /// Something that had been durable and is not readable: sequences, file and offset, as far as
  /// known. The files are kept in quarantine/.
  struct Damage {
    std::string where;
    std::uint64_t first_sequence = 0;  ///< Lost from here,
    std::uint64_t last_sequence = 0;   ///< up to here at least.
  };
  std::vector<Damage> damages;

  std::uint64_t orphans_removed = 0;  ///< Files that a crash left half done or already replaced.
  std::chrono::nanoseconds took{};

  /// A few lines for a person.
  std::string to_string() const;
};

}  // namespace varve
