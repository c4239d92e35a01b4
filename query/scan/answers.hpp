#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/scan/answer_source.hpp"
#include "varve/error.hpp"
#include "varve/record.hpp"

namespace varve::query {

// What the eager reads make of the blocks of a query.

Result<std::vector<Record>> records(Scan::Source& source);
Result<std::uint64_t> count(AnswerSource& source);
/// The keys of a source that has one record of each series; at most `limit`.
Result<std::vector<std::string>> series_list(Scan::Source& source, std::size_t limit);

}  // namespace varve::query
