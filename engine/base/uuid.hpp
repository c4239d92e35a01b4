#pragma once

#include <array>
#include <cstddef>

namespace varve::engine {

/// A database's own number: its files carry it, so that a stranger's never pass for its own.
using Uuid = std::array<std::byte, 16>;

}  // namespace varve::engine
