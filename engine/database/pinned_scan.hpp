#pragma once

#include <memory>

#include "engine/base/gate.hpp"
#include "engine/database/store.hpp"
#include "varve/scan.hpp"

namespace varve::engine {

/// Makes of a source what a user has of a scan. Each step is a call, which the gate lets in or not:
/// so close() waits for one under way, and those that come later fail, since from then on another
/// process may change the files. What is pinned goes with the scan, whenever that is; but not in a
/// child that was forked, where threads that read ahead would be waited for.
std::unique_ptr<Scan::Source> pinned_scan(const std::shared_ptr<Store>& store,
                                          std::shared_ptr<Gate> gate,
                                          std::unique_ptr<Scan::Source> source);

}  // namespace varve::engine
