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

}  // namespace varve::engine
