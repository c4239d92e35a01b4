#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/log.hpp"
#include "engine/base/uuid.hpp"
#include "engine/record/trusted_time.hpp"
#include "engine/record/wal_key_state.hpp"
#include "engine/wal/group.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"
#include "varve/recovery_report.hpp"
#include "varve/time.hpp"

namespace varve::engine {

struct WalKey {
  std::string_view key;  // Internal.
  WalKeyState* state;
};

struct WalBatch {
  std::uint64_t sequence;
  ByteSpan payload;
  std::uint64_t payload_checksum;
  std::span<const WalKey> keys;  // By batch-local number.
  std::optional<Duration> default_ttl = {};
};

struct WalOptions {
  std::shared_ptr<Directory> directory;
  Uuid database{};
  /// What segments grow to as they are filled. A group that is larger gets one of its own size.
  std::size_t segment_bytes = 0;
  /// Segments that are not needed any more are kept to be used again, up to so much.
  std::size_t spare_bytes = 0;
  /// Which boot of the machine this is; zeros where that is not known.
  Uuid boot{};
  /// Told of each segment that was begun, once its name is durable.
  std::function<void(std::uint64_t)> on_begun = {};
  /// What the headers of segments say of the time.
  std::function<TrustedTime()> now = [] { return TrustedTime(); };
  Log log;
};

/// Where the log goes on after a replay, or begins.
struct WalPosition {
  /// Bytes of a segment that were replayed.
  struct Stretch {
    std::uint64_t segment = 0;
    std::uint64_t first = 0;
    std::uint64_t end = 0;
    std::uint64_t last_sequence = 0;  // Of its groups.
  };

  std::uint64_t next_segment = 1;   // Number of the first segment to write: above every file's.
  std::uint64_t last_sequence = 0;  // What is before it counts up to here: the durable cut.
  std::uint64_t chain = 0;          // Checksum of the last group before it, or 0.
  std::uint64_t synced = 0;         // The log itself says that it was durable up to here.
  std::vector<Stretch> unproven{};  // What counts beyond that, in order.
  /// All segment files from the first needed one on, ascending, damaged and void ones included.
  /// release() deletes or recycles them, so move damaged ones to quarantine first.
  std::vector<std::uint64_t> segments;
};

/// The write-ahead log: numbered segments, pre-written with zeros and recycled, of checksummed
/// groups (docs/format/wal.md).
///
/// Threads: append(), take_back(), rotate() and close() belong to the holder of the writer's role.
/// sync() may run beside them on one other thread; release(), prepare_spare() and the numbers on
/// any. What they share is the list of segments, guarded by a mutex; bytes go to files outside it.
///
/// Where std::bad_alloc is thrown, what the call was to do is not done: of append() no group
/// counts.
class Wal {
 public:
  /// Nothing is written until the first rotate().
  Wal(WalOptions options, const WalPosition& position);
  ~Wal();

  /// Makes durable what the replay found and the log does not prove durable, which a killed process
  /// may have left in the kernel only, or a sync that failed have left nowhere: the kernel takes
  /// pages for clean after that. So the bytes are written again, and then synced. To be called
  /// before anything is acknowledged on top, unless tables take all of it (hold_in_tables()).
  [[nodiscard]] Status secure_replayed();

  /// Ends the current segment and begins the next, whose header is durable (with its name) before
  /// this returns, so recovery finds an unbroken chain or knows that it is broken. Returns its
  /// number. After a failure the log stands as before, and the call can be repeated.
  Result<std::uint64_t> rotate();

  /// Writes the batches as one group with one write, in a new segment where the current one has
  /// no room. REQUIRES sequences above those appended before. After a failure nothing of the group
  /// counts, now or after a recovery: the segment is abandoned. The same batches may be tried
  /// again.
  [[nodiscard]] Status append(std::span<const WalBatch> batches, const GroupFacts& facts);

  /// Takes back the group that the last append() wrote: it does not count, as if that had failed.
  /// For who finds no memory to show it. REQUIRES that nothing was appended since. Where this
  /// fails, or throws, it is so from the next group or close() on, which begins a segment; should
  /// the process end before that, a recovery finds the group.
  [[nodiscard]] Status take_back();

