#pragma once

#include "varve/detail/requirements.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "varve/time.hpp"

namespace varve {

/// What opening a database found and did; Engine::recovery_report() returns it, and the log gets it
/// as text. Look at `damages` after each opening: whatever else it says is normal.
struct RecoveryReport {
  /// There was no database before.
  bool created = false;
  /// Live tables found.
  std::uint64_t tables = 0;
  /// Files of the WAL that were read.
  std::uint64_t segments_replayed = 0;
  /// Batches brought back from the WAL: those that no table held yet.
  std::uint64_t batches_replayed = 0;
  /// Puts and deletes in those batches.
  std::uint64_t records_replayed = 0;
  /// Bytes of the WAL that were read for it.
  std::uint64_t bytes_replayed = 0;
  /// Sequence of the newest batch that is there.
  std::uint64_t last_sequence = 0;

  /// Where the WAL ended before its last bytes: normal after a power cut or a kill. Nothing that is
  /// left says that what was written there had been synced.
  struct Cut {
    /// File and offset.
    std::string where;
    /// Bytes that were written after it and are not readable as a group.
    std::uint64_t bytes = 0;
    /// The newest batch before it.
    std::uint64_t after_sequence = 0;
  };
  std::optional<Cut> cut;

  /// Something that had been durable and is not readable: sequences, file and offset, as far as
  /// known. Reads that touch a damaged table fail with corruption; damaged files of the WAL are
  /// kept in quarantine/.
  struct Damage {
    /// File, offset and what is wrong there.
    std::string where;
    /// The batches from this one on are lost; 0 if none is, or it is not known which.
    std::uint64_t first_sequence = 0;
    /// Up to this one at least; 0 if nothing shows that there were any.
    std::uint64_t last_sequence = 0;
  };
  std::vector<Damage> damages;

  /// Batches that are whole, but lie behind a hole in the WAL, so that they do not count: their
  /// order with what is lost is not known. Their file is kept in quarantine/, where `varve dump`
  /// shows them.
  struct SetAside {
    /// The file, as it was named.
    std::string file;
    std::uint64_t batches = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;
    /// Least and greatest timestamp of their records, both included.
    Timestamp first_ts = 0;
    Timestamp last_ts = 0;
    /// Keys that they are the first of the file to name, up to 8.
    std::vector<std::string> keys;
  };
  std::vector<SetAside> set_aside;

  /// Files in quarantine/, by name: what this opening set aside, and earlier ones. They say that
  /// data was lost once, until somebody who has looked at them removes them.
  std::vector<std::string> quarantined;

  /// Files that a crash left half done or already replaced, and that opening removed.
  std::uint64_t orphans_removed = 0;
  /// How long opening took.
  std::chrono::nanoseconds took{};

  /// Says all of it in a few lines for a person.
  std::string to_string() const;
};

}  // namespace varve
