#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/base/bytes.hpp"
#include "varve/error.hpp"

namespace varve::tools {

/// One column of a block: what it is of, how it is encoded, and what that takes.
struct StoredColumn {
  std::string name;
  std::string encoding;  // "" where there is nothing to encode.
  std::size_t values = 0;
  std::size_t bytes = 0;
};

/// The columns of a block in the order in which they are stored, without those of no bytes.
Result<std::vector<StoredColumn>> columns_of(engine::ByteSpan block);

}  // namespace varve::tools
