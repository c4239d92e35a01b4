#pragma once

#include <cstddef>

namespace varve::engine {

/// Where a block of a table ends. 1,024 rows unpack in a few microseconds, and bigger ones hardly
/// pack better; 64 KiB of keys and values bound what a read of one row decodes.
struct BlockSize {
  std::size_t rows = 1'024;
  std::size_t raw_bytes = std::size_t{64} << 10;
};

}  // namespace varve::engine
