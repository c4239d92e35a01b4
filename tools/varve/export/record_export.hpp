#pragma once

#include "tools/formats/record_printer.hpp"
#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/engine.hpp"

namespace varve::tools {

/// Writes the records of the query, by key and then by time, in csv or ndjson, with the labels of
/// each series at its first record. Where the query is about all of time, the labels of series
/// without records are written, too. `reads` has the snapshot that all of it is of. Does not finish
/// the output.
Outcome<void> export_records(Engine& engine, const Query& query, const ReadOptions& reads,
                             const PrintOptions& options, Output& output);

}  // namespace varve::tools
