#pragma once

#include "varve/detail/requirements.hpp"

#include <cstdint>

namespace varve {

/// How the columns of tables are compressed (Options::compression). Tables of both kinds are read
/// whatever the option says, so it may change from one opening to the next.
enum class Compression : std::uint8_t {
  none,  ///< Packed columns only: the least work, and already a few bytes a record.
  zstd,  ///< And zstd (Collet) over the columns that packing leaves large.
};

}  // namespace varve
