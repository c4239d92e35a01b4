#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "engine/base/bytes.hpp"
#include "tests/support/random.hpp"

namespace varve::test {

/// Sectors of files that are gone, which a file system without a journal for data may show in a
/// file that grew over them.
class FreedSectors {
 public:
  void add(engine::ByteSpan content, std::size_t sector_size);

  /// One of them, and often one that had the same place in its file. Empty where there is none.
  engine::Bytes pick(Random& random, std::uint64_t index) const;

 private:
  struct Sector {
    std::uint64_t index;
    engine::Bytes bytes;
  };
  std::deque<Sector> sectors_;
};

/// The bytes of one file: as the program sees them, and what the disk may hold of them while they
/// are not synced. Each sector written since then is remembered with what it held before.
class SimulatedContent {
 public:
  explicit SimulatedContent(std::size_t sector_size) : sector_size_(sector_size) {}

  engine::ByteSpan bytes() const { return bytes_; }
  std::uint64_t size() const { return bytes_.size(); }

  void write(std::uint64_t offset, engine::ByteSpan source);
  void truncate(std::uint64_t size);
  void sync();

  /// What a failed sync leaves: pages that the kernel takes for clean, so that no later sync writes
  /// them, unless they are written again.
  void fail_sync();

  /// Replaces everything, on the disk too.
  void set(engine::Bytes bytes);

  /// What a power cut leaves where nothing unsynced reached the disk.
  engine::Bytes synced() const;

  /// What a power cut leaves where chance decides for each sector, and for the size. A sector is
  /// wholly written with about the probability `kept`.
  engine::Bytes surviving(Random& random, double kept, const FreedSectors& freed) const;

 private:
  struct Dirty {
    std::vector<engine::Bytes> before;  ///< The synced bytes, then those of later writes.
    bool fresh;                         ///< Wholly beyond the synced size.
    bool forgotten = false;             ///< By a failed sync.
  };

  void remember(std::uint64_t offset, std::uint64_t end);
  engine::Bytes sector(std::uint64_t index) const;
  void put_sector(engine::Bytes& target, std::uint64_t index, engine::ByteSpan source) const;
  engine::Bytes surviving_sector(Random& random, double kept, const FreedSectors& freed,
                                 std::uint64_t index, const Dirty& dirty) const;
  std::uint64_t surviving_size(Random& random) const;

  std::size_t sector_size_;
  engine::Bytes bytes_;
  std::uint64_t synced_size_ = 0;
  std::vector<std::uint64_t> sizes_;  // Since the last sync.
  std::map<std::uint64_t, Dirty> dirty_;
};

}  // namespace varve::test
