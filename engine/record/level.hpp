#pragma once

#include <cstddef>

namespace varve::engine {

/// Tables lie at levels from 0 on. Stored levels are below it.
inline constexpr std::size_t level_count = 8;

}  // namespace varve::engine
