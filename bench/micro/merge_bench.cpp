// One series out of several memtables: one after the other in time, where columns pass through,
// and interleaved row by row.

#include <benchmark/benchmark.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/cursor/cursor.hpp"

namespace varve::bench {

namespace {

using engine::hash_of;
using engine::Memtable;

constexpr Timestamp rows_per_source = 10'000;
constexpr std::uint64_t newest = std::numeric_limits<std::uint64_t>::max();

/// Source number s has the rows first(s), first(s) + step, and so on.
template <class First>
std::vector<std::shared_ptr<const Memtable>> sources_of(std::size_t count, Timestamp step,
                                                        First first) {
  const std::string key = "\1series";
  std::vector<std::shared_ptr<const Memtable>> sources;
  for (std::size_t s = 0; s < count; ++s) {
    const auto memtable = std::make_shared<Memtable>(s + 1, 1, 0);
    engine::MemtableSeries& series = memtable->series(key, hash_of(key));
    for (Timestamp i = 0; i < rows_per_source; ++i) {
      memtable->put(series, first(static_cast<Timestamp>(s)) + i * step, 0.5, never,
                    static_cast<std::uint64_t>(i + 1));
    }
    sources.push_back(memtable);
  }
  return sources;
}

void merge(benchmark::State& state, const std::vector<std::shared_ptr<const Memtable>>& sources) {
  const engine::CursorBounds bounds{.keys = engine::user_key_range("", {}), .times = {}};
  const std::size_t wanted = sources.size() * static_cast<std::size_t>(rows_per_source);
  for (auto _ : state) {
    std::vector<engine::MergeInput> inputs;
    for (const auto& source : sources) {
      inputs.push_back({engine::memtable_cursor(source, bounds, newest), {}});
    }
    const auto cursor = engine::merge_cursor(std::move(inputs), false);
    std::size_t rows = 0;
    while (cursor->next_key().value()) {
      for (auto stretch = cursor->next_rows().value(); !stretch.empty();
           stretch = cursor->next_rows().value()) {
        rows += stretch.size();
      }
    }
    if (rows != wanted) state.SkipWithError("rows are missing");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(wanted));
}

void merge_one_after_another(benchmark::State& state) {
  merge(state, sources_of(static_cast<std::size_t>(state.range(0)), 1,
                          [](Timestamp source) { return source * rows_per_source; }));
}
void merge_interleaved(benchmark::State& state) {
  merge(state, sources_of(static_cast<std::size_t>(state.range(0)), state.range(0),
                          [](Timestamp source) { return source; }));
}

BENCHMARK(merge_one_after_another)->ArgName("sources")->Arg(1)->Arg(4)->Arg(16);
BENCHMARK(merge_interleaved)->ArgName("sources")->Arg(2)->Arg(4)->Arg(16);

}  // namespace

}  // namespace varve::bench
