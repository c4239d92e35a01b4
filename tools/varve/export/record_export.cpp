#include "tools/varve/export/record_export.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "tools/varve/export/label_walk.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// Labels, in step with a scan of records.
class LabelPrinter {
 public:
  LabelPrinter(Engine& engine, const Query& query, const ReadOptions& reads,
               const PrintOptions& options, Output& output)
      : walk_(engine, query, reads),
        prints_alone_(query.range() == TimeRange()),
        options_(options),
        output_(output) {}

  /// The labels of the next series that has records. Those of series before it are written.
  Outcome<Labels> labels_of(std::string_view key) {
    while (true) {
      VARVE_TRY(const DescribedSeries* const series, walk_.front());
      if (series == nullptr || series->key > key) return Labels();
      const bool is_it = series->key == key;
      Labels labels = series->labels;
      if (!is_it) VARVE_CHECK(print_alone(*series));
      walk_.pop();
      if (is_it) return labels;
    }
  }
  Outcome<void> finish() {
    while (true) {
      VARVE_TRY(const DescribedSeries* const series, walk_.front());
      if (series == nullptr) return {};
      VARVE_CHECK(print_alone(*series));
      walk_.pop();
    }
  }

 private:
  Outcome<void> print_alone(const DescribedSeries& series) {
    if (!prints_alone_ || series.labels.empty()) return {};
    append_labels_alone(output_.text(), series.key, series.labels, options_);
    return output_.drain();
  }

  LabelWalk walk_;
  const bool prints_alone_;
  const PrintOptions options_;
  Output& output_;
};

}  // namespace

Outcome<void> export_records(Engine& engine, const Query& query, const ReadOptions& reads,
                             const PrintOptions& options, Output& output) {
  VARVE_TRY(Scan scan, engine.scan(query, ReadOptions(reads).fill_cache(false)));
  LabelPrinter printer(engine, query, reads, options, output);
  append_header(output.text(), options);
  std::string key;
  const Labels none;
  while (true) {
    VARVE_TRY(const std::optional<Block> block, scan.next_block());
    if (!block) return printer.finish();
    Labels labels;
    if (key != block->key()) {
      key = block->key();
      VARVE_TRY(labels, printer.labels_of(key));
    }
    for (std::size_t i = 0; i < block->size(); ++i) {
      append_record(output.text(), block->record(i), options, i == 0 ? labels : none);
      VARVE_CHECK(output.drain());
    }
  }
}

}  // namespace varve::tools
