#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "maintenance/compaction_choice.hpp"

namespace varve::maintenance {

/// The keys from `first` to `last`, both included.
struct Keys {
  std::string_view first;
  std::string_view last;

  bool overlaps(const engine::TableMeta& meta) const {
    return meta.first_key <= last && first <= meta.last_key;
  }
  void add(const Keys& other) {
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
};

inline Keys keys_of(const engine::TableMeta& meta) { return {meta.first_key, meta.last_key}; }

/// The times in which rows of the table can be.
Shape cells_of(const LiveTable& table);

/// A span of time that tables beside the inputs of a plan for level 0 take up.
struct Cover {
  engine::TimeSpan times;
  Keys keys;
  std::uint64_t bytes = 0;
  std::vector<std::size_t> tables;  // Of level 1: positions.
  bool barred = false;              // By a damaged table.
};

/// The inputs as the covers are asked about.
struct CoveredInputs {
  Keys keys;                       // Of all of them.
  engine::TimeSpan times;          // Of all of them.
  std::uint64_t newest_flush = 0;  // Of all of them.
};

/// The covers over the inputs, ascending and disjoint; also what tables of level 1 meet only by way
/// of others in a cover. `out` are the tables, by position, that cannot be inputs.
std::vector<Cover> find_covers(const LiveTables& tables, const std::vector<bool>& out,
                               const CoveredInputs& inputs);

}  // namespace varve::maintenance
