#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/base/log.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// Removes a file that nothing names any more. False where it stays, which the log is told: it is
/// tried again at the next opening.
bool remove_orphan(Directory& directory, const std::string& name, const Log& log);

/// Removes segments of the log, which are given oldest first, each durably before the next, so
/// that a power cut leaves the log's end: a hole would look like damage.
[[nodiscard]] Status remove_segments(Directory& directory, std::span<const std::uint64_t> segments);

}  // namespace varve::engine
