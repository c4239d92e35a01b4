#include "query/scan/block_source.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/record/key.hpp"
#include "query/scan/plan.hpp"
#include "varve/try.hpp"

namespace varve::query {

using engine::RowsView;
using engine::RowType;

Result<std::unique_ptr<BlockSource>> BlockSource::open(std::shared_ptr<const engine::View> view,
                                                       const Query& query,
                                                       const ReadOptions& options,
                                                       std::optional<KeySelection> keys,
                                                       std::optional<engine::KeyRange> within) {
  VARVE_TRY(engine::CursorBounds bounds, bounds_of(query));
  if (within) bounds.keys = *std::move(within);
  std::unique_ptr<BlockSource> source(
      new BlockSource(std::move(view), query, std::move(keys), bounds, options));
  if (!bounds.keys.empty() && !bounds.times.empty() && query.limit() != 0 &&
      query.per_series() != 0) {
    VARVE_TRY(source->cursor_, source->view_->live_rows(bounds, source->options_));
  }
  return source;
}

Result<std::span<const Block>> BlockSource::next_blocks() {
  blocks_.clear();
  while (left_ != 0 && blocks_.empty()) {
    if (next_ == stretches_.size()) {
      VARVE_TRY(const bool found, load());
      if (!found) break;
    }
    take_blocks();
  }
  return std::span<const Block>(blocks_);
}

/// Makes blocks of the stretches, up to the first whose rows go through the buffer that turns them
/// round.
void BlockSource::take_blocks() {
  bool buffer_used = false;
  while (next_ != stretches_.size() && left_ != 0 && !buffer_used) {
    RowsView rows = stretches_[next_++];
    VARVE_ASSERT(times_.contains(rows.first_ts()) && times_.contains(rows.last_ts()));
    const bool ends_series = per_series_ != Query::unlimited && rows.key != key_;
    if (!in_series_ || ends_series) begin_series(rows.key);
    const std::size_t count = std::min({rows.size(), left_, series_left_});
    if (count == 0) continue;
    left_ -= count;
    series_left_ -= count;
    rows = rows.slice(newest_first_ ? rows.size() - count : 0, count);
    buffer_used = newest_first_ && count > 1;
    if (buffer_used) rows = reversed(rows);
    blocks_.emplace_back(engine::user_key(rows.key), value_type(rows.type), rows.timestamps,
                         rows.values, rows.expiries);
  }
}

void BlockSource::begin_series(std::string_view key) {
  VARVE_ASSERT(key_ < key);
  key_.assign(key);
  in_series_ = true;
  series_left_ = per_series_;
}

/// Whether the cursor's series is done with. It stands at a later one than was given last where all
/// it gave of that one had expired.
bool BlockSource::is_passed() const {
  return !in_series_ || (series_left_ == 0 && cursor_->key() == key_);
}

/// Has the cursor give more stretches. False at the end.
Result<bool> BlockSource::load() {
  next_ = 0;
  stretches_ = {};
  if (cursor_ == nullptr) return false;
  if (!is_passed()) {
    VARVE_TRY(stretches_, cursor_->next_stretches(stretch_end_));
  }
  while (stretches_.empty()) {
    in_series_ = false;
    VARVE_TRY(const bool found, next_series());
    if (!found) return false;
    VARVE_TRY(stretches_, cursor_->next_stretches(stretch_end_));
  }
  return true;
}

Result<std::optional<UnreadBlock>> BlockSource::next_unread() {
  while (covers_ && cursor_ != nullptr && left_ != 0 && next_ == stretches_.size()) {
    if (is_passed()) {
      in_series_ = false;
      VARVE_TRY(const bool found, next_series());
      if (!found) break;
    }
    if (!in_series_ || cursor_->key() != key_) begin_series(cursor_->key());
    if (const auto block = cursor_->peek_block()) return unread_of(*block);
    next_ = 0;
    VARVE_TRY(stretches_, cursor_->next_stretches(stretch_end_));
    if (stretches_.empty()) series_left_ = 0;
  }
  return std::optional<UnreadBlock>();
}

/// What the table says of the numbers in the block. Statistics that cannot be read say nothing:
/// what they are of is there all the same.
std::optional<engine::NumberStatistics> BlockSource::numbers_in(const engine::StoredBlock& block) {
  StatisticsPointer& known = statistics_[block.table];
  if (known == nullptr) {
    auto read = block.table->statistics(*block.index, {.fill_cache = options_.fill_cache});
    known = read ? *std::move(read) : std::make_shared<const engine::TableStatistics>();
  }
  return block.number < known->blocks.size() ? known->blocks[block.number] : std::nullopt;
}

/// What is known of the block, if that may stand for its records, and then passes over it. A block
/// that does not verify is left to who reads it, and says so there, or is passed over there.
std::optional<UnreadBlock> BlockSource::unread_of(const engine::StoredBlock& block) {
  const engine::TableIndex::Entry& entry = block.entry();
  if (entry.rows > std::min(left_, series_left_)) return std::nullopt;
  const auto numbers = numbers_in(block);
  if (!numbers) return std::nullopt;
  const BlockStatistics statistics{entry.rows, entry.times.first, entry.times.last, *numbers};
  if (!covers_(statistics)) return std::nullopt;
  // Statistics are right about a damaged block, too. They stand for it until somebody has met the
  // damage; from then on all reads agree on what can be read.
  const bool looks = options_.skip_damaged || block.table->has_damage();
  if (looks &&
      !block.table->block(*block.index, block.number, {.fill_cache = options_.fill_cache})) {
    return std::nullopt;
  }
  VARVE_ASSERT(times_.contains(entry.times.first) && times_.contains(entry.times.last));
  cursor_->skip_block();
  left_ -= entry.rows;
  series_left_ -= entry.rows;
  return UnreadBlock{engine::user_key(cursor_->key()), statistics};
}

/// Goes to the next series that is asked for, and says in stretch_end_ up to where all are.
Result<bool> BlockSource::next_series() {
  if (!keys_) return cursor_->next_key();
  VARVE_TRY(const bool found, keys_->next_key(*cursor_));
  if (found) stretch_end_ = keys_->end_of_run(cursor_->key()).value_or(end_);
  return found;
}

RowsView BlockSource::reversed(const RowsView& rows) {
  reversed_timestamps_.assign(rows.timestamps.rbegin(), rows.timestamps.rend());
  reversed_expiries_.assign(rows.expiries.rbegin(), rows.expiries.rend());
  reversed_values_.reset(rows.type);
  const std::size_t width = engine::value_size(rows.type);
  const auto* from = static_cast<const std::byte*>(rows.values);
  auto* to = static_cast<std::byte*>(reversed_values_.resize(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::memcpy(to + i * width, from + (rows.size() - 1 - i) * width, width);
  }
  return {rows.key, rows.type, reversed_timestamps_, reversed_values_.data(), reversed_expiries_};
}

}  // namespace varve::query
