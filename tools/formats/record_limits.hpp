#pragma once

#include <cstddef>
#include <string_view>

#include "tools/formats/parsed.hpp"
#include "tools/formats/record_list.hpp"

namespace varve::tools {

/// What the keys and labels of all records of one line may take: they are longer than the line
/// where one member says something of many values.
inline constexpr std::size_t line_series_bytes_max = std::size_t{64} << 20;

/// What the engine would say of the key, if it does not take it.
Parsed<void> check_key(std::string_view key);

/// Adds the record, or says which limit of the engine it breaks: so that a bad line is known by
/// its number, and does not bring down a whole batch.
Parsed<void> add_checked(RecordList& records, std::string_view key, Timestamp ts,
                         const ValueView& value, Timestamp expires_at = never);

}  // namespace varve::tools
