#include "tests/maintenance/keeper_fixture.hpp"

#include <array>
#include <cstddef>
#include <span>

#include "engine/directory/file_names.hpp"
#include "engine/record/label_record.hpp"
#include "maintenance/compaction.hpp"
#include "tests/support/directories.hpp"

namespace varve::maintenance {

using engine::Memtable;

KeeperFixture::KeeperFixture(std::shared_ptr<FileSystem> on, const Rules& with, Duration width)
    : files(std::move(on)),
      directory(test::make_directory(*files, "/db")),
      rules(with),
      window(width),
      pool(directory, 8),
      context{directory, &cache, &pool, engine::Log([this](LogLevel, std::string_view message) {
                logged.emplace_back(message);
              })} {
  engine::VersionSet::Start fresh;
  fresh.active = std::make_shared<Memtable>(1, 0, 0);
  start(std::move(fresh));
}

KeeperFixture::KeeperFixture(Existing existing)
    : files(std::move(existing.files)),
      directory(files->open_directory("/db").value()),
      window(100),
      pool(directory, 8),
      context{directory, &cache, &pool, {}} {
  load();
}

void KeeperFixture::start(engine::VersionSet::Start from) {
  from.context = &context;
  from.database = database_;
  versions = engine::VersionSet::create(std::move(from)).value();
  trusted.emplace(clock, [this] { return now; });
  if (const auto stored = version()->trusted_time) trusted->resume(stored->time);
  keeper = std::make_unique<Keeper>(keeper_context(), rules);
}

KeeperContext KeeperFixture::keeper_context() {
  KeeperContext needs;
  needs.versions = versions.get();
  needs.tables = &context;
  needs.counters = &counters;
  needs.clock = &clock;
  needs.trusted = &*trusted;
  needs.log = context.log;
  needs.window = window;
  needs.on_flushed = [this] { ++flushed_calls; };
  needs.wal = wal.get();
  needs.database = database_;
  return needs;
}

std::uint64_t KeeperFixture::open_wal() {
  engine::WalOptions options;
  options.directory = directory;
  options.segment_bytes = 4096;
  wal = std::make_unique<engine::Wal>(options, engine::WalPosition{});
  reopen();
  return wal->rotate().value();
}

void KeeperFixture::reopen() {
  ASSERT_TRUE(versions->close(trusted->look()));
  load();
}

void KeeperFixture::load() {
  keeper.reset();
  versions.reset();
  auto loaded = engine::load_version(*directory, database_, context).value();
  engine::VersionSet::Start from;
  from.active = std::make_shared<Memtable>(loaded.version.flush_number + 1, 0, sequence_);
  from.sequence = loaded.version.flushed_through;
  from.next_file = loaded.next_file;
  from.manifest_number = loaded.manifest_number;
  from.version = std::move(loaded.version);
  start(std::move(from));
}

std::uint64_t KeeperFixture::begin() { return ++sequence_; }

void KeeperFixture::end(std::uint64_t sequence) {
  versions->active()->set_last_sequence(sequence);
  versions->publish(sequence);
}

void KeeperFixture::put(const std::string& key, Timestamp ts, std::int64_t value,
                        Timestamp expires_at) {
  const std::uint64_t sequence = begin();
  Memtable& memtable = *versions->active();
  memtable.put(memtable.series(key, engine::hash_of(key)), ts, value, expires_at, sequence);
  end(sequence);
  model_[{key, ts}] = {value, expires_at};
}

void KeeperFixture::erase(const std::string& key, Timestamp ts) {
  const std::uint64_t sequence = begin();
  Memtable& memtable = *versions->active();
  memtable.erase(memtable.series(key, engine::hash_of(key)), ts, sequence);
  end(sequence);
  model_.erase({key, ts});
}

void KeeperFixture::erase_range(const std::string& first, const std::string& end_key,
                                engine::TimeSpan times) {
  if (first >= end_key || times.empty()) return;  // As a batch leaves it out.
  const std::uint64_t sequence = begin();
  versions->active()->erase_range({{first, end_key}, times}, sequence);
  end(sequence);
  std::erase_if(model_, [&](const auto& record) {
    const auto& [key, ts] = record.first;
    return first <= key && key < end_key && times.contains(ts);
  });
}

void KeeperFixture::describe(const std::string& key, const Labels& labels) {
  const std::uint64_t sequence = begin();
  Memtable& memtable = *versions->active();
  const std::string label_key = engine::label_key(key);
  const engine::Bytes bytes = engine::encode_labels(labels);
  memtable.put(memtable.series(label_key, engine::hash_of(label_key)), engine::label_ts,
               engine::as_text(bytes), never, sequence);
  end(sequence);
}

void KeeperFixture::freeze(std::uint64_t next_segment) {
  const std::uint64_t number = versions->active()->number() + 1;
  versions->rotate(std::make_shared<Memtable>(number, next_segment, sequence_));
}

void KeeperFixture::flush() {
  freeze();
  for (;;) {
    const auto flushed = keeper->flush_one();
    ASSERT_TRUE(flushed) << flushed.error().message();
    if (!*flushed) return;
  }
}

void KeeperFixture::run_plan(CompactionPlan plan) {
  const CompactionJob job{version(), std::move(plan), Rules{}.table_bytes_max, now, {}};
  JobFiles made(context, *versions, {.compression = Compression::none, .database = {std::byte{9}}});
  BrokenInput broken;
  auto outcome = run_compaction(job, made, broken);
  ASSERT_TRUE(outcome) << outcome.error().message();
  made.hand_over();
  ASSERT_TRUE(versions->apply(std::move(outcome->edit)));
}

Result<std::vector<FlatRow>> KeeperFixture::read() const {
  std::vector<FlatRow> rows;
  const auto view = versions->view(now);
  auto cursor = view->live_rows({{"", "\xff"}, {}, false}, {});
  if (!cursor) return std::unexpected(cursor.error());
  for (;;) {
    const auto more = (*cursor)->next_key();
    if (!more) return std::unexpected(more.error());
    if (!*more) return rows;
    for (;;) {
      const auto stretch = (*cursor)->next_rows();
      if (!stretch) return std::unexpected(stretch.error());
      if (stretch->empty()) break;
      test::append_walked(rows, *stretch, false);
    }
  }
}

std::vector<FlatRow> KeeperFixture::expected() const {
  std::vector<FlatRow> rows;
  for (const auto& [identity, record] : model_) {
    if (record.expires_at <= now) continue;
    rows.push_back({identity.first, identity.second, engine::RowType::int64, Value(record.value),
                    record.expires_at});
  }
  return rows;
}

std::size_t KeeperFixture::tables() const {
  std::size_t count = 0;
  for (const auto& level : version()->levels) count += level.size();
  return count;
}

std::uint64_t KeeperFixture::rows() const {
  std::uint64_t count = 0;
  for (const auto& level : version()->levels) {
    for (const auto& table : level) count += table->meta().rows;
  }
  return count;
}

std::size_t KeeperFixture::table_files() const {
  const auto names = directory->list().value();
  return static_cast<std::size_t>(
      std::ranges::count_if(names, [](const auto& name) { return name.ends_with(".table"); }));
}

void KeeperFixture::damage(std::uint64_t number) {
  const auto file = directory->open(engine::table_file_name(number), OpenMode::read_write).value();
  std::array<std::byte, 1> byte{};
  ASSERT_TRUE(file->read_at(20, byte));
  byte[0] ^= std::byte{0x40};
  const std::array<std::span<const std::byte>, 1> pieces{byte};
  ASSERT_TRUE(file->write_at(20, pieces));
  cache.forget(number);
  pool.forget(number);
}

}  // namespace varve::maintenance
