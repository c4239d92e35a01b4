#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/rows.hpp"
#include "engine/cursor/cursor.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/version/version.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// What a read stands on: the memtables, newest first, the version below them, the newest
/// sequence it sees and the moment by which it judges expiry. Immutable; what it names is pinned.
///
/// A view is taken by loading the visible sequence first and the pointers after it; a flush that
/// came in between can only have turned whole memtables into tables. So `sequence` is the greater
/// of the two: the sequence that was visible and the version's flushed_through. The view shows
/// exactly the batches up to it, each whole.
class View {
 public:
  View(std::shared_ptr<const Version> version,
       std::vector<std::shared_ptr<const Memtable>> memtables, std::uint64_t sequence,
       Timestamp now);

  const Version& version() const { return *version_; }
  const std::vector<std::shared_ptr<const Memtable>>& memtables() const { return memtables_; }
  std::uint64_t sequence() const { return sequence_; }
  Timestamp now() const { return now_; }

  /// The live record at exactly (key, ts): sources newest first, until one has a word on it.
  Result<std::optional<Row>> get(std::string_view key, Timestamp ts, CursorOptions options) const;

  /// Every live row of the bounds, merged from all sources.
  Result<std::unique_ptr<Cursor>> live_rows(CursorBounds bounds, CursorOptions options) const;

  /// The live rows of one key, newest first, at most `count` of them: looks into memtables first
  /// and only into tables whose times can still matter.
  Result<std::vector<Row>> latest(std::string_view key, std::size_t count,
                                  CursorOptions options) const;

 private:
  std::shared_ptr<const Version> version_;
  std::vector<std::shared_ptr<const Memtable>> memtables_;
  std::uint64_t sequence_;
  Timestamp now_;
};

}  // namespace varve::engine
