#include "tests/memory/sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>

#include "engine/base/bytes.hpp"
#include "engine/directory/file_names.hpp"
#include "tests/support/directories.hpp"
#include "tests/support/engine_sizes.hpp"

namespace varve::test {

namespace {

using engine::FileKind;

constexpr const char* directory_path = "/db";

/// The series that are described here, or by a test.
constexpr std::array described{"gone", "hall/c", "new/0", "new/1", "plant/a", "plant/b"};

template <class T>
void expect_ok(const Result<T>& outcome) {
  EXPECT_TRUE(outcome) << outcome.error().message();
}

void write(Engine& engine, WriteBatch batch) { expect_ok(engine.write(std::move(batch))); }

/// Thirty records of each series from `first` on.
WriteBatch records_of_round(int first) {
  WriteBatch batch;
  for (int i = first; i < first + 30; ++i) {
    batch.put("hall/c", written_at + i, i % 2 == 0);
    batch.put("plant/a", written_at + i, 0.5 * i);
    batch.put("plant/b", written_at + i, i);
  }
  return batch;
}

void fill(Engine& engine) {
  using std::chrono::hours;
  expect_ok(engine.describe("hall/c", {{"room", "hall"}}));
  expect_ok(engine.describe("plant/a", {{"room", "hall"}, {"unit", "C"}}));
  expect_ok(engine.describe("plant/b", {{"room", "attic"}}));
  for (int round = 0; round < 4; ++round) {
    write(engine, records_of_round(round * 20));
    expect_ok(engine.flush());
  }
  WriteBatch passing;
  passing.describe("gone", Labels({{"room", "tower"}}).leave_with_records());
  passing.put("gone", written_at, 1.0, hours(1));
  passing.put("plant/a", written_at + 500, 1.0, hours(1));
  write(engine, std::move(passing));
  expect_ok(engine.flush());
  expect_ok(engine.erase("plant/a", written_at + 3));
  expect_ok(engine.erase_range("plant/b", std::nullopt, {written_at, written_at + 10}));
  expect_ok(engine.flush());
  // Of these the log alone knows.
  write(engine, records_of_round(100));
  WriteBatch others;
  others.put("hall/c", written_at + 200, "open");
  others.put("plant/a", written_at + 40, -1.0);
  others.erase("plant/b", written_at + 25);
  write(engine, std::move(others));
}

Image made(Durability durability) {
  const std::shared_ptr<FileSystem> files = memory_file_system();
  Engine engine = open_engine(tiny_options(files, written_at, durability), Sizes::tiny).value();
  fill(engine);
  expect_ok(engine.close());
  return Image(*files);
}

/// How many files of each kind the directory holds; what is of no kind fails the test, but for
/// what belongs to every database.
std::map<FileKind, std::uint64_t> files_by_kind(Directory& directory) {
  std::map<FileKind, std::uint64_t> counts;
  const auto names = directory.list().value();
  for (const std::string& name : names) {
    if (const auto file = engine::parse_file_name(name)) {
      ++counts[file->kind];
    } else {
      EXPECT_TRUE(name == "VARVE" || name == "VARVE.copy" || name == "LOCK") << name;
    }
  }
  return counts;
}

}  // namespace

Image::Image(FileSystem& files) {
  const auto directory = files.open_directory(directory_path).value();
  const auto names = directory->list().value();
  for (const std::string& name : names) {
    const auto file = directory->open(name, OpenMode::read).value();
    std::vector<std::byte> bytes(static_cast<std::size_t>(file->size().value()));
    file->read_at(0, bytes).value();
    files_.emplace(name, std::move(bytes));
  }
}

std::shared_ptr<FileSystem> Image::copy() const {
  std::shared_ptr<FileSystem> files = memory_file_system();
  if (files_.empty()) return files;
  const auto directory = make_directory(*files, directory_path);
  for (const auto& [name, bytes] : files_) {
    const auto file = directory->open(name, OpenMode::create).value();
    const engine::ByteSpan piece = bytes;
    file->write_at(0, std::span(&piece, 1)).value();
  }
  return files;
}

Options tiny_options(std::shared_ptr<FileSystem> files, Timestamp now, Durability durability) {
  Options options;
  options.dir = directory_path;
  options.durability = durability;
  options.memtable_bytes = std::size_t{64} << 10;
  options.wal_bytes = std::size_t{512} << 10;
  options.queue_bytes = std::size_t{64} << 10;
  options.block_cache_bytes = std::size_t{64} << 10;
  options.compression = Compression::none;  // zstd's memory is its own.
  options.threadless = true;
  options.file_system = std::move(files);
  options.clock = std::make_shared<ManualClock>(now);
  return options;
}

const Image& sample(Durability durability) {
  static const Image with_log = made(Durability::appended());
  static const Image without = made(Durability::none());
  return durability == Durability::none() ? without : with_log;
}

std::ostream& operator<<(std::ostream& out, const Content& content) {
  out << content.records.size() << " records:";
  for (const Record& record : content.records) out << ' ' << record.key() << '@' << record.ts();
  for (const auto& [key, labels] : content.labels) out << "; " << key << " with labels";
  for (const Note& note : content.notes) out << "; note " << note.name << " = " << note.bytes;
  return out;
}

Content content_of(Engine& engine) {
  Content content;
  auto records = engine.query(Query::all());
  expect_ok(records);
  if (records) content.records = *std::move(records);
  for (const char* const key : described) {
    auto labels = engine.labels(key);
    expect_ok(labels);
    if (labels && !labels->empty()) content.labels.emplace(key, *std::move(labels));
  }
  auto notes = engine.notes();
  expect_ok(notes);
  if (notes) content.notes = *std::move(notes);
  return content;
}

bool holds_all_of(const Content& content, const Content& part) {
  return std::ranges::all_of(part.records, [&](const Record& record) {
    return std::ranges::find(content.records, record) != content.records.end();
  });
}

void expect_index_agrees(Engine& engine) {
  std::map<std::string, std::vector<std::string>> by_room;
  const auto all = engine.series_list(Query::all());
  expect_ok(all);
  if (!all) return;
  for (const std::string& key : *all) {
    const auto labels = engine.labels(key);
    expect_ok(labels);
    if (labels) by_room[std::string(labels->value_of("room"))].push_back(key);
  }
  for (const char* const room : {"", "attic", "hall", "tower"}) {
    const auto found = engine.series_list(Query::all().with(Matcher::equals("room", room)));
    expect_ok(found);
    if (!found) continue;
    EXPECT_EQ(*found, by_room[room]) << "in room " << room;
  }
}

void expect_goes_on(Engine& engine) {
  const Content before = content_of(engine);
  WriteBatch batch;
  batch.put("later", read_at, 1.0);
  write(engine, std::move(batch));
  // What was refused does not come to light with what is written after it.
  Content after = content_of(engine);
  std::erase_if(after.records, [](const Record& record) { return record.key() == "later"; });
  EXPECT_EQ(after, before);
  const auto found = engine.get("later", read_at);
  expect_ok(found);
  EXPECT_TRUE(found && found->has_value());
  expect_ok(engine.flush());
}

void expect_sound(const std::shared_ptr<FileSystem>& files, const Content& content,
                  Durability durability) {
  auto opened = open_engine(tiny_options(files, read_at, durability), Sizes::tiny);
  ASSERT_TRUE(opened) << opened.error().message();
  const RecoveryReport& report = opened->recovery_report();
  EXPECT_TRUE(report.damages.empty()) << report.to_string();
  EXPECT_TRUE(report.set_aside.empty()) << report.to_string();
  EXPECT_TRUE(report.quarantined.empty()) << report.to_string();
  EXPECT_FALSE(report.cut) << report.to_string();
  EXPECT_EQ(content_of(*opened), content);

  auto kinds = files_by_kind(*files->open_directory(directory_path).value());
  EXPECT_EQ(kinds[FileKind::manifest], 1u);
  EXPECT_EQ(kinds[FileKind::manifest_copy], 1u);
  EXPECT_EQ(kinds[FileKind::table], opened->stats().tables);
  EXPECT_EQ(kinds[FileKind::wal] + kinds[FileKind::spare], opened->stats().wal_segments);
  expect_ok(opened->close());
}

bool is_for_memory(const Error& error) { return error.code == std::errc::not_enough_memory; }

}  // namespace varve::test
