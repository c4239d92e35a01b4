// The line protocol's own corpus, where it lies beside the checkout: what it accepts comes out with
// its values, and what it refuses is refused but for what docs/line_protocol.md lists.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/formats/line_protocol.hpp"
#include "tools/formats/line_protocol_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

using Json = nlohmann::json;

/// Texts that are no UTF-8 stand in base64.
std::string text_of(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  return decode_base64(json.at("binary").get<std::string>()).value_or("");
}

Labels tags_of(const Json& point) {
  std::vector<Label> tags;
  for (const Json& tag : point.at("tags")) {
    tags.emplace_back(text_of(tag.at("key")), text_of(tag.at("value")));
  }
  return Labels(std::move(tags));
}

struct Expected {
  std::vector<Record> records;
  std::size_t beyond_int64 = 0;  // Fields that are left out by name.
};

/// Does by the corpus what the parser does by the text.
Expected expected_of(const Json& points) {
  MeasurementNames names;
  Expected expected;
  for (const Json& point : points) {
    const auto nanoseconds = point.at("time").get<std::int64_t>();
    const Timestamp ts = nanoseconds / 1'000 - (nanoseconds % 1'000 < 0 ? 1 : 0);
    for (const Json& field : point.at("fields")) {
      const Json& value = field.at("value");
      const std::string type = value.begin().key();
      const bool is_large =
          type == "uint" && value.at(type).get<std::uint64_t>() > std::uint64_t{INT64_MAX};
      if (is_large) {
        ++expected.beyond_int64;
        continue;
      }
      const auto labels =
          names.labels_of(text_of(point.at("name")), text_of(field.at("key")), tags_of(point));
      const std::string key = series_key(labels.value_or(Labels())).value_or("no key");
      if (type == "float") expected.records.emplace_back(key, ts, value.at(type).get<double>());
      if (type == "int" || type == "uint") {
        expected.records.emplace_back(key, ts, value.at(type).get<std::int64_t>());
      }
      if (type == "bool") expected.records.emplace_back(key, ts, value.at(type).get<bool>());
      if (type == "string") expected.records.emplace_back(key, ts, text_of(value.at(type)));
    }
  }
  return expected;
}

/// The corpus has no sign of zero.
bool is_same(const std::vector<Record>& got, const std::vector<Record>& expected) {
  return std::ranges::equal(got, expected, [](const Record& a, const Record& b) {
    const bool doubles =
        a.value().type() == ValueType::double_ && b.value().type() == ValueType::double_;
    const bool same_value =
        doubles ? a.value().as_double() == b.value().as_double() : a.value() == b.value();
    return a.key() == b.key() && a.ts() == b.ts() && same_value;
  });
}

struct Read {
  ReadResult result;
  std::size_t bad_fields = 0;
};

Read read(const Json& input) {
  const std::map<std::string, TimeUnit> units = {{"1ns", TimeUnit::nanoseconds},
                                                 {"1\xC2\xB5s", TimeUnit::microseconds},
                                                 {"1ms", TimeUnit::milliseconds},
                                                 {"1s", TimeUnit::seconds}};
  const std::map<std::string, std::int64_t> steps = {
      {"1ns", 1}, {"1\xC2\xB5s", 1'000}, {"1ms", 1'000'000}, {"1s", 1'000'000'000}};
  const auto precision = input.at("precision").get<std::string>();
  LineProtocolOptions options;
  options.time.unit = units.at(precision);
  const auto now = input.at("defaultTime").get<std::int64_t>();
  options.now = now / steps.at(precision) * steps.at(precision) / 1'000;
  Read got;
  got.result = read_text([&](Input& in) { return make_line_protocol_reader(in, options); },
                         text_of(input.at("text")));
  // read_text() does not tell of fields, so they are counted where lines are read one by one.
  Input again = Input::of(text_of(input.at("text")));
  const auto reader = make_line_protocol_reader(again, options);
  RecordList records;
  for (auto line = reader->next(records); line && *line; line = reader->next(records)) {
    got.bad_fields += (*line)->bad_cells.size();
  }
  return got;
}

/// What is taken though the format has no such thing: see docs/line_protocol.md.
bool is_leniency(const std::string& text) {
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\x7F';
  };
  const bool has_controls = std::ranges::any_of(text, is_control);
  std::string lower = text;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return has_controls || !is_utf8(text) || lower.contains("=nan") || lower.contains("=inf") ||
         lower.contains("=-inf") || lower.contains("=+") || text.starts_with("\xEF\xBB\xBF") ||
         text.starts_with("> ");
}

Json corpus() {
  std::ifstream file(std::string(VARVE_DATA) + "/influx/corpus.json");
  return file ? Json::parse(file) : Json();
}

TEST(LineProtocolCorpus, comes_out_with_its_values) {
  const Json all = corpus();
  if (all.is_null()) GTEST_SKIP() << "the corpus is not there";
  std::size_t accepted = 0;
  std::size_t refused = 0;
  std::size_t lenient = 0;
  for (const auto& [name, vector] : all.at("decode").items()) {
    const Json& output = vector.at("output");
    const std::string text = text_of(vector.at("input").at("text"));
    const Read got = read(vector.at("input"));
    EXPECT_EQ(got.result.failure, "") << name;
    const bool is_taken = got.result.problems.empty();
    if (output.contains("error")) {
      refused += is_taken ? 0 : 1;
      lenient += is_taken ? 1 : 0;
      EXPECT_TRUE(!is_taken || is_leniency(text)) << printable(text);
      continue;
    }
    const Expected expected = expected_of(output.at("result"));
    const bool is_right = is_taken && got.bad_fields == expected.beyond_int64 &&
                          is_same(got.result.records, expected.records);
    accepted += is_right ? 1 : 0;
    EXPECT_TRUE(is_right) << printable(text);
  }
  EXPECT_GT(accepted, 0U);
  RecordProperty("accepted", std::to_string(accepted));
  RecordProperty("refused", std::to_string(refused));
  RecordProperty("lenient", std::to_string(lenient));
}

ValueView value_of(const Json& value, std::string& text) {
  const std::string type = value.begin().key();
  if (type == "float") return value.at(type).get<double>();
  if (type == "bool") return value.at(type).get<bool>();
  if (type != "string") return value.at(type).get<std::int64_t>();
  text = text_of(value.at(type));
  return text;
}

TEST(LineProtocolCorpus, is_written_in_its_words) {
  const Json all = corpus();
  if (all.is_null()) GTEST_SKIP() << "the corpus is not there";
  for (const auto& [name, vector] : all.at("encode").items()) {
    const Json& point = vector.at("input").at("point");
    auto line = line_series(text_of(point.at("name")), tags_of(point));
    if (vector.at("output").contains("error")) {
      EXPECT_FALSE(line) << name;
      continue;
    }
    ASSERT_TRUE(line) << name;
    char separator = ' ';
    for (const Json& field : point.at("fields")) {
      *line += std::exchange(separator, ',') + line_field(text_of(field.at("key"))).value_or("?");
      *line += '=';
      std::string text;
      append_line_value(*line, value_of(field.at("value"), text));
    }
    // Times are whole microseconds here.
    const auto nanoseconds = point.at("time").get<std::int64_t>();
    *line += ' ';
    if (nanoseconds % 1'000 == 0) {
      EXPECT_TRUE(append_line_time(*line, nanoseconds / 1'000)) << name;
    } else {
      append_int64(*line, nanoseconds);
    }
    EXPECT_EQ(*line, text_of(vector.at("output").at("result")));
  }
}

}  // namespace
}  // namespace varve::tools
