#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "query/scan/answer_source.hpp"
#include "query/scan/key_selection.hpp"
#include "varve/error.hpp"
#include "varve/record.hpp"

namespace varve::query {

// What the eager reads make of the blocks of a query.

Result<std::vector<Record>> records(Scan::Source& source);
Result<std::uint64_t> count(AnswerSource& source);
/// The keys of a source that has one record of each series; at most `limit`.
Result<std::vector<std::string>> series_list(Scan::Source& source, std::size_t limit);
/// Those of `keys` that it has no record of; at most `limit`. REQUIRES a source of no other series.
Result<std::vector<std::string>> series_without_records(Scan::Source& source,
                                                        const KeySelection& keys,
                                                        std::size_t limit);

}  // namespace varve::query
