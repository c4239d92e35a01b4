#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cursor/cursor.hpp"
#include "engine/version/view.hpp"
#include "varve/error.hpp"
#include "varve/labels.hpp"

namespace varve::engine {

/// Returns the labels of one series, by its user's key, as the view has them; none if it has none.
Result<Labels> labels_of(const View& view, std::string_view key, CursorOptions options);

/// Returns the labels of each of the series, by their users' keys, in their order. One walk finds
/// all. Where options pass over damage, a record of labels that is none is no labels. REQUIRES keys
/// that ascend.
Result<std::vector<Labels>> labels_of_each(const View& view, std::span<const std::string> keys,
                                           CursorOptions options);

/// Calls `visit` with each user's key of the range that has labels, and its label record,
/// ascending, until it says false.
Status for_each_label_record(
    const View& view, const KeyRange& label_keys, CursorOptions options,
    const std::function<Result<bool>(std::string_view, std::string_view)>& visit);

/// Those of the series that have no live record in the view, by their users' keys. One walk looks
/// for all: it reads at most what it takes to find one record of each, and for long series nothing.
/// REQUIRES keys that ascend.
Result<std::vector<std::string>> without_records(const View& view,
                                                 std::span<const std::string> keys,
                                                 CursorOptions options);

}  // namespace varve::engine
