// The block cache: blocks that are in it, by one reader and by two, and blocks that push out
// others.

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "engine/table/block_cache.hpp"

namespace varve::bench {

namespace {

using engine::BlockCache;

constexpr std::uint64_t blocks = 1'000;
constexpr std::size_t block_bytes = std::size_t{16} << 10;

std::shared_ptr<const void> a_block() { return std::make_shared<std::vector<char>>(block_bytes); }

void cache_hit(benchmark::State& state) {
  static BlockCache* const cache = [] {
    auto* made = new BlockCache(4 * blocks * block_bytes);
    for (std::uint64_t i = 0; i < blocks; ++i) made->insert({1, i}, a_block(), block_bytes);
    return made;
  }();
  std::uint64_t at = static_cast<std::uint64_t>(state.thread_index()) * 37;
  for (auto _ : state) {
    if (cache->find({1, at}) == nullptr) state.SkipWithError("a block is not there");
    at = (at + 7) % blocks;
  }
}

void cache_insert_evicting(benchmark::State& state) {
  BlockCache cache(blocks * block_bytes);
  const auto block = a_block();
  std::uint64_t at = 0;
  for (auto _ : state) cache.insert({1, ++at}, block, block_bytes);
}

BENCHMARK(cache_hit)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(cache_insert_evicting);

}  // namespace

}  // namespace varve::bench
