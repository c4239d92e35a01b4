// Sequences that are far apart, as refused writes and lost batches leave them.

#include <gtest/gtest.h>

#include <cstdint>

#include "engine/base/checksum.hpp"
#include "engine/directory/identity_files.hpp"
#include "engine/record/key.hpp"
#include "engine/record/payload.hpp"
#include "engine/wal/wal.hpp"
#include "tests/crash/scripted_run.hpp"

namespace varve::test {
namespace {

using engine::BatchEncoder;
using engine::ByteSpan;
using engine::Payload;
using engine::Wal;
using engine::WalBatch;
using engine::WalKey;
using engine::WalKeyState;

Options options_on(std::shared_ptr<FileSystem> disk) {
  return ScriptedRun(nullptr).options_on(std::move(disk));
}

WriteBatch one(Timestamp ts) {
  WriteBatch batch;
  batch.put("k", ts, 1.0);
  return batch;
}

/// Appends a record to the log of a closed database as the batch of this sequence.
void append_with(const std::shared_ptr<SimulatedDisk>& disk, std::uint64_t sequence) {
  const std::shared_ptr<Directory> directory = disk->open_directory("/db").value();
  const engine::Uuid database = engine::read_identity(*directory).value().database;
  const auto nothing = [](const engine::ReplayedBatch&) -> Status { return {}; };
  const auto position = engine::replay_wal(*directory, database, {}, nothing).value().position;
  Wal wal({.directory = directory, .database = database, .log = engine::Log()}, position);
  wal.rotate().value();
  Payload payload;
  BatchEncoder(payload).put(0, 2, 2.0, {});
  const ByteSpan bytes = ByteSpan(payload.bytes).first(payload.size);
  const std::string key = engine::internal_key("k");
  WalKeyState state;
  const WalKey wal_key{key, &state};
  const WalBatch batch{sequence, bytes, engine::checksum(bytes), std::span(&wal_key, 1)};
  wal.append(std::span(&batch, 1), {}).value();
  wal.sync().value();
}

TEST(SequenceGap, of_any_width_is_replayed) {
  for (const int shift : {20, 31, 32, 33, 40, 61}) {
    const auto disk = std::make_shared<SimulatedDisk>();
    {
      Engine engine = Engine::open(options_on(disk)).value();
      ASSERT_TRUE(engine.write(one(1)));
    }
    const std::uint64_t sequence = std::uint64_t{1} << shift;
    append_with(disk, sequence);
    auto engine = Engine::open(options_on(disk));
    ASSERT_TRUE(engine) << engine.error().message();
    EXPECT_EQ(engine->last_sequence(), sequence) << shift;
    EXPECT_TRUE(engine->get("k", 1).value());
    EXPECT_TRUE(engine->get("k", 2).value());
    EXPECT_EQ(engine->write(one(3)).value().sequence, sequence + 1);
    ASSERT_TRUE(engine->flush());
    EXPECT_TRUE(engine->get("k", 3).value());
  }
}

}  // namespace
}  // namespace varve::test
