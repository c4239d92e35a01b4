#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/cursor/cursor.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/record/rows.hpp"
#include "engine/record/time_span.hpp"
#include "engine/version/latest_hints.hpp"
#include "engine/version/version.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// What a view names besides its moment: the version, and the memtables above it, newest first.
/// Immutable, so that one pointer to it publishes both at once; but for what readers leave for each
/// other.
struct ViewSources {
  std::shared_ptr<const Version> version;
  std::vector<std::shared_ptr<const Memtable>> memtables;
  mutable LatestHints latest_hints = {};
};

/// What a read answers from: the memtables, newest first, the version below them, the newest
/// sequence it sees and the moment by which it judges expiry. Immutable; what it names is pinned.
///
/// A view is taken by loading the visible sequence first and the pointers after it; a flush that
/// came in between can only have turned whole memtables into tables. So `sequence` is the greater
/// of the two: the sequence that was visible and the version's flushed_through. The view shows
/// exactly the batches up to it, each whole.
class View {
 public:
  /// As loaded in the order above: `visible` first.
  View(std::shared_ptr<const ViewSources> sources, std::uint64_t visible, Timestamp now);

  const Version& version() const { return *sources_->version; }
  const std::vector<std::shared_ptr<const Memtable>>& memtables() const {
    return sources_->memtables;
  }
  LatestHints& latest_hints() const { return sources_->latest_hints; }
  std::uint64_t sequence() const { return sequence_; }
  Timestamp now() const { return now_; }

  /// The live record at exactly (key, ts): sources newest first, until one holds it
  /// or a tombstone of it.
  /// With skip_damaged, a table that cannot say is passed over, and so may uncover an older one.
  Result<std::optional<Row>> get(std::string_view key, Timestamp ts, CursorOptions options) const;

  /// The live record of the greatest timestamp. Looks at the newest row of each source, which is
  /// the answer unless it was deleted, or has expired.
  Result<std::optional<Row>> newest(std::string_view key, CursorOptions options) const;

  /// Every live row of the bounds, merged from all sources.
  Result<std::unique_ptr<Cursor>> live_rows(const CursorBounds& bounds,
                                            CursorOptions options) const;

  /// The live rows of one key, newest first, at most `count` of them. Walks back in time, and
  /// opens a table only when it comes to the table's newest row: rows that are newer than all
  /// tables, the usual answer, cost a look into the memtables. An answer far back costs one merge
  /// of the tables that overlap there for each table that it passed. Many deleted rows above the
  /// answer are passed over once, and by the next call not again (LatestHints). Only rows up to
  /// `until`.
  Result<std::vector<Row>> latest(std::string_view key, std::size_t count, CursorOptions options,
                                  Timestamp until = TimeSpan().last) const;

 private:
  Result<std::optional<Row>> newest_stored(std::string_view key, CursorOptions options) const;

  const std::shared_ptr<const ViewSources> sources_;
  const std::uint64_t sequence_;
  const Timestamp now_;
};

}  // namespace varve::engine
