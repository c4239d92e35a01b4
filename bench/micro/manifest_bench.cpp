// Edits of the manifest: to bytes and back, by how many tables they name, and into the file, which
// is in memory: what a sync takes is the device's.

#include <benchmark/benchmark.h>

#include <string>

#include "engine/version/manifest.hpp"
#include "engine/version/version_edit.hpp"

namespace varve::bench {

namespace {

using engine::VersionEdit;

VersionEdit edit_of(std::int64_t tables) {
  VersionEdit edit;
  for (std::int64_t i = 0; i < tables; ++i) {
    engine::TableMeta meta;
    meta.number = static_cast<std::uint64_t>(i + 1);
    meta.size = 1 << 20;
    meta.first_key = "\1plant001/line01/device" + std::to_string(i) + "/current";
    meta.last_key = "\1plant001/line01/device" + std::to_string(i) + "/voltage";
    meta.times = {i * 3'600'000'000, (i + 1) * 3'600'000'000 - 1};
    meta.rows = 100'000;
    meta.newest_flush = static_cast<std::uint64_t>(i + 1);
    edit.added.push_back({1, meta});
  }
  edit.flushed_through = 1'000'000;
  edit.next_file = static_cast<std::uint64_t>(tables + 1);
  return edit;
}

engine::Bytes encoded(const VersionEdit& edit) {
  engine::Bytes bytes;
  engine::ByteWriter writer(bytes);
  edit.encode(writer);
  return bytes;
}

void manifest_edit_encode(benchmark::State& state) {
  const VersionEdit edit = edit_of(state.range(0));
  std::size_t size = 0;
  for (auto _ : state) size = encoded(edit).size();
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void manifest_edit_decode(benchmark::State& state) {
  const VersionEdit edit = edit_of(state.range(0));
  const engine::Bytes bytes = encoded(edit);
  for (auto _ : state) {
    if (VersionEdit::decode(bytes).value().added.size() != edit.added.size()) {
      state.SkipWithError("decoded to something else");
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

void manifest_append(benchmark::State& state) {
  const VersionEdit edit = edit_of(2);
  const auto directory = memory_file_system()->open_directory("/").value();
  auto manifest = engine::Manifest::create(*directory, {}, 1, edit).value();
  for (auto _ : state) {
    if (!manifest.append(edit)) state.SkipWithError("the append failed");
  }
}

BENCHMARK(manifest_edit_encode)->ArgName("tables")->Arg(2)->Arg(1'000);
BENCHMARK(manifest_edit_decode)->ArgName("tables")->Arg(2)->Arg(1'000);
BENCHMARK(manifest_append);

}  // namespace

}  // namespace varve::bench
