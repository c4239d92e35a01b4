#pragma once

#include <cstdint>

#include "engine/record/number_statistics.hpp"
#include "varve/time.hpp"

namespace varve::query {

/// What is known of a block of numbers of one series without its rows.
struct BlockStatistics {
  std::uint64_t count = 0;
  Timestamp first_ts = 0;
  Timestamp last_ts = 0;
  engine::NumberStatistics numbers;
};

}  // namespace varve::query
