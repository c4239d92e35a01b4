#pragma once

#include <memory>

#include "tools/formats/tables/csv_layout.hpp"
#include "tools/varve/import/record_reader.hpp"

namespace varve::tools {

/// Reads csv, and other tables of text. What options leave open is found in the first rows, once:
/// of a file in its first MiB, of a pipe in what comes first that settles it. `input` outlives the
/// reader.
std::unique_ptr<RecordReader> make_csv_reader(Input& input, CsvOptions options);

}  // namespace varve::tools
