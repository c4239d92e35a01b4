// What export writes, import reads back to the same records, in every format.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/formats/line_protocol.hpp"
#include "tools/formats/ndjson.hpp"
#include "tools/formats/record_printer.hpp"
#include "tools/varve/import/csv_reader.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : random_(seed) {}

  Record next(bool expiring) {
    std::string key = bytes(1);
    const auto ts = static_cast<Timestamp>(random_()) >> (random_() % 64);
    const Timestamp expires_at =
        expiring && random_() % 2 == 0 ? static_cast<Timestamp>(random_()) : never;
    return {std::move(key), ts, value(), expires_at};
  }

 private:
  /// Of characters that mean something in one of the formats.
  std::string bytes(std::size_t least) {
    constexpr std::string_view alphabet = "ab/, =\\\"'\n\r\t#:{}\x01\x7f\x80\xff\xc3\xa9;|vk";
    std::string out;
    const std::size_t size = least + random_() % 8;
    for (std::size_t i = 0; i < size; ++i) out += alphabet[random_() % alphabet.size()];
    return out;
  }

  Value value() {
    switch (random_() % 5) {
      case 0: {
        const auto number = std::bit_cast<double>(random_());
        return std::isnan(number) ? 1.0 : number;
      }
      case 1: return static_cast<double>(random_() % 1'000) / 10;
      case 2: return static_cast<std::int64_t>(random_());
      case 3: return random_() % 2 == 0;
      default: return bytes(0);
    }
  }

  std::mt19937_64 random_;
};

ReadResult through(const std::vector<Record>& records, const PrintOptions& print,
                   const MakeReader& make) {
  std::string text;
  append_header(text, print);
  for (const Record& record : records) append_record(text, record.view(), print);
  return read_text(make, std::move(text), 1'000);
}

std::vector<Record> some_records(bool expiring) {
  RandomRecords random(7);
  std::vector<Record> records;
  for (int i = 0; i < 5'000; ++i) records.push_back(random.next(expiring));
  return records;
}

TEST(RoundTrip, of_csv_with_types) {
  const auto records = some_records(false);
  for (const bool epoch : {false, true}) {
    CsvOptions options;
    options.time.unit = TimeUnit::microseconds;
    const auto result =
        through(records, {RecordFormat::csv, epoch, true},
                [&options](Input& input) { return make_csv_reader(input, options); });
    EXPECT_EQ(result.problems, std::vector<std::string>());
    EXPECT_EQ(result.records, records);
  }
}

TEST(RoundTrip, of_line_protocol) {
  // Nanoseconds in an int64 reach from 1677 to 2262.
  auto records = some_records(false);
  std::erase_if(records,
                [](const Record& record) { return record.ts() / 1'000'000 / 9'223'372'036 != 0; });
  ASSERT_GT(records.size(), 1'000U);
  LineProtocolOptions options;
  options.time.unit = TimeUnit::nanoseconds;
  const auto result = through(records, {RecordFormat::line_protocol}, [&](Input& input) {
    return make_line_protocol_reader(input, options);
  });
  EXPECT_EQ(result.problems, std::vector<std::string>());
  EXPECT_EQ(result.records, records);
}

TEST(RoundTrip, of_ndjson_with_expiries) {
  const auto records = some_records(true);
  for (const bool epoch : {false, true}) {
    const auto result = through(records, {RecordFormat::ndjson, epoch}, [](Input& input) {
      NdjsonOptions options;
      options.time.unit = TimeUnit::microseconds;
      return make_ndjson_reader(input, std::move(options));
    });
    EXPECT_EQ(result.problems, std::vector<std::string>());
    EXPECT_EQ(result.records, records);
  }
}

}  // namespace
}  // namespace varve::tools
