#include <algorithm>

#include "engine/base/try.hpp"
#include "engine/cursor/cursor.hpp"

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
      if (const RowsView live = live_of(rows); !live.empty()) return live;
    }
  }

 private:
  bool is_live(Timestamp expires_at) const { return expires_at > now_; }

  RowsView live_of(const RowsView& rows) {
    const auto& expiries = rows.expiries;
    const auto live = [&](Timestamp expires_at) { return is_live(expires_at); };
    const auto live_count = static_cast<std::size_t>(std::ranges::count_if(expiries, live));
    if (live_count == expiries.size()) return rows;
    if (live_count == 0) return {};
    // Expiry mostly grows with time, so that what lives is one slice.
    const auto first =
        static_cast<std::size_t>(std::ranges::find_if(expiries, live) - expiries.begin());
    if (first + live_count <= expiries.size() &&
        std::ranges::all_of(expiries.subspan(first, live_count), live)) {
      return rows.slice(first, live_count);
    }
    kept_.reset(rows.key, rows.type);
    for (std::size_t begin = first; begin < rows.size();) {
      std::size_t end = begin;
      while (end < rows.size() && is_live(expiries[end])) ++end;
      kept_.append(rows.slice(begin, end - begin));
      begin = end;
      while (begin < rows.size() && !is_live(expiries[begin])) ++begin;
    }
    return kept_.view();
  }

  const std::unique_ptr<Cursor> source_;
  const Timestamp now_;
  // Its bytes point where the source's do, so they last as long: until the next call.
  Rows kept_;
};

}  // namespace

std::unique_ptr<Cursor> live_cursor(std::unique_ptr<Cursor> source, Timestamp now) {
  return std::make_unique<LiveCursor>(std::move(source), now);
}

}  // namespace varve::engine
