#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/wal/segment.hpp"
#include "engine/wal/wal.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::engine {

/// A batch as these tests tell it: the log does not look into payloads.
struct Batch {
  std::uint64_t sequence = 0;
  std::string payload{};
  std::vector<std::string> keys{};

  friend bool operator==(const Batch&, const Batch&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const Batch& batch) {
  return out << batch.sequence << ':' << batch.payload;
}

inline const std::filesystem::path wal_dir = "/db";
inline const Uuid wal_database{std::byte{0xDB}, std::byte{1}};

inline std::filesystem::path segment_path(std::uint64_t number) {
  return wal_dir / segment_name(number);
}

inline std::shared_ptr<test::SimulatedDisk> wal_disk() {
  auto disk = std::make_shared<test::SimulatedDisk>();
  disk->create_directory(wal_dir).value();
  disk->sync_directory("/").value();
  return disk;
}

struct Replayed {
  std::vector<Batch> batches;
  ReplayResult result;
};

inline Result<Replayed> replay(test::SimulatedDisk& disk, const ReplayStart& start) {
  Replayed replayed;
  auto result = replay_wal(*disk.open_directory(wal_dir).value(), wal_database, start,
                           [&](const ReplayedBatch& batch) -> Status {
                             replayed.batches.push_back({batch.sequence,
                                                         std::string(as_text(batch.payload)),
                                                         {batch.keys.begin(), batch.keys.end()}});
                             return {};
                           });
  if (!result) return std::unexpected(result.error());
  replayed.result = std::move(*result);
  return replayed;
}

inline Result<Replayed> replay(test::SimulatedDisk& disk, std::uint64_t first = 1,
                               bool first_required = false, std::uint64_t held = 0) {
  return replay(disk, {.segment = first, .required = first_required, .held = held});
}

/// A log and the states that a memtable would keep for it.
class WalLog {
 public:
  explicit WalLog(std::shared_ptr<test::SimulatedDisk> disk, WalPosition position = {},
                  std::size_t segment_bytes = 512)
      : wal_({.directory = disk->open_directory(wal_dir).value(),
              .database = wal_database,
              .segment_bytes = segment_bytes,
              .spare_bytes = 2 * segment_bytes,
              .boot = disk->boot_id(),
              .log = Log()},
             std::move(position)) {}

  Wal& wal() { return wal_; }

  Status append(const std::vector<Batch>& group, std::uint64_t synced = ~std::uint64_t{0}) {
    std::vector<std::vector<WalKey>> keys;
    for (const Batch& batch : group) {
      keys.emplace_back();
      for (const std::string& key : batch.keys) keys.back().push_back({key, &states_[key]});
    }
    std::vector<WalBatch> batches;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const ByteSpan payload = as_bytes(group[i].payload);
      batches.push_back({group[i].sequence, payload, checksum(payload), keys[i]});
    }
    return wal_.append(batches, {.synced = synced, .time = {}, .step = {}});
  }

 private:
  std::map<std::string, WalKeyState> states_;
  Wal wal_;
};

/// Batch number n, different from every other.
inline Batch batch(std::uint64_t sequence) {
  return {sequence,
          "payload " + std::to_string(sequence),
          {"\1key" + std::to_string(sequence % 3), "\1only" + std::to_string(sequence)}};
}

inline std::vector<Batch> batches(std::uint64_t first, std::uint64_t last) {
  std::vector<Batch> all;
  for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
    all.push_back(batch(sequence));
  }
  return all;
}

/// Fills segments from `first` on, one batch in each, until `count` were begun.
inline void fill(WalLog& log, std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    log.wal().rotate().value();
    log.append({batch(first + i)}).value();
  }
}

}  // namespace varve::engine
