#pragma once

#include <string_view>
#include <vector>

#include "engine/cursor/cursor.hpp"
#include "engine/version/view.hpp"
#include "varve/error.hpp"
#include "varve/note.hpp"

namespace varve::engine {

/// Returns the notes whose names begin with `prefix`, as the view has them, ascending by name.
Result<std::vector<Note>> notes_of(const View& view, std::string_view prefix,
                                   CursorOptions options);

}  // namespace varve::engine
