#pragma once

#include "tools/formats/series_name.hpp"
#include "tools/varve/terminal/failure.hpp"
#include "varve/engine.hpp"
#include "varve/query.hpp"
#include "varve/write_batch.hpp"

namespace varve::tools {

// Which measurement and field of Influx the name of a series stands for, in the notes of a database
// (docs/series.md).

/// Takes over what the database knows, as of `options`: before the first line is read, and before
/// anything is written as line protocol. Fails where a note is not of its form.
Outcome<void> load_measurement_names(Engine& engine, MeasurementNames& names,
                                     const ReadOptions& options = {});

/// Adds the notes of the names that were given since the last batch, as many as a batch has room
/// for beside records, and says whether there are more. To be called for every batch, so that a
/// name is stored with its first record or before it. A batch that cannot be written ends the
/// import: `names` takes its notes for stored.
bool add_measurement_notes(WriteBatch& batch, MeasurementNames& names);

}  // namespace varve::tools
