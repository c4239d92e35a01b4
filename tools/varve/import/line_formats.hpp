#pragma once

#include <memory>

#include "tools/formats/line_protocol.hpp"
#include "tools/formats/readers/annotated_csv.hpp"
#include "tools/formats/readers/ndjson_reader.hpp"
#include "tools/formats/readers/prometheus_text.hpp"
#include "tools/varve/import/record_reader.hpp"

namespace varve::tools {

// Readers of the formats of tools/formats that go line by line. `input` outlives the reader.

/// Line protocol, and what programs make of it: lines behind "> " as telegraf --test prints them,
/// and the statements with which influx_inspect export begins, which are passed over. Fails where
/// the first time fits no unit that was given.
std::unique_ptr<RecordReader> make_line_protocol_reader(Input& input, LineProtocolOptions options);
std::unique_ptr<RecordReader> make_ndjson_reader(Input& input, NdjsonOptions options);
std::unique_ptr<RecordReader> make_prometheus_reader(Input& input, PrometheusOptions options);
std::unique_ptr<RecordReader> make_annotated_csv_reader(Input& input, AnnotatedCsvOptions options);

}  // namespace varve::tools
