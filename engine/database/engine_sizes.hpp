#pragma once

#include "maintenance/compaction_choice.hpp"
#include "query/scan/parallel_source.hpp"

namespace varve {

/// The sizes by which an engine cuts its work, and which no user sets. They are so large that a
/// short test has one table, one region and one part of everything. So tests open engines with
/// small ones (EngineImpl::open), and meet what else takes gigabytes.
struct EngineSizes {
  maintenance::Rules keeping;  // But for the window, which is the options'.
  query::PartSizes parts;
};

}  // namespace varve
