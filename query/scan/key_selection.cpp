#include "query/scan/key_selection.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "varve/try.hpp"

namespace varve::query {

Result<bool> KeySelection::next_key(engine::Cursor& cursor) {
  if (mode_ == Mode::all_but) {
    while (true) {
      VARVE_TRY(const bool found, cursor.next_key());
      if (!found) return false;
      go_to(cursor.key());
      if (next_ == size() || (*this)[next_] != cursor.key()) return true;
    }
  }
  while (next_ < size()) {
    VARVE_TRY(const bool found, cursor.seek_key((*this)[next_]));
    if (!found) return false;
    go_to(cursor.key());
    if (next_ < size() && (*this)[next_] == cursor.key()) {
      ++next_;
      return true;
    }
  }
  return false;
}

std::optional<std::string> KeySelection::end_of_run(std::string_view key) const {
  // The next of `only` may be the next key there is, but only its walk can tell.
  if (mode_ == Mode::only) {
    VARVE_ASSERT(next_ > 0 && (*this)[next_ - 1] == key);
    return std::string(key) + '\0';
  }
  VARVE_ASSERT(next_ == size() || key < (*this)[next_]);
  if (next_ == size()) return std::nullopt;
  return std::string((*this)[next_]);
}

// In steps that double: what is looked for mostly lies near.
void KeySelection::go_to(std::string_view key) {
  std::size_t step = 1;
  while (step <= size() - next_ && (*this)[next_ + step - 1] < key) {
    next_ += step;
    step *= 2;
  }
  std::size_t end = std::min(size(), next_ + step);
  while (next_ < end) {
    const std::size_t middle = next_ + (end - next_) / 2;
    if ((*this)[middle] < key) {
      next_ = middle + 1;
    } else {
      end = middle;
    }
  }
}

}  // namespace varve::query
