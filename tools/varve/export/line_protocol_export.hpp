#pragma once

#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/engine.hpp"
#include "varve/query.hpp"

namespace varve::tools {

/// How many series are read at once. The fields of a measurement with more of them, of one set of
/// tags, are on several lines.
inline constexpr std::size_t line_fields_max = 64;

/// Writes the records of the query as line protocol, the fields of one time on one line, and
/// finishes the output. Lines are ordered by measurement and tags, and then by time. Series whose
/// keys no labels made, and those that line protocol has no words for, are written as lines of a
/// key of their own. A limit counts records, and may end within a line.
///
/// Where the first line is of a time that an import would doubt (before 1980 or from 2100 on), a
/// comment stands before it that says the unit.
///
/// Stale markers are left out: line protocol has none. Fails at a time that nanoseconds in an int64
/// do not reach, naming the record.
///
/// `reads` has the snapshot that records, labels and notes are of.
Outcome<void> export_line_protocol(Engine& engine, const Query& query, const ReadOptions& reads,
                                   Output& output);

}  // namespace varve::tools
