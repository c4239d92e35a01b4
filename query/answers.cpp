#include "query/answers.hpp"

#include <utility>

#include "engine/base/try.hpp"
#include "query/aggregator.hpp"

namespace varve::query {

Result<std::vector<Record>> records(Scan::Source& source) {
  std::vector<Record> found;
  for (;;) {
    VARVE_TRY(const auto block, source.next_block());
    if (!block) return found;
    for (std::size_t i = 0; i < block->size(); ++i) found.emplace_back(block->record(i));
  }
}

Result<std::uint64_t> count(Scan::Source& source) {
  std::uint64_t records = 0;
  for (;;) {
    VARVE_TRY(const auto block, source.next_block());
    if (!block) return records;
    records += block->size();
  }
}

Result<std::vector<std::string>> series_list(BlockSource& source, std::size_t limit) {
  std::vector<std::string> keys;
  while (keys.size() < limit) {
    VARVE_TRY(const auto block, source.next_block());
    if (!block) break;
    keys.emplace_back(block->key());
    source.skip_series();
  }
  return keys;
}

Result<std::vector<Aggregate>> aggregate(Scan::Source& source, Aggregation aggregation,
                                         bool newest_first) {
  std::vector<Aggregate> answers;
  std::string key;
  std::optional<Aggregator> current;
  const auto finish = [&] {
    if (!current) return;
    if (auto value = current->result()) answers.push_back({key, std::move(*value)});
  };
  for (;;) {
    VARVE_TRY(const auto block, source.next_block());
    if (!block) break;
    if (!current || block->key() != key) {
      finish();
      key.assign(block->key());
      current.emplace(aggregation, newest_first);
    }
    current->add(*block);
  }
  finish();
  return answers;
}

}  // namespace varve::query
