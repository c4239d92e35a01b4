#pragma once

#include <asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>

#include "varve/clock.hpp"
#include "varve/compression.hpp"
#include "varve/durability.hpp"
#include "varve/file_system.hpp"
#include "varve/log.hpp"
#include "varve/time.hpp"

namespace varve {

/// How to open an engine. Every field has a default that suits a gateway with a few hundred MB.
struct Options {
  /// The database: one directory, which holds nothing else.
  std::filesystem::path dir;
  /// Whether a missing directory is made. Its parent must exist.
  bool create_if_missing = true;

  /// What a write means unless it asks for more. One second of loss in a power cut costs almost
  /// nothing in speed; Durability::always() costs a sync of the device per group of writes.
  Durability durability = Durability::interval(std::chrono::seconds(1));

  /// The active memtable is frozen and flushed at this size. Three times this is the most that
  /// memtables take before writes wait.
  std::size_t memtable_bytes = std::size_t{32} << 20;
  /// The most that the WAL may take on disk: it bounds the time that recovery needs.
  std::size_t wal_bytes = std::size_t{128} << 20;
  /// Decoded blocks kept in memory. Zero keeps none.
  std::size_t block_cache_bytes = std::size_t{32} << 20;
  /// Writes that were accepted and not yet applied. Over it they wait, or are Errc::busy.
  std::size_t queue_bytes = std::size_t{32} << 20;

  /// The span of time of a level 1 window; each level up is 8 times wider. About what a gateway
  /// gathers between two flushes is right: shorter splits tables, longer delays expiry.
  Duration window = std::chrono::hours(1);

  /// For records written without a TTL. None: they stay until deleted.
  std::optional<Duration> default_ttl;

  Compression compression = Compression::zstd;

  /// Flush, compact and collect garbage on a thread of the engine's own. Off: call
  /// Engine::start_maintenance(), or flush(), compact() and collect_garbage() yourself.
  bool background_maintenance = true;

  /// No thread at all: writes run on the caller's thread, and everything that waits for its turn
  /// (queued writes, due syncs, maintenance) happens in Engine::step(). For tests and for
  /// programs with a loop of their own.
  bool threadless = false;

  // The seams. Empty ones are the machine's own.
  std::shared_ptr<FileSystem> file_system;
  std::shared_ptr<Clock> clock;
  /// Runs asynchronous reads, and completion handlers that bring no executor of their own.
  /// Empty: a thread of the engine's (threadless: step()).
  asio::any_io_executor executor;
  LogCallback log;
};

}  // namespace varve
