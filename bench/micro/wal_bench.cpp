// Groups into the log: on files in memory, which shows what the log itself costs, and on the
// machine's, not synced.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/wal/wal.hpp"

namespace varve::bench {

namespace {

constexpr std::uint64_t kept_bytes = std::uint64_t{64} << 20;

/// Groups of `batches` batches of `records` records over 1,000 keys.
class Groups {
 public:
  Groups(std::size_t batches, std::size_t records) : payload_(records * 11, 'p') {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      names_.push_back("\1plant/line/device/sensor" + std::to_string(i));
    }
    for (std::size_t i = 0; i < std::min(records, names_.size()); ++i) {
      keys_.push_back({names_[i], &states_[i]});
    }
    const engine::ByteSpan payload = engine::as_bytes(payload_);
    batches_.resize(batches, {0, payload, engine::checksum(payload), keys_});
  }

  std::span<const engine::WalBatch> next() {
    for (engine::WalBatch& batch : batches_) batch.sequence = ++sequence_;
    return batches_;
  }
  std::size_t bytes() const { return payload_.size() * batches_.size(); }

 private:
  std::string payload_;
  std::vector<engine::WalKeyState> states_{1'000};
  std::vector<std::string> names_;
  std::vector<engine::WalKey> keys_;
  std::vector<engine::WalBatch> batches_;
  std::uint64_t sequence_ = 0;
};

void append(benchmark::State& state, std::shared_ptr<Directory> directory) {
  const auto batches = static_cast<std::size_t>(state.range(0));
  const auto records = static_cast<std::size_t>(state.range(1));
  engine::Wal wal({.directory = std::move(directory),
                   .database = {},
                   .segment_bytes = std::size_t{8} << 20,
                   .log = engine::Log()},
                  {});
  Groups groups(batches, records);
  wal.rotate().value();
  for (auto _ : state) {
    if (!wal.append(groups.next(), {})) state.SkipWithError("the append failed");
    if (wal.live_bytes() < kept_bytes) continue;
    state.PauseTiming();
    if (!wal.release(wal.current_segment())) state.SkipWithError("the release failed");
    state.ResumeTiming();
  }
  wal.close().value();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batches * records));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(groups.bytes()));
}

void wal_append_in_memory(benchmark::State& state) {
  append(state, memory_file_system()->open_directory("/").value());
}

void wal_append_to_files(benchmark::State& state) {
  const auto dir =
      std::filesystem::temp_directory_path() / ("varve_micro." + std::to_string(::getpid()));
  std::filesystem::create_directories(dir);
  append(state, posix_file_system()->open_directory(dir).value());
  std::filesystem::remove_all(dir);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"batches", "records"})->Args({1, 1})->Args({64, 1})->Args({1, 1'000});
}
BENCHMARK(wal_append_in_memory)->Apply(sizes);
BENCHMARK(wal_append_to_files)->Apply(sizes);

}  // namespace

}  // namespace varve::bench
