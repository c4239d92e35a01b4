#include "tools/varve/import/measurement_notes.hpp"

#include "varve/try.hpp"

namespace varve::tools {

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

void add_measurement_notes(WriteBatch& batch, MeasurementNames& names) {
  for (const auto& [name, bytes] : names.owed()) batch.note(name, bytes);
  names.paid();
}

}  // namespace varve::tools
