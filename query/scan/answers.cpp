#include "query/scan/answers.hpp"

#include <algorithm>

#include "varve/try.hpp"

namespace varve::query {

Result<std::vector<Record>> records(Scan::Source& source) {
  std::vector<Record> found;
  for (;;) {
    VARVE_TRY(const auto blocks, source.next_blocks());
    if (blocks.empty()) return found;
    for (const Block& block : blocks) {
      for (std::size_t i = 0; i < block.size(); ++i) found.emplace_back(block.record(i));
    }
  }
}

Result<std::uint64_t> count(AnswerSource& source) {
  std::uint64_t records = 0;
  for (;;) {
    VARVE_TRY(const auto unread, source.next_unread());
    if (unread) {
      records += unread->statistics.count;
      continue;
    }
    VARVE_TRY(const auto blocks, source.next_blocks());
    if (blocks.empty()) return records;
    for (const Block& block : blocks) records += block.size();
  }
}

Result<std::vector<std::string>> series_list(Scan::Source& source, std::size_t limit) {
  std::vector<std::string> keys;
  while (keys.size() < limit) {
    VARVE_TRY(const auto blocks, source.next_blocks());
    if (blocks.empty()) break;
    for (const Block& block : blocks.first(std::min(blocks.size(), limit - keys.size()))) {
      keys.emplace_back(block.key());
    }
  }
  return keys;
}

}  // namespace varve::query
