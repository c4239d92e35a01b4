#include "engine/table/statistics_format.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/codec/columns.hpp"
#include "engine/codec/doubles.hpp"
#include "engine/codec/words.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

using Member = std::uint64_t NumberStatistics::*;

// In their stored order.
constexpr Member members[] = {
    &NumberStatistics::first, &NumberStatistics::last,     &NumberStatistics::min,
    &NumberStatistics::max,   &NumberStatistics::sum_high, &NumberStatistics::sum_low,
};

constexpr auto no_statistics = static_cast<std::uint64_t>(RowType::tombstone);

std::uint64_t stored_type(RowType type) { return static_cast<std::uint64_t>(type); }

bool is_of_finite_numbers(const NumberStatistics& block) {
  return block.type != RowType::double_ || std::ranges::all_of(members, [&block](Member member) {
           return std::isfinite(std::bit_cast<double>(block.*member));
         });
}

}  // namespace

Bytes encode_statistics(std::span<const std::optional<NumberStatistics>> blocks,
                        Compression compression) {
  std::vector<std::uint64_t> types;
  types.reserve(blocks.size());
  for (const auto& block : blocks) {
    types.push_back(block ? stored_type(block->type) : no_statistics);
  }
  Bytes target;
  encode_words(types, Compression::none, target);
  for (const Member member : members) {
    std::vector<double> doubles;
    std::vector<std::int64_t> int64s;
    for (const auto& block : blocks) {
      if (!block) continue;
      if (block->type == RowType::double_) {
        doubles.push_back(std::bit_cast<double>((*block).*member));
      } else {
        int64s.push_back(static_cast<std::int64_t>((*block).*member));
      }
    }
    encode_doubles(doubles, compression, target);
    encode_int64s(int64s, compression, target);
  }
  return target;
}

Result<std::shared_ptr<const TableStatistics>> decode_statistics(ByteSpan bytes,
                                                                 std::size_t count) {
  const auto corruption = [] { return fail(Errc::corruption, "statistics"); };
  ByteReader reader(bytes);
  std::vector<std::uint64_t> types(count);
  decode_words(reader, types);
  if (!reader.ok()) return corruption();

  auto statistics = std::make_shared<TableStatistics>();
  statistics->blocks.resize(count);
  std::size_t doubles_count = 0;
  std::size_t int64s_count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (types[i] == no_statistics) continue;
    const bool is_double = types[i] == stored_type(RowType::double_);
    if (!is_double && types[i] != stored_type(RowType::int64)) return corruption();
    statistics->blocks[i].emplace().type = static_cast<RowType>(types[i]);
    ++(is_double ? doubles_count : int64s_count);
  }
  std::vector<double> doubles(doubles_count);
  std::vector<std::int64_t> int64s(int64s_count);
  for (const Member member : members) {
    decode_doubles(reader, doubles);
    decode_int64s(reader, int64s);
    if (!reader.ok()) return corruption();
    auto next_double = doubles.begin();
    auto next_int64 = int64s.begin();
    for (auto& block : statistics->blocks) {
      if (!block) continue;
      (*block).*member = block->type == RowType::double_
                             ? std::bit_cast<std::uint64_t>(*next_double++)
                             : static_cast<std::uint64_t>(*next_int64++);
    }
  }
  if (!reader.at_end()) return corruption();
  // A sum of finite numbers that passed the greatest double on the way, as was once written. And
  // whoever wrote a NaN or an infinity: of the rows of such a block only the rows tell which of
  // them aggregates pass over.
  for (auto& block : statistics->blocks) {
    if (block && !is_of_finite_numbers(*block)) block.reset();
  }
  statistics->bytes = sizeof(TableStatistics) + count * sizeof(std::optional<NumberStatistics>);
  return statistics;
}

}  // namespace varve::engine
