#include "maintenance/level0_covers.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"

namespace varve::maintenance {

Shape cells_of(const LiveTable& table) {
  if (table.shape != nullptr) return *table.shape;
  return {{table.meta->times, table.meta->size}};
}

namespace {

/// Covers that overlap become one.
std::vector<Cover> merge(std::vector<Cover> covers) {
  std::ranges::sort(covers, {}, [](const Cover& cover) { return cover.times.first; });
  std::vector<Cover> merged;
  for (Cover& cover : covers) {
    if (merged.empty() || cover.times.first > merged.back().times.last) {
      merged.push_back(std::move(cover));
      continue;
    }
    Cover& last = merged.back();
    last.times.last = std::max(last.times.last, cover.times.last);
    last.keys.add(cover.keys);
    last.bytes += cover.bytes;
    last.tables.insert(last.tables.end(), cover.tables.begin(), cover.tables.end());
    last.barred = last.barred || cover.barred;
  }
  return merged;
}

bool are_disjoint(const std::vector<Cover>& covers) {
  return std::ranges::adjacent_find(covers, [](const Cover& one, const Cover& next) {
           return one.times.last >= next.times.first;
         }) == covers.end();
}

/// One search, step by step.
class CoverSearch {
 public:
  CoverSearch(const LiveTables& tables, const CoveredInputs& inputs)
      : tables_(tables), inputs_(inputs), seen_(tables.size()) {}

  std::vector<Cover> run(const std::vector<bool>& out) {
    take_level0(out);
    for (std::size_t position = 0; position < tables_.size(); ++position) {
      const engine::TableMeta& meta = *tables_[position].meta;
      if (is_new(position) && inputs_.keys.overlaps(meta) && meta.times.overlaps(inputs_.times)) {
        take(position);
      }
    }
    while (grow()) {
    }
    return std::move(found_);
  }

 private:
  /// Tables of level 0 that cannot be inputs, and whose rows must not come to lie above others'.
  void take_level0(const std::vector<bool>& out) {
    for (std::size_t position = 0; position < tables_.size(); ++position) {
      const LiveTable& table = tables_[position];
      if (table.level != 0 || !out[position]) continue;
      if (table.meta->newest_flush > inputs_.newest_flush) continue;
      if (!inputs_.keys.overlaps(*table.meta)) continue;
      for (const Cell& cell : cells_of(table)) {
        found_.push_back({cell.times, inputs_.keys, 0, {}, true});
      }
    }
  }

  bool is_new(std::size_t position) const {
    return tables_[position].level == 1 && !seen_[position];
  }

  void take(std::size_t position) {
    const LiveTable& table = tables_[position];
    Cover cover{table.meta->times, inputs_.keys, table.meta->size, {position}, table.blocked};
    cover.keys.add(keys_of(*table.meta));
    found_.push_back(std::move(cover));
    seen_[position] = true;
  }

  /// Merges what was found, and takes the tables of level 1 that the covers meet by now. False
  /// where there was none.
  bool grow() {
    found_ = merge(std::move(found_));
    bool grown = false;
    for (std::size_t position = 0; position < tables_.size(); ++position) {
      const engine::TableMeta& meta = *tables_[position].meta;
      if (!is_new(position)) continue;
      if (std::ranges::any_of(found_, [&](const Cover& cover) {
            return cover.keys.overlaps(meta) && cover.times.overlaps(meta.times);
          })) {
        take(position);
        grown = true;
      }
    }
    return grown;
  }

  const LiveTables& tables_;
  const CoveredInputs& inputs_;
  std::vector<bool> seen_;  // Taken into a cover.
  std::vector<Cover> found_;
};

}  // namespace

std::vector<Cover> find_covers(const LiveTables& tables, const std::vector<bool>& out,
                               const CoveredInputs& inputs) {
  std::vector<Cover> covers = CoverSearch(tables, inputs).run(out);
  VARVE_ASSERT(are_disjoint(covers));
  return covers;
}

}  // namespace varve::maintenance
