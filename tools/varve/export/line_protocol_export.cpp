#include "tools/varve/export/line_protocol_export.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tools/formats/line_protocol_text.hpp"
#include "tools/formats/series_name.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/import/measurement_notes.hpp"
#include "varve/scan.hpp"
#include "varve/try.hpp"
#include "varve/value.hpp"

namespace varve::tools {

namespace {

/// What a series is in line protocol.
struct LineOfSeries {
  bool is_second = false;  ///< Its name belongs to another measurement.
  std::string series;      ///< "cpu,host=a".
  std::string field;
  std::string key;
};

LineOfSeries own_line(std::string key) {
  std::string series = own_line_series_of(key);
  return {false, std::move(series), std::string(own_line_field), std::move(key)};
}

LineOfSeries line_of(const MeasurementNames& names, DescribedSeries described) {
  const bool is_named = is_named_by_labels(described.key, described.labels);
  const Labels labels = labels_of_key(described.key).value_or(Labels());
  if (!is_named || labels.value_of(name_label).empty()) return own_line(std::move(described.key));
  const MeasurementNames::Point point = names.point_of(labels);
  // A tag _measurement that did not come of a second measurement: read back as such it would go.
  const std::string_view name = labels.value_of(name_label);
  if (point.is_second && !names.knows(name)) return own_line(std::move(described.key));
  auto series = line_series(point.pair.measurement, point.tags);
  auto field = line_field(point.pair.field);
  if (!series || !field) return own_line(std::move(described.key));
  return {point.is_second, *std::move(series), *std::move(field), std::move(described.key)};
}

/// Series of one measurement and tags stand together. Those that came second to a name come last,
/// so that whoever reads it gives the name to the same measurement.
std::vector<LineOfSeries> lines_of(const MeasurementNames& names,
                                   std::vector<DescribedSeries> described) {
  std::vector<LineOfSeries> lines;
  lines.reserve(described.size());
  for (DescribedSeries& series : described) lines.push_back(line_of(names, std::move(series)));
  std::ranges::sort(lines, [](const LineOfSeries& a, const LineOfSeries& b) {
    return std::tie(a.is_second, a.series, a.field) < std::tie(b.is_second, b.series, b.field);
  });
  return lines;
}

/// A record of one series at a time, in the query's order.
class FieldCursor {
 public:
  FieldCursor(std::string field, Scan scan) : field_(std::move(field)), scan_(std::move(scan)) {}

  /// To the next record. After the last there is none.
  Outcome<void> step() {
    ++index_;
    if (block_ && index_ < block_->size()) return {};
    VARVE_TRY(block_, scan_.next_block());
    index_ = 0;
    return {};
  }
  bool has_record() const { return block_.has_value(); }
  // REQUIRES has_record().
  Timestamp ts() const { return block_->timestamps()[index_]; }
  ValueView value() const { return block_->value(index_); }

  const std::string& field() const { return field_; }

 private:
  std::string field_;
  Scan scan_;
  std::optional<Block> block_;
  std::size_t index_ = 0;
};

class Exporter {
 public:
  Exporter(Engine& engine, const Query& query, const ReadOptions& reads, Output& output)
      : engine_(engine), query_(query), reads_(reads), output_(output), left_(query.limit()) {}

  Outcome<void> write(std::span<const LineOfSeries> fields) {
    std::vector<FieldCursor> cursors;
    cursors.reserve(fields.size());
    for (const LineOfSeries& line : fields) {
      VARVE_TRY(Scan scan, engine_.scan(one_series(line.key), reads_));
      cursors.emplace_back(line.field, std::move(scan));
      VARVE_CHECK(cursors.back().step());
    }
    while (left_ != 0) {
      const std::optional<Timestamp> ts = next_time(cursors);
      if (!ts) return {};
      VARVE_CHECK(write_line(fields.front(), *ts, cursors));
      VARVE_CHECK(output_.drain());
    }
    return {};
  }
  bool is_done() const { return left_ == 0; }

 private:
  /// The query, of one of its series.
  Query one_series(const std::string& key) const {
    Query one = Query::key(key);
    one.between(query_.range()).per_series(query_.per_series());
    if (query_.is_newest_first()) one.newest_first();
    return one;
  }

  std::optional<Timestamp> next_time(const std::vector<FieldCursor>& cursors) const {
    std::optional<Timestamp> next;
    for (const FieldCursor& cursor : cursors) {
      if (!cursor.has_record()) continue;
      const Timestamp ts = cursor.ts();
      if (!next || (query_.is_newest_first() ? ts > *next : ts < *next)) next = ts;
    }
    return next;
  }

  Outcome<void> write_line(const LineOfSeries& line, Timestamp ts,
                           std::vector<FieldCursor>& cursors) {
    std::string& out = output_.text();
    const std::size_t begin = out.size();
    if (is_first_ && !is_likely(ts)) (out += line_times_comment) += '\n';
    out += line.series;
    char separator = ' ';
    for (FieldCursor& cursor : cursors) {
      if (left_ == 0 || !cursor.has_record() || cursor.ts() != ts) continue;
      const ValueView value = cursor.value();
      const bool is_stale =
          value.type() == ValueType::double_ && is_stale_marker(value.as_double());
      if (!is_stale) {
        out += std::exchange(separator, ',');
        out += cursor.field();
        out += '=';
        append_line_value(out, value);
        --left_;
      }
      VARVE_CHECK(cursor.step());
    }
    if (separator == ' ') {
      out.resize(begin);
      return {};
    }
    out += ' ';
    if (!append_line_time(out, ts)) {
      out.resize(begin);
      return failed(quote(line.key) + " has a record at " + format_time(ts) +
                    ", which line protocol cannot say: nanoseconds go from 1677-09-22 to "
                    "2262-04-11. Choose times with --from and --to, or take --format ndjson");
    }
    out += '\n';
    is_first_ = false;
    return {};
  }

  Engine& engine_;
  const Query& query_;
  const ReadOptions& reads_;
  Output& output_;
  std::size_t left_;      // Of the query's limit.
  bool is_first_ = true;  // No line was written yet.
};

}  // namespace

Outcome<void> export_line_protocol(Engine& engine, const Query& query, const ReadOptions& reads,
                                   Output& output) {
  // Records are read through the cache: the scan of each series needs the index of its table, and
  // mostly the block that the one before had.
  const ReadOptions options = ReadOptions(reads).fill_cache(false);
  MeasurementNames names;
  VARVE_CHECK(load_measurement_names(engine, names, options));
  VARVE_TRY(std::vector<DescribedSeries> described,
            engine.described_series(Query(query).limit(Query::unlimited), options));
  const std::vector<LineOfSeries> lines = lines_of(names, std::move(described));
  Exporter exporter(engine, query, reads, output);
  for (std::size_t begin = 0; begin < lines.size() && !exporter.is_done();) {
    std::size_t end = begin + 1;
    while (end < lines.size() && end - begin < line_fields_max &&
           lines[end].series == lines[begin].series && lines[end].field != lines[end - 1].field) {
      ++end;
    }
    VARVE_CHECK(exporter.write(std::span(lines).subspan(begin, end - begin)));
    begin = end;
  }
  return output.finish();
}

}  // namespace varve::tools
