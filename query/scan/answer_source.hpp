#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "query/scan/block_statistics.hpp"
#include "varve/error.hpp"
#include "varve/scan.hpp"

namespace varve::query {

/// A block whose records need not be decoded for what is known of them. The key is valid until the
/// source goes on.
struct UnreadBlock {
  std::string_view key;
  BlockStatistics statistics;
};

/// Whether a block's statistics may stand for its records. Called on any thread.
using Covers = std::function<bool(const BlockStatistics&)>;

/// The blocks of an answer, of which some may be passed over unread.
class AnswerSource : public Scan::Source {
 public:
  /// The next block, where it is one of numbers that belongs to the answer whole, and whose
  /// statistics are stored and may stand for it (varve/aggregation.hpp has the rule). next_blocks()
  /// gives what comes after it.
  virtual Result<std::optional<UnreadBlock>> next_unread() { return std::optional<UnreadBlock>(); }
};

}  // namespace varve::query
