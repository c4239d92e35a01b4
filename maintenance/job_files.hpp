#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/uuid.hpp"
#include "engine/cursor/cursor.hpp"
#include "engine/record/trusted_time.hpp"
#include "engine/table/table.hpp"
#include "engine/table/table_origin.hpp"
#include "engine/table/table_writer.hpp"
#include "engine/version/version_edit.hpp"
#include "engine/version/version_set.hpp"
#include "varve/compression.hpp"
#include "varve/error.hpp"

namespace varve::maintenance {

/// How a job writes its tables, and what all their origins say.
struct JobSettings {
  WriteReason reason = WriteReason::none;
  Compression compression = Compression::zstd;
  engine::BlockSize block_size = {};
  engine::Uuid database{};
  engine::TrustedTime written = {};
};

/// The table files that one job makes. Removes them when it is destroyed, unless they were handed
/// over. For one thread.
class JobFiles {
 public:
  JobFiles(const engine::TableContext& tables, engine::VersionSet& versions,
           const JobSettings& settings)
      : tables_(tables), versions_(versions), settings_(settings) {}
  JobFiles(const JobFiles&) = delete;
  JobFiles& operator=(const JobFiles&) = delete;
  ~JobFiles();

  /// Begins a file, of a table for this level.
  Result<engine::TableWriter> create(std::uint32_t level);
  /// Notes a finished table, for the edit that installs it, and how much went into it.
  void add(std::uint32_t level, engine::TableMeta meta, std::uint64_t given_bytes);

  const std::vector<engine::VersionEdit::Added>& added() const { return added_; }
  std::uint64_t bytes() const;
  /// As TableWriter::given_bytes(), of all tables.
  std::uint64_t given_bytes() const { return given_bytes_; }
  std::uint64_t rows() const;
  const JobSettings& settings() const { return settings_; }

  /// Makes the files' names durable. Call it last, just before the edit.
  [[nodiscard]] Status sync();
  /// Gives up the files: the destructor no longer removes them. Returns their names, as nodes that
  /// may be put elsewhere without memory.
  std::list<std::string> hand_over();

 private:
  const engine::TableContext& tables_;
  engine::VersionSet& versions_;
  const JobSettings settings_;
  std::list<std::string> names_;
  std::vector<engine::VersionEdit::Added> added_;
  std::uint64_t given_bytes_ = 0;
};

/// Rows in order, written to one table after the other. No two of its tables overlap in both key
/// and time: they are cut between keys, or inside a key that has a table to itself. For one thread.
class TableStream {
 public:
  /// The tables go to the origin's level.
  TableStream(JobFiles& files, engine::TableOrigin origin, std::uint64_t newest_flush,
              std::uint64_t table_bytes_max)
      : files_(files),
        origin_(std::move(origin)),
        newest_flush_(newest_flush),
        table_bytes_max_(table_bytes_max) {}

  /// REQUIRES what TableWriter::add() does.
  [[nodiscard]] Status add(const engine::RowsView& rows);
  [[nodiscard]] Status add(const engine::PackedRows& packed);
  /// Copies a block of one key as it is.
  [[nodiscard]] Status add(const engine::StoredBlock& block,
                           const std::optional<engine::NumberStatistics>& statistics);
  /// What is added next begins a block.
  [[nodiscard]] Status end_block() { return writer_ ? writer_->end_block() : Status(); }
  /// How many rows of the key are not in a block yet: a block added now would end theirs.
  std::size_t pending_rows(std::string_view key) const {
    return writer_ ? writer_->pending_rows(key) : 0;
  }
  /// Ends the last table. Nothing to be added after it.
  [[nodiscard]] Status finish();

 private:
  [[nodiscard]] Status make_room(std::string_view key);

  JobFiles& files_;
  const engine::TableOrigin origin_;  // Of all its tables.
  const std::uint64_t newest_flush_;
  const std::uint64_t table_bytes_max_;

  std::optional<engine::TableWriter> writer_;
  std::string last_key_;
  bool one_key_ = false;      // All rows of the open table have last_key_.
  bool key_was_cut_ = false;  // And the table before has some of them.
};

}  // namespace varve::maintenance
