#include <algorithm>
#include <deque>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/cursor/cursor.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

class LiveCursor final : public Cursor {
 public:
  LiveCursor(std::unique_ptr<Cursor> source, Timestamp now)
      : source_(std::move(source)), now_(now) {}

  Result<bool> next_key() override { return source_->next_key(); }
  Result<bool> seek_key(std::string_view key) override { return source_->seek_key(key); }
  std::string_view key() const override { return source_->key(); }

  Result<RowsView> next_rows() override {
    while (true) {
      VARVE_TRY(const RowsView rows, source_->next_rows());
      if (rows.empty()) return rows;
      if (rows.type == RowType::tombstone) continue;
      if (const RowsView live = live_of(rows, kept(0)); !live.empty()) return live;
    }
  }

  Result<std::span<const RowsView>> next_stretches(std::string_view end) override {
    while (true) {
      VARVE_TRY(const auto given, source_->next_stretches(end));
      if (std::ranges::all_of(given, never_expires)) return given;
      stretches_.clear();
      for (const RowsView& rows : given) {
        if (rows.type == RowType::tombstone) continue;
        if (const RowsView live = live_of(rows, kept(stretches_.size())); !live.empty()) {
          stretches_.push_back(live);
        }
      }
      if (!stretches_.empty()) return std::span<const RowsView>(stretches_);
    }
  }

  std::optional<StoredBlock> peek_block() override {
    auto block = source_->peek_block();
    while (block && !is_live(block->entry().expiry_max)) {  // Nothing of it is live.
      source_->skip_block();
      block = source_->peek_block();
    }
    return block && is_live(block->entry().expiry_min) ? block : std::nullopt;
  }
  void skip_block() override { source_->skip_block(); }

 private:
  static bool never_expires(const RowsView& rows) {
    return rows.expiries.empty() && rows.type != RowType::tombstone;
  }
  bool is_live(Timestamp expires_at) const { return expires_at > now_; }

  Rows& kept(std::size_t number) {
    while (kept_.size() <= number) kept_.emplace_back();
    return kept_[number];
  }

  RowsView live_of(const RowsView& rows, Rows& kept) const {
    const auto& expiries = rows.expiries;
    const auto live = [&](Timestamp expires_at) { return is_live(expires_at); };
    const auto live_count = static_cast<std::size_t>(std::ranges::count_if(expiries, live));
    if (live_count == expiries.size()) return rows;
    VARVE_ASSERT(expiries.size() == rows.size());  // Or none, and then nothing expires.
    if (live_count == 0) return {};
    // Expiry mostly grows with time, so that what lives is one slice.
    const auto first =
        static_cast<std::size_t>(std::ranges::find_if(expiries, live) - expiries.begin());
    if (first + live_count <= expiries.size() &&
        std::ranges::all_of(expiries.subspan(first, live_count), live)) {
      return rows.slice(first, live_count);
    }
    kept.reset(rows.key, rows.type);
    for (std::size_t begin = first; begin < rows.size();) {
      std::size_t end = begin;
      while (end < rows.size() && is_live(expiries[end])) ++end;
      kept.append(rows.slice(begin, end - begin));
      begin = end;
      while (begin < rows.size() && !is_live(expiries[begin])) ++begin;
    }
    VARVE_ASSERT(kept.size() == live_count);
    return kept.view();
  }

  const std::unique_ptr<Cursor> source_;
  const Timestamp now_;
  std::vector<RowsView> stretches_;
  // Copies, one for a stretch. Their bytes point where the source's do, so they last as long: until
  // the next call.
  std::deque<Rows> kept_;
};

}  // namespace

std::unique_ptr<Cursor> live_cursor(std::unique_ptr<Cursor> source, Timestamp now) {
  return std::make_unique<LiveCursor>(std::move(source), now);
}

}  // namespace varve::engine
