#pragma once

#include "tools/varve/failure.hpp"
#include "tools/varve/record_list.hpp"

namespace varve::tools {

/// Adds the record, or says which limit of the engine it breaks: so that a bad line is known by
/// its number, and does not bring down a whole batch.
Parsed<void> add_checked(RecordList& records, std::string_view key, Timestamp ts,
                         const ValueView& value, Timestamp expires_at = never);

}  // namespace varve::tools
