#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/block_source.hpp"
#include "varve/error.hpp"
#include "varve/query.hpp"
#include "varve/record.hpp"

namespace varve::query {

// What the eager reads make of the blocks of a query.

Result<std::vector<Record>> records(Scan::Source& source);
Result<std::uint64_t> count(Scan::Source& source);
/// The keys that have a record; at most `limit`.
Result<std::vector<std::string>> series_list(BlockSource& source, std::size_t limit);
Result<std::vector<Aggregate>> aggregate(Scan::Source& source, Aggregation aggregation,
                                         bool newest_first);

}  // namespace varve::query
