#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/assert.hpp"
#include "varve/error.hpp"
#include "varve/record.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// Inside the engine a key begins with a byte that names its space, so that the engine's own
/// records never meet users'. A span of keys is always bounded: a space ends where the next begins.
/// Here are those that code names. docs/format/spaces.md has all that were given away, and any
/// other is kept as it is.
enum class KeySpace : char { user = 1, labels = 2, notes = 3 };

inline std::string internal_key(std::string_view user_key, KeySpace space = KeySpace::user) {
  std::string key(1, static_cast<char>(space));
  key += user_key;
  return key;
}
inline std::string_view user_key(std::string_view internal) { return internal.substr(1); }
/// REQUIRES a key that is not empty.
inline KeySpace space_of(std::string_view internal) {
  VARVE_ASSERT(!internal.empty());
  return static_cast<KeySpace>(internal.front());
}

/// The least key above every key that begins with `prefix`; none where there is no such key.
std::optional<std::string> prefix_end(std::string_view prefix);

/// Whether a user may give this key to a record.
inline bool is_key(std::string_view user_key) {
  return !user_key.empty() && user_key.size() <= Record::key_size_max;
}
/// Fails with invalid_argument, saying why, where the key is none.
[[nodiscard]] Status check_key(std::string_view user_key);
/// The one rule for ranges that users give, of reads and of deletes (varve/time.hpp). Fails with
/// invalid_argument, too, where a bound is over a byte longer than a key, which key + '\0' is.
[[nodiscard]] Status check_range(std::string_view first, std::optional<std::string_view> end,
                                 const TimeRange& times);

/// Internal keys in [first, end).
struct KeyRange {
  std::string first;
  std::string end;

  bool contains(std::string_view key) const { return key >= first && key < end; }
  bool empty() const { return first >= end; }
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

/// Keys of a space from `first` to `end` (none: all that follow), as internal ones.
KeyRange key_range(KeySpace space, std::string_view first, std::optional<std::string_view> end);
/// The same in the users' space.
KeyRange user_key_range(std::string_view first, std::optional<std::string_view> end);

}  // namespace varve::engine
