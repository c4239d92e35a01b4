#pragma once

#include <optional>
#include <string_view>

#include "query/summary.hpp"
#include "varve/error.hpp"
#include "varve/scan.hpp"

namespace varve::query {

/// A block whose records need not be read for what is known of them. The key is valid until the
/// source goes on.
struct UnreadBlock {
  std::string_view key;
  BlockStatistics statistics;
};

/// The blocks of an answer, of which some may be passed over unread.
class AnswerSource : public Scan::Source {
 public:
  /// The next block, where it is one of numbers that belongs to the answer whole and whose
  /// statistics are stored. next_block() gives it nevertheless, unless it is passed over.
  virtual Result<std::optional<UnreadBlock>> peek_unread() { return std::optional<UnreadBlock>(); }
  /// REQUIRES that peek_unread() gave it, and nothing else was asked since.
  virtual void skip_unread() {}
};

}  // namespace varve::query
