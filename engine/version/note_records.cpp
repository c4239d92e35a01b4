#include "engine/version/note_records.hpp"

#include <optional>
#include <string>

#include "engine/record/key.hpp"
#include "varve/try.hpp"

namespace varve::engine {

Result<std::vector<Note>> notes_of(const View& view, std::string_view prefix,
                                   CursorOptions options) {
  const std::optional<std::string> end = prefix_end(prefix);
  const KeyRange keys =
      key_range(KeySpace::notes, prefix,
                end ? std::optional<std::string_view>(*end) : std::optional<std::string_view>());
  VARVE_TRY(const auto cursor, view.live_rows({keys, {}, false}, options));
  std::vector<Note> found;
  while (true) {
    VARVE_TRY(const bool has_key, cursor->next_key());
    if (!has_key) return found;
    VARVE_TRY(const RowsView rows, cursor->next_rows());
    if (rows.empty()) continue;
    if (rows.type != RowType::bytes) return fail(Errc::corruption, "a note that is no bytes");
    found.push_back({std::string(user_key(cursor->key())),
                     std::string(rows.value(rows.size() - 1).as_bytes())});
  }
}

}  // namespace varve::engine
