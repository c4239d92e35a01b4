#include "tools/formats/readers/labelled_series.hpp"

#include <utility>

#include "tools/formats/series_name.hpp"
#include "varve/try.hpp"

namespace varve::tools {

std::size_t bytes_of(const LabelledSeries& series) {
  std::size_t bytes = sizeof(LabelledSeries) + series.key.size();
  for (const Label& label : series.labels) {
    bytes += sizeof(Label) + label.name().size() + label.value().size();
  }
  return bytes;
}

Parsed<LabelledSeries> labelled_series(std::vector<Label> labels, std::string_view prefix) {
  std::erase_if(labels, [](const Label& label) { return label.value().empty(); });
  if (labels.empty()) return problem("a series without a name and labels");
  LabelledSeries series{{}, Labels(std::move(labels))};
  if (!prefix.empty()) {
    // Before the name, so that other keys have other labels.
    const std::string name = std::string(prefix).append(series.labels.value_of(name_label));
    series.labels.set(name_label, name);
  }
  VARVE_TRY(series.key, series_key(series.labels));
  return series;
}

}  // namespace varve::tools
