#pragma once

#include <string_view>

#include "engine/base/bytes.hpp"
#include "engine/record/key.hpp"
#include "varve/error.hpp"
#include "varve/labels.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// Where the labels of a series are kept: one record in the space of labels, under the series' key,
/// always at the same time, without an expiry. Its value is encode_labels().
inline constexpr Timestamp label_ts = 0;

inline std::string label_key(std::string_view user_key) {
  return internal_key(user_key, KeySpace::labels);
}

/// docs/format/labels.md. REQUIRES labels that check() passes.
Bytes encode_labels(const Labels& labels);

/// Any bytes in: labels that check() passes, at least one, or corruption.
Result<Labels> decode_labels(ByteSpan bytes);

}  // namespace varve::engine
