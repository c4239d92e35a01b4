#include "tools/varve/import/measurement_notes.hpp"

#include <cstddef>

#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// Of one batch, which records may come to.
constexpr std::size_t notes_bytes_max = std::size_t{4} << 20;

}  // namespace

Outcome<void> load_measurement_names(Engine& engine, MeasurementNames& names,
                                     const ReadOptions& options) {
  VARVE_TRY(const auto notes, engine.notes(MeasurementNames::note_prefix, options));
  for (const Note& note : notes) {
    if (const auto learned = names.learn(note.name, note.bytes); !learned) {
      return failed(learned.error().text);
    }
  }
  return {};
}

bool add_measurement_notes(WriteBatch& batch, MeasurementNames& names) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const MeasurementNames::OwedNote& note : names.owed()) {
    if (bytes > notes_bytes_max) break;
    batch.note(note.name, note.bytes);
    bytes += note.name.size() + note.bytes.size();
    ++count;
  }
  names.paid(count);
  return !names.owed().empty();
}

}  // namespace varve::tools
