// Random databases, exported and imported without an option: the same records, to the last bit,
// with their expiries, and the same labels.

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/tools/varve/running.hpp"
#include "tools/varve/export/record_export.hpp"
#include "tools/varve/export/wide_export.hpp"
#include "tools/varve/import/csv_reader.hpp"
#include "tools/varve/import/importer.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

class RandomDatabase {
 public:
  explicit RandomDatabase(std::uint64_t seed) : random_(seed) {}

  /// Twenty series: some without records, some without labels.
  Engine make() {
    Engine engine = Engine::open_in_memory().value();
    WriteBatch batch;
    for (int i = 0; i < 20; ++i) {
      const std::string key = std::to_string(i) + bytes(0);
      if (random_() % 3 != 0) batch.describe(key, labels());
      const std::size_t records = random_() % 4 == 0 ? 0 : 1 + random_() % 200;
      for (std::size_t record = 0; record < records; ++record) {
        const Record made = this->record(key);
        batch.put(made.view());
      }
    }
    engine.write(std::move(batch)).value();
    return engine;
  }

 private:
  /// Of characters that mean something in one of the formats.
  std::string bytes(std::size_t least) {
    constexpr std::string_view alphabet = "ab/, =\\\"'\n\r\t#:{}+\x01\x7f\x80\xff\xc3\xa9;|vk";
    std::string out;
    const std::size_t size = least + random_() % 8;
    for (std::size_t i = 0; i < size; ++i) out += alphabet[random_() % alphabet.size()];
    return out;
  }

  Labels labels() {
    Labels labels;
    const std::size_t count = 1 + random_() % 4;
    for (std::size_t i = 0; i < count; ++i) labels.set(bytes(1), bytes(1));
    return labels.leave_with_records(random_() % 2 == 0);
  }

  Record record(const std::string& key) {
    // From 1980 to 2100; and expiries that lie behind whatever the clock says.
    const auto ts = static_cast<Timestamp>(315'532'800'000'000 + random_() % 3'786'912'000'000'000);
    const auto expires_at = static_cast<Timestamp>(9'000'000'000'000'000'000 + random_() % 1'000);
    return {key, ts, value(), random_() % 3 == 0 ? expires_at : never};
  }

  Value value() {
    switch (random_() % 5) {
      case 0: return std::bit_cast<double>(random_());
      case 1: return std::bit_cast<double>(0x7ff0000000000000 | random_() % 8);  // Infinity, NaNs.
      case 2: return static_cast<std::int64_t>(random_());
      case 3: return random_() % 2 == 0;
      // In other tables that would be no value.
      default: return random_() % 4 == 0 ? std::string("NA") : bytes(0);
    }
  }

  std::mt19937_64 random_;
};

using MakeReader = std::unique_ptr<RecordReader> (*)(Input&);

/// The records of a file.
Engine read_back(const std::string& file, MakeReader make) {
  Engine to = Engine::open_in_memory().value();
  Importer importer(to, {});
  Input input = Input::open(file).value();
  const auto reader = make(input);
  const auto outcome = importer.read(input, *reader);
  EXPECT_TRUE(outcome) << outcome.error().message;
  return to;
}

Engine sent_through(Engine& from, RecordFormat format, bool epoch_times, MakeReader make) {
  const TestDirectory directory;
  const std::string file = directory.path("exported");
  {
    auto output = Output::create(file, directory.path("db")).value();
    const ReadOptions reads = ReadOptions().snapshot(from.snapshot().value());
    const auto outcome =
        export_records(from, Query::all(), reads, {format, epoch_times, true}, output);
    EXPECT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(output.finish());
  }
  return read_back(file, make);
}

void expect_same(Engine& from, Engine& to) {
  EXPECT_TRUE(from.query(Query::all()).value() == to.query(Query::all()).value());
  const auto expected = from.described_series().value();
  const auto found = to.described_series().value();
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].key, expected[i].key);
    EXPECT_TRUE(found[i].labels == expected[i].labels) << expected[i].key;
  }
}

TEST(ExportRoundTrip, of_csv_keeps_all) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Engine from = RandomDatabase(seed).make();
    Engine to = sent_through(from, RecordFormat::csv, seed % 2 == 0,
                             [](Input& input) { return make_csv_reader(input, CsvOptions()); });
    expect_same(from, to);
  }
}

TEST(ExportRoundTrip, of_wide_csv_keeps_every_value) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Engine from = RandomDatabase(seed).make();
    const TestDirectory directory;
    const std::string file = directory.path("exported");
    {
      auto output = Output::create(file, directory.path("db")).value();
      const ReadOptions reads = ReadOptions().snapshot(from.snapshot().value());
      const auto outcome = export_wide(from, Query::all(), reads, seed % 2 == 0, output);
      EXPECT_TRUE(outcome) << outcome.error().message;
      EXPECT_TRUE(output.finish());
    }
    Engine to = read_back(file, [](Input& input) { return make_csv_reader(input, CsvOptions()); });
    std::vector<Record> expected;  // Moments of expiry are not in it.
    for (const Record& record : from.query(Query::all()).value()) {
      expected.emplace_back(record.key(), record.ts(), record.value());
    }
    EXPECT_TRUE(to.query(Query::all()).value() == expected);
  }
}

TEST(ExportRoundTrip, of_ndjson_keeps_all) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Engine from = RandomDatabase(seed).make();
    Engine to = sent_through(from, RecordFormat::ndjson, seed % 2 == 0, [](Input& input) {
      return make_ndjson_reader(input, NdjsonOptions());
    });
    expect_same(from, to);
  }
}

}  // namespace
}  // namespace varve::tools
