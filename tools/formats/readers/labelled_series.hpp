#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "varve/labels.hpp"

namespace varve::tools {

/// A series that its labels name.
struct LabelledSeries {
  std::string key;
  Labels labels;
};

/// What the key and the labels take in memory, at least.
std::size_t bytes_of(const LabelledSeries& series);

/// The series of these labels, __name__ among them where it has a name; one with an empty value is
/// as good as none. `prefix` stands before the name. Fails where there is no label, for two of one
/// name, and where the key breaks a limit of the engine. Labels may: the series goes without them
/// then.
Parsed<LabelledSeries> labelled_series(std::vector<Label> labels, std::string_view prefix);

}  // namespace varve::tools
