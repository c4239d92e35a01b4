#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/cursor/cursor.hpp"
#include "varve/error.hpp"

namespace varve::query {

/// Keys in order, and whether a walk is to visit only those, or all but those. Moves along with
/// one cursor: for one walk.
class KeySelection {
 public:
  enum class Mode : std::uint8_t { only, all_but };

  explicit KeySelection(Mode mode) : mode_(mode) {}

  /// REQUIRES an internal key above those before.
  void add(std::string_view key) {
    VARVE_ASSERT(ends_.empty() || (*this)[size() - 1] < key);
    heap_ += key;
    ends_.push_back(heap_.size());
  }
  void reserve(std::size_t count) { ends_.reserve(count); }

  Mode mode() const { return mode_; }
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(heap_).substr(begin, ends_[index] - begin);
  }

  /// In place of cursor.next_key(): goes to the next key that is chosen.
  Result<bool> next_key(engine::Cursor& cursor);
  /// A bound such that every key in [key, bound) is selected; none if every key from `key` on is.
  /// REQUIRES that next_key() just went to `key`.
  std::optional<std::string> end_of_run(std::string_view key) const;

 private:
  /// The first of the keys, from next_ on, at or above `key`.
  void go_to(std::string_view key);

  const Mode mode_;
  std::string heap_;
  std::vector<std::size_t> ends_;
  std::size_t next_ = 0;
};

}  // namespace varve::query
