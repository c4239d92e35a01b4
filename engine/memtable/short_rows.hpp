#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/memtable/memtable.hpp"
#include "engine/record/rows.hpp"

namespace varve::engine {

/// Reads many series that have few rows each, together: their memory is asked for before it is
/// waited for, and their rows are copied to one place. Gives what MemtableRows would, where that
/// is one stretch of a series. For one thread.
class ShortRows {
 public:
  /// REQUIRES that the memtable outlives it, as whoever holds a view sees to.
  ShortRows(const Memtable& memtable, TimeSpan times, std::uint64_t sequence);

  /// Reads the first of `series`, as many as go together and have a key below `end` (where one is
  /// given), and says how many: none where the first has too many rows, or they are not of one
  /// type, or came late, or may be deleted by range.
  std::size_t read(std::span<const MemtableSeries* const> series, std::string_view end = {});
  /// The rows of those series read that have any. Valid until the next read, or the memtable's end.
  std::span<const RowsView> rows() const { return rows_; }

 private:
  static constexpr std::size_t series_max = 64;
  static constexpr std::uint32_t series_rows_max = 64;
  static constexpr std::size_t rows_max = 1024;
  static constexpr std::size_t value_size_max = sizeof(std::string_view);

  struct Found;

  bool find(const MemtableSeries& series, Found& found) const;
  bool take(const MemtableSeries& series, const Found& found);
  bool copy(const Found& found, std::size_t to);

  const Memtable& memtable_;
  const TimeSpan times_;
  const std::uint32_t visible_;
  bool usable_ = true;

  std::vector<RowsView> rows_;
  std::size_t used_ = 0;  // Of the columns.
  std::unique_ptr<Timestamp[]> timestamps_;
  std::unique_ptr<Timestamp[]> expiries_;
  std::unique_ptr<std::byte[]> values_;  // Room for the widest value in each row.
};

}  // namespace varve::engine
