// Any bytes either fail to decode as a block, or give rows that keep the order of a table; encoded
// again they are the same rows. The encoder chooses among encodings, so the bytes may differ.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/table/block_format.hpp"
#include "tests/fuzz/require.hpp"
#include "varve/value.hpp"

namespace {

using namespace varve::engine;

bool same_values(const RowsView& a, const RowsView& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a.expires_at(i) != b.expires_at(i)) return false;
    if (a.type != RowType::tombstone && a.value(i) != b.value(i)) return false;
  }
  return true;
}

/// Neighbours of one key and type, which the encoder joins, count as one.
std::vector<RowsView> single_rows(const TableBlock& block) {
  std::vector<RowsView> rows;
  for (const RowsView& stretch : block.stretches()) {
    for (std::size_t i = 0; i < stretch.size(); ++i) rows.push_back(stretch.slice(i, 1));
  }
  return rows;
}

void require_order(const std::vector<RowsView>& rows) {
  const auto place = [](const RowsView& row) { return std::pair(row.key, row.first_ts()); };
  require(!rows.empty());
  require(std::ranges::adjacent_find(rows, std::ranges::greater_equal(), place) == rows.end());
}

void require_same(const std::vector<RowsView>& a, const std::vector<RowsView>& b) {
  require(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    require(a[i].key == b[i].key && a[i].type == b[i].type);
    require(a[i].first_ts() == b[i].first_ts() && same_values(a[i], b[i]));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto block = BlockDecoder::decode(std::as_bytes(std::span(data, size)));
  if (!block) return 0;
  const auto rows = single_rows(**block);
  require_order(rows);

  // A block may be larger than the encoder makes them, so it may come back as several.
  std::vector<std::shared_ptr<const TableBlock>> again;
  std::vector<RowsView> rows_again;
  BlockEncoder encoder;
  const auto end_block = [&] {
    again.push_back(BlockDecoder::decode(encoder.encode(varve::Compression::none)).value());
    for (const RowsView& row : single_rows(*again.back())) rows_again.push_back(row);
    encoder.clear();
  };
  for (const RowsView& row : rows) {
    // The decoder's bound on a block's values leaves room for one slightly over the greatest.
    if (row.type == RowType::bytes && row.value(0).as_bytes().size() > varve::Value::size_max)
      return 0;
    if (encoder.add(row) == 0) {
      end_block();
      require(encoder.add(row) == 1);
    }
  }
  end_block();
  require_same(rows, rows_again);
  return 0;
}
