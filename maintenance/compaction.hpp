#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/table/table.hpp"
#include "engine/version/version.hpp"
#include "engine/version/version_edit.hpp"
#include "maintenance/compaction_choice.hpp"
#include "maintenance/job_files.hpp"
#include "varve/error.hpp"

namespace varve::maintenance {

using TablePointer = std::shared_ptr<const engine::Table>;

/// The boxes of the tables that may hold rows for a tombstone or an expired row to hide.
class OlderTables {
 public:
  /// Takes the tables of `version` that come after its table `newest` in the order of hiding,
  /// except `inputs` (numbers). The version outlives this.
  OlderTables(const engine::Version& version, std::uint64_t newest,
              const std::vector<std::uint64_t>& inputs);

  bool empty() const { return tables_.empty(); }
  bool may_hold(std::string_view key, Timestamp ts) const;
  bool overlap(const engine::TableMeta& meta) const {
    return overlap(meta.first_key, meta.last_key, meta.times);
  }
  bool overlap(std::string_view first_key, std::string_view last_key,
               const engine::TimeSpan& times) const;

 private:
  std::vector<const engine::TableMeta*> tables_;
};

/// One compaction, ready to run.
struct CompactionJob {
  std::shared_ptr<const engine::Version> version;
  CompactionPlan plan;
  std::uint64_t table_bytes_max = 0;
  /// Rows that expired by then are dropped if nothing older is left for them to hide.
  Timestamp now = 0;
  /// Called every few blocks, to do what outranks this.
  std::function<void()> between;
  /// As Rules says.
  std::size_t regions_at_once = Rules().regions_at_once;
};

struct CompactionOutcome {
  engine::VersionEdit edit;
  std::uint64_t rows_gone = 0;  // Replaced, deleted, expired.
  std::uint64_t rows_expired = 0;
  std::uint64_t bytes_read = 0;
};

/// Which input could not be read.
struct BrokenInput {
  /// Returns `result`; if it is an error, and the first, notes that it is the table's.
  template <class T>
  T watch(std::uint64_t number, T result) {
    if (!result && !table) table = number;
    return result;
  }

  std::optional<std::uint64_t> table;
};

/// Merges the inputs of the plan into new tables, durable but for their names, and gives the edit
/// that replaces the one by the other. Changes nothing else.
///
/// Memory. It goes through the regions of the plan, a few at once, and in these through the keys.
/// It holds
///
/// - for each input that has the times and the key at hand: its index (96 bytes and the keys of
///   each block), its statistics (64 bytes a block), and one decoded block (some 100 KiB, or one
///   large value);
/// - for each table that it writes, five at most: 160 bytes and the keys of each block, 8 bytes a
///   key and as many again at its end, and half a MiB of buffers;
/// - once, the tables of zstd (1 to 2 MiB).
///
/// A block has 1,024 rows, or 64 KiB of keys and values. A job begins with job_tables and job_bytes
/// of Rules at most, and a table ends at table_bytes_max, where a row counts as a byte at least. So
/// with the usual ones a job holds 10 to 20 MiB where it takes all that it may and records take two
/// bytes or more, and usually a few; below 64 MiB where they take one byte. Beyond that it gets
/// where as much again, of such records, comes along from below: a join takes up to three times as
/// much. Nothing of it depends on how large the database is.
Result<CompactionOutcome> run_compaction(const CompactionJob& job, JobFiles& files,
                                         BrokenInput& broken);

}  // namespace varve::maintenance
