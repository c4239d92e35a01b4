#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/record/key.hpp"
#include "engine/record/rows.hpp"
#include "engine/version/view.hpp"
#include "query/scan/answer_source.hpp"
#include "query/scan/key_selection.hpp"
#include "query/scan/plan.hpp"
#include "varve/error.hpp"
#include "varve/query.hpp"
#include "varve/scan.hpp"

namespace varve::query {

/// The blocks of a query's answer: live rows, within its limits, in its order. Pins the view.
class BlockSource final : public AnswerSource {
 public:
  /// Opens the answer's blocks. `keys` are the series that the query's matchers chose; none without
  /// matchers. `within` is the part of the query's range of keys to read; none: all of it.
  static Result<std::unique_ptr<BlockSource>> open(std::shared_ptr<const engine::View> view,
                                                   const Query& query, const ReadOptions& options,
                                                   std::optional<KeySelection> keys = {},
                                                   std::optional<engine::KeyRange> within = {});

  Result<std::span<const Block>> next_blocks() override;
  Result<std::optional<UnreadBlock>> next_unread() override;

  /// Which blocks next_unread() is to give; without, it gives none.
  void pass_over(Covers covers) { covers_ = std::move(covers); }

 private:
  BlockSource(std::shared_ptr<const engine::View> view, const Query& query,
              std::optional<KeySelection> keys, const engine::CursorBounds& bounds,
              const ReadOptions& options)
      : view_(std::move(view)),
        keys_(std::move(keys)),
        newest_first_(query.is_newest_first()),
        times_(bounds.times),
        end_(bounds.keys.end),
        stretch_end_(end_),
        left_(query.limit()),
        per_series_(query.per_series()),
        options_(cursor_options(options)) {}

  using StatisticsPointer = std::shared_ptr<const engine::TableStatistics>;

  Result<bool> load();
  void take_blocks();
  bool is_passed() const;
  void begin_series(std::string_view key);
  std::optional<engine::NumberStatistics> numbers_in(const engine::StoredBlock& block);
  std::optional<UnreadBlock> unread_of(const engine::StoredBlock& block);
  Result<bool> next_series();
  /// The same rows from the last to the first, in buffers of our own.
  engine::RowsView reversed(const engine::RowsView& rows);

  std::shared_ptr<const engine::View> view_;
  std::optional<KeySelection> keys_;
  std::unique_ptr<engine::Cursor> cursor_;  // Null where the bounds are empty.
  const bool newest_first_;
  const engine::TimeSpan times_;
  const std::string end_;    // Of the keys.
  std::string stretch_end_;  // Of those from the current one on that are all asked for.
  std::size_t left_;
  const std::size_t per_series_;
  const engine::CursorOptions options_;

  std::span<const engine::RowsView> stretches_;  // What the cursor gave,
  std::size_t next_ = 0;                         // and what of it comes next.
  std::vector<Block> blocks_;                    // What was made of it last.
  std::string key_;                              // Of the current series.
  std::size_t series_left_ = 0;
  bool in_series_ = false;
  std::map<const engine::Table*, StatisticsPointer> statistics_;  // Of those that were asked.
  Covers covers_;

  std::vector<Timestamp> reversed_timestamps_;
  std::vector<Timestamp> reversed_expiries_;
  engine::Column reversed_values_;
};

}  // namespace varve::query
