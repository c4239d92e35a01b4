#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/base/bytes.hpp"
#include "engine/record/number_statistics.hpp"
#include "engine/record/rows.hpp"
#include "engine/record/time_span.hpp"

namespace varve::engine {

// The columns of rows beside their values, as blocks of tables and sealed blocks of memtables have
// them (docs/format/table.md).

/// How expiry times are encoded. Tombstones have no expiry and are not in the column.
enum class ExpiryForm : std::uint8_t {
  none = 0,      // Never.
  after_ts = 1,  // A column of expires_at - ts.
  moment = 2,    // A column of expires_at.
};

/// The differences between neighbours, of which there is one less than timestamps.
/// REQUIRES a timestamp.
void encode_steps(std::span<const Timestamp> timestamps, Bytes& target);
/// Fills all timestamps but the first from their steps.
/// REQUIRES a timestamp, the first in its place.
void decode_steps(ByteReader& reader, std::span<Timestamp> timestamps);

/// The form, and the column that it needs. `expiries` and `timestamps` are of the rows with a
/// value.
void encode_expiries(std::span<const Timestamp> expiries, std::span<const Timestamp> timestamps,
                     Bytes& target);
/// False, and no expiries, where none of the rows expires.
bool decode_expiries(ByteReader& reader, std::span<const Timestamp> timestamps,
                     std::span<Timestamp> expiries);

/// Rows of one key and one type, packed: the rest of a block that holds nothing else.
struct PackedRows {
  std::string_view key;  // Internal.
  RowType type = RowType::double_;
  std::size_t rows = 0;
  TimeSpan times;
  Timestamp expiry_min = never;
  Timestamp expiry_max = never;
  std::optional<NumberStatistics> statistics;
  ByteSpan columns;  // Steps, expiries, values.
};

}  // namespace varve::engine
