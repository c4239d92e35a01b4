#include "varve/scan.hpp"

#include <utility>

namespace varve {

ValueView Block::value(std::size_t index) const {
  switch (type_) {
    case ValueType::double_: return doubles()[index];
    case ValueType::int64: return int64s()[index];
    case ValueType::bool_: return bools()[index];
    case ValueType::bytes: break;
  }
  return bytes()[index];
}

Result<std::optional<Block>> Scan::next_block() {
  if (!status_) return std::unexpected(status_.error());
  if (!source_) return std::optional<Block>();
  Result<std::optional<Block>> block = source_->next_block();
  if (!block) status_ = std::unexpected(block.error());
  // At its end a scan lets go of the view it pins.
  if (!block || !*block) source_.reset();
  return block;
}

Scan::iterator Scan::begin() {
  if (!block_) advance();
  return iterator(this);
}

void Scan::advance() {
  if (block_ && ++index_ < block_->size()) return;
  do {
    Result<std::optional<Block>> block = next_block();
    block_ = block ? *block : std::nullopt;
    index_ = 0;
  } while (block_ && block_->size() == 0);
}

}  // namespace varve
