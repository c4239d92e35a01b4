#include "engine/version/label_records.hpp"

#include "engine/record/label_record.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

std::unexpected<Error> no_bytes() {
  return fail(Errc::corruption, "a label record that is no bytes");
}

}  // namespace

Result<Labels> labels_of(const View& view, std::string_view key, CursorOptions options) {
  VARVE_TRY(const auto row, view.get(label_key(key), label_ts, options));
  if (!row) return Labels();
  if (row->type != RowType::bytes) return no_bytes();
  return decode_labels(as_bytes(row->value.as_bytes()));
}

Result<std::vector<Labels>> labels_of_each(const View& view, std::span<const std::string> keys,
                                           CursorOptions options) {
  std::vector<Labels> found(keys.size());
  if (keys.empty()) return found;
  // The end does not belong to the range, so: the least key above the last.
  const KeyRange range{label_key(keys.front()), label_key(keys.back()) + '\0'};
  VARVE_TRY(const auto cursor, view.live_rows({range, {}, false}, options));
  VARVE_TRY(bool has_key, cursor->next_key());
  for (std::size_t i = 0; i < keys.size() && has_key; ++i) {
    const std::string wanted = label_key(keys[i]);
    // Mostly the next one is it, and where it is not the walk leaps.
    if (cursor->key() < wanted) {
      VARVE_TRY(has_key, cursor->next_key());
    }
    if (has_key && cursor->key() < wanted) {
      VARVE_TRY(has_key, cursor->seek_key(wanted));
    }
    if (!has_key || cursor->key() != wanted) continue;
    VARVE_TRY(const RowsView rows, cursor->next_rows());
    if (rows.empty()) continue;
    if (rows.type != RowType::bytes) return no_bytes();
    auto labels = decode_labels(as_bytes(rows.value(rows.size() - 1).as_bytes()));
    if (labels) {
      found[i] = *std::move(labels);
    } else if (!options.passes_over(labels.error())) {
      return std::unexpected(std::move(labels).error());
    }
  }
  return found;
}

Status for_each_label_record(
    const View& view, const KeyRange& label_keys, CursorOptions options,
    const std::function<Result<bool>(std::string_view, std::string_view)>& visit) {
  VARVE_TRY(const auto cursor, view.live_rows({label_keys, {}, false}, options));
  while (true) {
    VARVE_TRY(const bool found, cursor->next_key());
    if (!found) return {};
    VARVE_TRY(const RowsView rows, cursor->next_rows());
    if (rows.empty()) continue;
    if (rows.type != RowType::bytes) return no_bytes();
    VARVE_TRY(const bool more,
              visit(user_key(cursor->key()), rows.value(rows.size() - 1).as_bytes()));
    if (!more) return {};
  }
}

Result<std::vector<std::string>> without_records(const View& view,
                                                 std::span<const std::string> keys,
                                                 CursorOptions options) {
  std::vector<std::string> found;
  if (keys.empty()) return found;
  // The newest first, since the older ones of a series expire before. The end does not belong to
  // the range, so: the least key above the last.
  const KeyRange range{internal_key(keys.front()), internal_key(keys.back()) + '\0'};
  VARVE_TRY(const auto cursor, view.live_rows({range, {}, true}, options));
  bool has_begun = false;
  bool has_key = false;
  for (const std::string& key : keys) {
    const std::string wanted = internal_key(key);
    if (!has_begun || (has_key && cursor->key() < wanted)) {
      VARVE_TRY(has_key, cursor->seek_key(wanted));
      has_begun = true;
    }
    bool has_records = has_key && cursor->key() == wanted;
    // A block whose rows all live need not be read.
    if (has_records && !cursor->peek_block()) {
      VARVE_TRY(const RowsView rows, cursor->next_rows());
      has_records = !rows.empty();
    }
    if (!has_records) found.push_back(key);
  }
  return found;
}

}  // namespace varve::engine
