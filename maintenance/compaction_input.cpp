#include "maintenance/compaction_input.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "varve/try.hpp"

namespace varve::maintenance {

namespace {

using engine::Cursor;
using engine::RowsView;
using engine::StoredBlock;

// The table's first key is known without its index. While the cursor stands there, the source need
// not be there; and once it is, it may turn out to have no row of that key in the span, and so
// stand at a later one.
class InputCursor final : public Cursor {
 public:
  InputCursor(TablePointer table, const engine::TimeSpan& times, BrokenInput& broken,
              std::function<void()> on_end)
      : table_(std::move(table)), times_(times), broken_(broken), on_end_(std::move(on_end)) {}

  Result<bool> next_key() override {
    if (is_over_) return false;
    if (!std::exchange(has_begun_, true)) return true;
    VARVE_CHECK(open());
    if (!std::exchange(is_at_first_, false)) {
      VARVE_TRY(source_has_key_, watch(source_->next_key()));
    }
    return go_on();
  }

  Result<bool> seek_key(std::string_view key) override {
    if (is_over_) return false;
    const bool is_there = key <= (has_begun_ ? this->key() : first_key());
    has_begun_ = true;
    if (is_there) return true;
    VARVE_CHECK(open());
    is_at_first_ = false;
    if (source_has_key_ && source_->key() < key) {
      VARVE_TRY(source_has_key_, watch(source_->seek_key(key)));
    }
    return go_on();
  }

  std::string_view key() const override { return is_at_first_ ? first_key() : source_->key(); }

  Result<RowsView> next_rows() override {
    VARVE_CHECK(open());
    if (is_at_first_) return RowsView();
    return watch(source_->next_rows());
  }

  Result<std::span<const RowsView>> next_stretches(std::string_view end) override {
    VARVE_CHECK(open());
    if (is_at_first_) return std::span<const RowsView>();
    return watch(source_->next_stretches(end));
  }

  // What cannot be opened is told by the next call, which can say so.
  std::optional<StoredBlock> peek_block() override {
    if (!open() || is_at_first_) return std::nullopt;
    return source_->peek_block();
  }
  void skip_block() override { source_->skip_block(); }

 private:
  std::string_view first_key() const { return table_->meta().first_key; }

  template <class T>
  T watch(T result) {
    return broken_.watch(table_->meta().number, std::move(result));
  }

  /// Has the source stand at its first key. REQUIRES that it is not over.
  Status open() {
    if (failure_) return std::unexpected(*failure_);
    if (source_ != nullptr) return {};
    // The end does not belong to the range, so: the least key above the last.
    const engine::CursorBounds bounds{
        {table_->meta().first_key, table_->meta().last_key + '\0'}, times_, false};
    source_ = engine::table_cursor(table_, bounds, {.fill_cache = false});
    const auto found = watch(source_->next_key());
    if (!found) {
      failure_ = found.error();
      return std::unexpected(found.error());
    }
    source_has_key_ = *found;
    is_at_first_ = !source_has_key_ || source_->key() != first_key();
    return {};
  }

  bool go_on() {
    if (source_has_key_) return true;
    is_over_ = true;
    source_.reset();
    on_end_();
    return false;
  }

  const TablePointer table_;
  const engine::TimeSpan times_;
  BrokenInput& broken_;
  const std::function<void()> on_end_;

  bool has_begun_ = false;
  bool is_over_ = false;
  bool is_at_first_ = true;  // At the table's first key, where the source is not (yet).
  std::unique_ptr<Cursor> source_;
  bool source_has_key_ = false;
  std::optional<Error> failure_;  // Of the opening.
};

}  // namespace

std::unique_ptr<Cursor> input_cursor(TablePointer table, const engine::TimeSpan& times,
                                     BrokenInput& broken, std::function<void()> on_end) {
  return std::make_unique<InputCursor>(std::move(table), times, broken, std::move(on_end));
}

}  // namespace varve::maintenance