  /// Where nothing was appended since the last sync, appends a group without batches that says so.
  /// It needs no sync of its own: whoever finds it knows that what is before it had been durable,
  /// and takes a hole there for damage. False where there is nothing to say, or no room for it.
  Result<bool> vouch(const GroupFacts& facts);

  /// Makes every group whose append() ended before durable. After a failure it is not known what
  /// of the segment is durable, nor ever will be: so every later call fails, until tables hold
  /// what the segment holds and it was released.
  [[nodiscard]] Status sync();

  /// Whether a sync of the current segment failed, so that no later one will do.
  bool has_failed() const;

  /// Tables hold every batch up to `sequence`: durable, whatever becomes of the log.
  void hold_in_tables(std::uint64_t sequence);

  /// Segments below `segment` are no longer needed: kept to be recycled, or removed. What could
  /// not be removed is tried again with the next call.
  [[nodiscard]] Status release(std::uint64_t segment);

  /// True once when half of a segment is filled and none is ready to follow it: prepare_spare() is
  /// to be called, by whoever syncs. For the holder of the writer's role, after append().
  bool wants_spare();
  /// Pre-writes a piece of the next segment (1 MiB) where none is ready, so that the writer need
  /// not. True if it did: call again.
  Result<bool> prepare_spare();

  /// Removes spares, ends the log with a segment of nothing but a header, and cuts the others to
  /// what they hold. Where that cannot be they stay as they are, which is no failure. The last
  /// call.
  [[nodiscard]] Status close();

  std::uint64_t current_segment() const;  ///< 0 before the first rotate().
  std::uint64_t bytes() const;            ///< On disk, spares included.
  std::uint64_t segment_count() const;    ///< The same.
  std::uint64_t live_bytes() const;       ///< Of segments that are still needed.
  /// Bytes of segments from `segment` on, of the current one as far as it is written: what the
  /// memtable that began there holds of the log.
  std::uint64_t bytes_since(std::uint64_t segment) const;
  std::uint64_t bytes_appended() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One batch of the log, in order. Views are valid during the call.
struct ReplayedBatch {
  std::uint64_t segment;
  TrustedTime time;                      // When its group was appended.
  const std::optional<ClockStep>& step;  // Before its group.
  std::uint64_t sequence;
  ByteSpan payload;                        // Its checksum is right.
  std::span<const std::string_view> keys;  // By batch-local number; internal.
  std::optional<Duration> default_ttl = {};
};

struct ReplayResult {
  WalPosition position;
  std::uint64_t segments = 0;
  std::uint64_t batches = 0;
  std::uint64_t bytes = 0;
  std::optional<RecoveryReport::Cut> cut;
  std::vector<RecoveryReport::Damage> damages;
  std::vector<RecoveryReport::SetAside> set_aside;  // Sound groups that do not count.
  std::vector<std::uint64_t> damaged_segments;      // To be kept: quarantine/.
};

/// Where a replay begins.
struct ReplayStart {
  std::uint64_t segment = 0;     // Those below do not count.
  bool required = false;         // What came before it is in tables, and it is needed itself.
  std::uint64_t held = 0;        // Tables hold every batch up to this sequence.
  Uuid boot{};                   // Which boot of the machine this is; zeros where not known.
  std::uint64_t last_begun = 0;  // The last segment that was begun, where that is known, else 0.
  bool closed = false;           // The manifest says that the database was closed after that.
  bool in_tables = false;        // And that tables hold every batch that there was.
};

/// Reads the log from its start on, group by group, in bounded memory, and calls `apply` for every
/// batch of the unbroken chain, those that tables hold included. Stops at the first group that is
/// not whole and applies nothing after it; what the log itself says had been synced beyond is
/// damage, else it is a torn tail. Where the first segment that is there goes on from batches that
/// nobody has, that is damage too. Where a segment is missing, and nothing shows that it held a
/// batch, none is said to be lost for certain; and where it is known to have held none, it is no
/// damage. Changes no file.
///
/// Fails with unsupported_format where a segment is of a newer Varve, or with what `apply` or a
/// system call fails with.
Result<ReplayResult> replay_wal(Directory& directory, const Uuid& database,
                                const ReplayStart& start,
                                const std::function<Status(const ReplayedBatch&)>& apply);

}  // namespace varve::engine
