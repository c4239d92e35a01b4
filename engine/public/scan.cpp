#include "varve/scan.hpp"

#include <new>
#include <utility>

#include "varve/try.hpp"

namespace varve {

/// Has the source give more blocks. At its end a scan lets go of the view that it pins. So it does
/// where there was no memory: the source may have lost some rows on the way.
void Scan::load() {
  blocks_ = {};
  if (!source_) return;
  Result<std::span<const Block>> blocks;
  try {
    blocks = source_->next_blocks();
  } catch (const std::bad_alloc&) {
    status_ = std::unexpected(Error{make_error_code(Errc::no_memory), {}});
    source_.reset();
    throw;
  }
  if (blocks) {
    blocks_ = *blocks;
  } else {
    status_ = std::unexpected(std::move(blocks).error());
  }
  if (blocks_.empty()) source_.reset();
}

Result<std::optional<Block>> Scan::next_block() {
  if (blocks_.empty()) load();
  if (!status_) return std::unexpected(status_.error());
  if (blocks_.empty()) return std::optional<Block>();
  const Block& block = blocks_.front();
  blocks_ = blocks_.subspan(1);
  return block;
}

Scan::iterator Scan::begin() {
  if (std::exchange(begun_, true)) {
    blocks_ = {};
    source_.reset();
    if (status_) status_ = fail(Errc::invalid_argument, "scan: begun again; it is walked once");
  } else if (blocks_.empty()) {
    load();
  }
  return iterator(this);
}

}  // namespace varve
