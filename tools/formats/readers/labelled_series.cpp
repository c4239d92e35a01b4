#include "tools/formats/readers/labelled_series.hpp"

#include <utility>

#include "tools/formats/record_limits.hpp"
#include "tools/formats/series_name.hpp"
#include "tools/formats/value_text.hpp"
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
  if (const Status checked = check(series.labels); !checked) {
    return problem(printable(checked.error().where));
  }
  const Parsed<std::string> key = series_key(series.labels);
  if (!key) return std::unexpected(key.error());
  series.key = std::string(prefix) + *key;
  VARVE_CHECK(check_key(series.key));
  return series;
}

}  // namespace varve::tools
