#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/rows.hpp"
#include "engine/version/view.hpp"
#include "varve/error.hpp"
#include "varve/query.hpp"
#include "varve/scan.hpp"

namespace varve::query {

/// The blocks of a query's answer: live rows, within its limits, in its order. Pins the view.
class BlockSource final : public Scan::Source {
 public:
  static Result<std::unique_ptr<BlockSource>> open(std::shared_ptr<const engine::View> view,
                                                   const Query& query, const ReadOptions& options);

  Result<std::optional<Block>> next_block() override;

  /// Leaves what is left of the current series. For answers that need one record of each.
  void skip_series() { in_series_ = false; }

 private:
  BlockSource(std::shared_ptr<const engine::View> view, const Query& query)
      : view_(std::move(view)),
        newest_first_(query.is_newest_first()),
        left_(query.limit()),
        per_series_(query.per_series()) {}

  /// The same rows from the last to the first, in buffers of our own.
  engine::RowsView reversed(const engine::RowsView& rows);

  std::shared_ptr<const engine::View> view_;
  std::unique_ptr<engine::Cursor> cursor_;  // Null where the bounds are empty.
  const bool newest_first_;
  std::size_t left_;
  const std::size_t per_series_;
  std::size_t series_left_ = 0;
  bool in_series_ = false;

  std::vector<Timestamp> reversed_timestamps_;
  std::vector<Timestamp> reversed_expiries_;
  engine::Column reversed_values_;
};

}  // namespace varve::query
