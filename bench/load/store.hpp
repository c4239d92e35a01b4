#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/reading.hpp"

namespace varve::bench {

/// What an acknowledged write survives. Numbers of the two never share a table.
enum class Acknowledged : std::uint8_t {
  appended,  ///< A killed process: it is in the kernel.
  durable,   ///< A power cut: it is on the device.
};

struct StoreOptions {
  std::filesystem::path dir;  ///< There, and empty.
  Acknowledged acknowledged = Acknowledged::appended;
  std::size_t cache_bytes = std::size_t{32} << 20;  ///< For blocks that were read.
};

/// A call of a store failed. Ends its benchmark.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Reads of one thread. Each call sees every write acknowledged before it. It goes before its
/// store is closed.
class Reader {
 public:
  virtual ~Reader() = default;

  /// The digest of the value at exactly (key, ts).
  virtual std::optional<std::uint64_t> get(std::string_view key, Timestamp ts) = 0;
  /// The newest record of the key.
  virtual Answer latest(std::string_view key) = 0;
  /// The records of one key in [from, to).
  virtual Answer range(std::string_view key, Timestamp from, Timestamp to) = 0;
  virtual Answer prefix(std::string_view prefix) = 0;
  /// Every record, one by one.
  virtual Answer scan() = 0;
  /// Every record, column by column, for who has columns.
  virtual std::optional<Answer> scan_columns() { return {}; }
};

/// One engine behind the few calls that all of them have. Throws Failure. write() may be called
/// by several threads at once.
class Store {
 public:
  virtual ~Store() = default;

  /// Told before the first write which keys there will be, for who has handles. Not timed.
  virtual void announce(const Keys&) {}
  /// Writes the batch atomically. It is acknowledged on return, or at the latest after drain().
  virtual void write(const Batch& batch) = 0;
  virtual void drain() {}
  /// Makes everything written so far durable.
  virtual void sync() = 0;
  /// Flushes and compacts all there is, as the engine's own call for it does.
  virtual void settle() = 0;
  virtual std::unique_ptr<Reader> reader() = 0;
  virtual void close() = 0;

  /// What the engine says about itself, to be shown beside the results.
  virtual std::map<std::string, double> counters() { return {}; }
};

/// An engine, or a way to use one.
struct StoreKind {
  std::string name;
  /// Version, and what of its build matters to speed.
  std::string (*describe)(const std::filesystem::path& scratch);
  std::unique_ptr<Store> (*open)(const StoreOptions&);
  /// Another way to write to the store of this name; reads and files are the same.
  std::string variant_of;
  /// How many batches of one writer may wait for their acknowledgement at once.
  std::size_t outstanding = 1;
};

// Each is there only where its package was found at configure time.
std::vector<StoreKind> varve_stores();
std::vector<StoreKind> rocksdb_stores();
std::vector<StoreKind> leveldb_stores();
std::vector<StoreKind> lmdb_stores();
std::vector<StoreKind> sqlite_stores();

}  // namespace varve::bench
