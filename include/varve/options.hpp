#pragma once

#include "varve/detail/requirements.hpp"

#include <asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>

#include "varve/clock.hpp"
#include "varve/compression.hpp"
#include "varve/detail/debug_mode.hpp"
#include "varve/durability.hpp"
#include "varve/file_system.hpp"
#include "varve/log.hpp"
#include "varve/time.hpp"

namespace varve {

/// What an engine may do with its database.
enum class Mode {
  read_write,  ///< All. One engine at a time.
  /// Reads, and changes not one byte: also on a medium that cannot be written, a full disk, and
  /// without permission to write. What the log holds beyond the tables is replayed into memory.
  /// Any number at a time, but none beside an engine that writes: opening fails with locked then.
  /// Writes fail with read_only. A writer may open the database meanwhile; this engine goes on to
  /// see it as it was.
  read_only,
};

/// How to open an engine.
///
///     varve::Options options;
///     options.dir = "/var/lib/gateway/readings";
///     options.default_ttl = std::chrono::days(30);
///     varve::Result<varve::Engine> engine = varve::Engine::open(options);
///
/// Every field has a default that suits a gateway with a few hundred MB of memory; `dir` alone has
/// to be set. None is stored: each opening may bring others. A value that is not valid makes the
/// opening fail with invalid_argument, naming the field and the bound.
///
/// Memory: the engine holds at most about 3 x memtable_bytes + block_cache_bytes + queue_bytes and
/// the index of labels, which Stats::memory_bytes() says together. While they run, a flush and a
/// compaction take some MiB on top, below 64 in all but odd cases, however large the database is;
/// and so does each query. docs/guide.md ("Size it") says what for. What memtables took is the
/// system's again once they are flushed and nothing pins them.
struct Options {
  /// The database: one directory, which holds nothing else. Followed once, at opening: a relative
  /// path from the working directory of that moment. No default.
  std::filesystem::path dir;
  /// Whether the engine may write. Default read_write.
  Mode mode = Mode::read_write;
  /// Makes the directory, those above it that are missing, and an empty database if there is none
  /// (the default). Off: opening fails with not_found instead, so a wrong path does not go
  /// unnoticed.
  bool create_if_missing = true;

  /// What every write is promised unless it asks for more (WriteOptions::durability). The default
  /// loses one second of writes at most in a power cut, and costs almost nothing in speed;
  /// Durability::always() loses nothing, and costs a sync of the device for each group of writes.
  Durability durability = Durability::interval(std::chrono::seconds(1));

  /// Size at which the memtable is frozen and flushed to a table, in bytes. Memtables take up to
  /// three times this before writes wait: rows, series and their index are counted as what they
  /// hold of the system's memory, and only what the last group of writes adds may come on top.
  /// Larger values make fewer and larger tables, so less compaction and less wear of flash, and
  /// bridge longer bursts. Smaller values save memory. Default 32 MiB, least 64 KiB.
  std::size_t memtable_bytes = std::size_t{32} << 20;
  /// How long rows stay in memory alone where too few come to fill the memtable; then they are
  /// flushed, by background maintenance or step(). Counted from the first row that either sees
  /// there. What has expired or was deleted gives its space back only once it is in tables, and the
  /// log that an opening replays ends there. Larger values make fewer and larger tables; smaller
  /// ones give space back sooner, and write some 30 KB for each flush. Default one hour, least one
  /// second; Duration::max() never does.
  Duration flush_after = std::chrono::hours(1);
  /// The most that the write-ahead log takes on disk, in bytes. A quarter of it is what one
  /// memtable may hold of the log. Larger values let the memtables fill before they are flushed.
  /// Smaller values save disk, and shorten the opening after a crash, which replays it. Default 128
  /// MiB, least 256 KiB. Unused under Durability::none().
  std::size_t wal_bytes = std::size_t{128} << 20;
  /// Memory for decoded blocks, indexes and filters of tables, in bytes. Larger values save reads
  /// from disk where the same data is asked for again. Smaller values save memory; zero keeps
  /// nothing, and then every read decodes anew. Default 32 MiB.
  std::size_t block_cache_bytes = std::size_t{32} << 20;
  /// Memory for writes that were accepted and not yet applied, in bytes. When it is used up, writes
  /// wait and try_write() fails with busy. Larger values take longer bursts without waiting.
  /// Smaller values save memory, and push back sooner. An opening takes some 4 % of it as address
  /// space. Default 32 MiB, least 16 KiB, most 16 GiB (1 GiB on 32 bits).
  std::size_t queue_bytes = std::size_t{32} << 20;

  /// The span of time of a table in level 1; each level up is 8 times wider. Best about what is
  /// written between two flushes. Larger values make fewer tables, and delay giving back the space
  /// of what has expired. Smaller values split tables. Default one hour, least one second.
  Duration window = std::chrono::hours(1);

  /// TTL of records written without one, counted from each record's ts. Larger values keep more on
  /// disk. Default none: such records stay until they are deleted. Must be above zero. A change
  /// holds for what is written from then on.
  std::optional<Duration> default_ttl;

  /// Whether zstd goes over the columns of new tables. The default saves disk and costs time of the
  /// processor at flush and compaction; Compression::none is the other way round.
  Compression compression = Compression::zstd;

  /// Flushes, compacts and collects garbage on a thread of the engine's own (the default). Off:
  /// call Engine::start_maintenance(), or flush(), compact() and collect_garbage() yourself. A
  /// write that needs room then flushes on its own thread.
  bool background_maintenance = true;

  /// Makes no thread at all: writes run on the caller's thread, and everything that waits for its
  /// turn (queued writes, due syncs, maintenance) happens in Engine::step(). For tests, and for
  /// programs with a loop of their own. Default off.
  bool threadless = false;

  // The seams. Each may be left empty.

  /// Where the files are. Empty: the machine's own, posix_file_system().
  std::shared_ptr<FileSystem> file_system;
  /// What the time is. Empty: the machine's own, system_clock().
  std::shared_ptr<Clock> clock;
  /// Runs asynchronous reads, and completion handlers that bring no executor of their own. It must
  /// outlive the engine, and somebody has to run it. Empty: a thread of the engine's (threadless:
  /// step()).
  asio::any_io_executor executor;
  /// Receives messages for a person: what recovery found, failures, damage. Empty: they are
  /// dropped.
  LogCallback log;
};

}  // namespace varve
