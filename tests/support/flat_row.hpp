#pragma once

#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "engine/record/rows.hpp"

namespace varve::test {

/// A row with its key, owned, to compare.
struct FlatRow {
  std::string key;
  Timestamp ts = 0;
  engine::RowType type = engine::RowType::tombstone;
  Value value = 0.0;
  Timestamp expires_at = never;

  friend bool operator==(const FlatRow&, const FlatRow&) = default;
  friend std::ostream& operator<<(std::ostream& out, const FlatRow& row) {
    out << '{' << row.key << " @" << row.ts << ' ';
    switch (row.type) {
      case engine::RowType::tombstone: out << "deleted"; break;
      case engine::RowType::double_: out << row.value.as_double(); break;
      case engine::RowType::int64: out << row.value.as_int64(); break;
      case engine::RowType::bool_: out << (row.value.as_bool() ? "true" : "false"); break;
      case engine::RowType::bytes: out << '"' << row.value.as_bytes() << '"'; break;
    }
    if (row.expires_at != never) out << " until " << row.expires_at;
    return out << '}';
  }
};

/// The rows of a view, oldest first.
inline std::vector<FlatRow> flatten(const engine::RowsView& rows) {
  std::vector<FlatRow> flat;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Value value = rows.type == engine::RowType::tombstone ? Value(0.0) : Value(rows.value(i));
    flat.push_back(
        {std::string(rows.key), rows.timestamps[i], rows.type, value, rows.expires_at(i)});
  }
  return flat;
}

/// Adds the rows of a view in the order in which a walk meets them.
inline void append_walked(std::vector<FlatRow>& walked, const engine::RowsView& rows,
                          bool newest_first) {
  std::vector<FlatRow> flat = flatten(rows);
  if (newest_first) {
    walked.insert(walked.end(), flat.rbegin(), flat.rend());
  } else {
    walked.insert(walked.end(), flat.begin(), flat.end());
  }
}

}  // namespace varve::test
