#pragma once

#include <string>
#include <string_view>

#include "engine/record/key.hpp"
#include "varve/error.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// Where a note is kept: one record in the space of notes, under its name, always at the same time,
/// without an expiry. Its value is the note's bytes as they are (docs/format/notes.md).
inline constexpr Timestamp note_ts = 0;

inline std::string note_key(std::string_view name) { return internal_key(name, KeySpace::notes); }

/// Fails with invalid_argument, saying why, where a limit of Note is exceeded.
[[nodiscard]] Status check_note(std::string_view name, std::string_view bytes);

}  // namespace varve::engine
