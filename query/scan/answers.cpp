#include "query/scan/answers.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "engine/record/key.hpp"
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

Result<std::vector<std::string>> series_without_records(Scan::Source& source,
                                                        const KeySelection& keys,
                                                        std::size_t limit) {
  std::vector<std::string> found;
  std::size_t next = 0;
  // Those below `end`, or all that are left.
  const auto take = [&](std::optional<std::string_view> end) {
    for (; next < keys.size() && found.size() < limit; ++next) {
      const std::string_view key = engine::user_key(keys[next]);
      if (end && key >= *end) return;
      found.emplace_back(key);
    }
  };
  while (found.size() < limit) {
    VARVE_TRY(const auto blocks, source.next_blocks());
    if (blocks.empty()) {
      take(std::nullopt);
      break;
    }
    for (const Block& block : blocks) {
      take(block.key());
      if (next < keys.size() && engine::user_key(keys[next]) == block.key()) ++next;
    }
  }
  return found;
}

}  // namespace varve::query
