#pragma once

#include "engine/record/key.hpp"

namespace varve::engine {

/// Whether a range holds one key alone, `first`: nothing lies between a key and the same key with
/// a zero byte after it.
inline bool is_single_key(const KeyRange& keys) {
  return keys.end.size() == keys.first.size() + 1 && keys.end.back() == '\0' &&
         keys.end.starts_with(keys.first);
}

}  // namespace varve::engine
