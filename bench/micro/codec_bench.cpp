// Columns to bits and back: 1,024 values of a decimal walk, of times at a regular step with and
// without jitter, and of lines of text.

#include <benchmark/benchmark.h>

#include "bench/load/generator.hpp"
#include "engine/codec/columns.hpp"
#include "engine/codec/row_columns.hpp"

namespace varve::bench {

namespace {

constexpr std::size_t rows = 1'024;

/// One series of a plant.
Input series(std::uint32_t jitter_ms) {
  return Plant::in_order({.series = 1, .jitter_ms = jitter_ms}, rows);
}

std::vector<double> numbers() {
  std::vector<double> values;
  for (const Reading& reading : series(0).readings) values.push_back(reading.number());
  return values;
}

std::vector<std::int64_t> times(std::uint32_t jitter_ms) {
  std::vector<std::int64_t> values;
  for (const Reading& reading : series(jitter_ms).readings) values.push_back(reading.ts());
  return values;
}

Compression compression_of(const benchmark::State& state) {
  return state.range(0) == 0 ? Compression::none : Compression::zstd;
}

void count(benchmark::State& state, std::size_t encoded_size) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
  state.counters["bits_per_value"] = static_cast<double>(encoded_size) * 8 / rows;
}

template <class Values, class Encode>
void encode(benchmark::State& state, const Values& values, Encode encode_values) {
  engine::Bytes target;
  for (auto _ : state) {
    target.clear();
    encode_values(values, compression_of(state), target);
    benchmark::DoNotOptimize(target.data());
  }
  count(state, target.size());
}

template <class Value, class Encode, class Decode>
void decode(benchmark::State& state, const std::vector<Value>& values, Encode encode_values,
            Decode decode_values) {
  engine::Bytes source;
  encode_values(values, compression_of(state), source);
  std::vector<Value> decoded(values.size());
  for (auto _ : state) {
    engine::ByteReader reader(source);
    decode_values(reader, decoded);
    benchmark::DoNotOptimize(decoded.data());
  }
  if (decoded != values) state.SkipWithError("decoded to something else");
  count(state, source.size());
}

void encode_walk(benchmark::State& state) { encode(state, numbers(), engine::encode_doubles); }
void decode_walk(benchmark::State& state) {
  decode(state, numbers(), engine::encode_doubles, engine::decode_doubles);
}
/// As rows have them: the first time apart.
void encode_times(std::span<const std::int64_t> times, Compression, engine::Bytes& target) {
  engine::encode_steps(times, target);
}
void decode_times(benchmark::State& state, const std::vector<std::int64_t>& times) {
  decode(state, times, encode_times,
         [&](engine::ByteReader& reader, std::span<std::int64_t> decoded) {
           decoded.front() = times.front();
           engine::decode_steps(reader, decoded);
         });
}

void encode_regular_times(benchmark::State& state) { encode(state, times(0), encode_times); }
void decode_regular_times(benchmark::State& state) { decode_times(state, times(0)); }
void encode_jittered_times(benchmark::State& state) { encode(state, times(20), encode_times); }
void decode_jittered_times(benchmark::State& state) { decode_times(state, times(20)); }

/// As encode_bytes() takes them.
struct Texts {
  Texts() {
    for (const std::string& line : log_lines(1, rows, 3).texts) {
      sizes.push_back(line.size());
      heap += line;
    }
  }
  std::vector<std::uint64_t> sizes;
  std::string heap;
};

void encode_lines(benchmark::State& state) {
  encode(state, Texts(), [](const Texts& texts, Compression compression, engine::Bytes& target) {
    engine::encode_bytes(texts.sizes, texts.heap, compression, target);
  });
}
void decode_lines(benchmark::State& state) {
  const Texts texts;
  engine::Bytes source;
  engine::encode_bytes(texts.sizes, texts.heap, compression_of(state), source);
  for (auto _ : state) {
    engine::ByteReader reader(source);
    const auto decoded = engine::decode_bytes(reader, rows, texts.heap.size());
    benchmark::DoNotOptimize(decoded.values.data());
    if (decoded.heap_size != texts.heap.size()) state.SkipWithError("decoded to something else");
  }
  count(state, source.size());
}

BENCHMARK(encode_walk)->ArgName("zstd")->Arg(0)->Arg(1);
BENCHMARK(decode_walk)->ArgName("zstd")->Arg(0)->Arg(1);
BENCHMARK(encode_regular_times)->ArgName("zstd")->Arg(0);
BENCHMARK(decode_regular_times)->ArgName("zstd")->Arg(0);
BENCHMARK(encode_jittered_times)->ArgName("zstd")->Arg(0);
BENCHMARK(decode_jittered_times)->ArgName("zstd")->Arg(0);
BENCHMARK(encode_lines)->ArgName("zstd")->Arg(0)->Arg(1);
BENCHMARK(decode_lines)->ArgName("zstd")->Arg(0)->Arg(1);

}  // namespace

}  // namespace varve::bench
