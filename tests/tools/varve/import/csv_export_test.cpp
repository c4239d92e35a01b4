// What `varve export` writes as csv comes back without an option.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/varve/import/csv_reader.hpp"

namespace varve::tools {
namespace {

using Records = std::vector<Record>;
using Texts = std::vector<std::string>;

constexpr const char* header = "key,time,value,type,expires_at,labels\n";

ReadResult read(const std::string& rows, const CsvOptions& options = {}) {
  return read_text([&](Input& input) { return make_csv_reader(input, options); }, header + rows);
}

TEST(CsvExport, keeps_every_type) {
  const auto result = read(
      "a,1,-0,double,,\na,2,9007199254740993,int64,,\na,3,true,bool,,\na,4,\"1,5\",bytes,,\n"
      "a,5,\"\",bytes,,\na,6,-,bytes,,\n");
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.problems, Texts());
  EXPECT_EQ(result.records, (Records{{"a", 1, -0.0},
                                     {"a", 2, 9007199254740993},
                                     {"a", 3, true},
                                     {"a", 4, "1,5"},
                                     {"a", 5, ""},
                                     {"a", 6, "-"}}));
}

TEST(CsvExport, keeps_the_bits_of_a_nan) {
  const auto result = read(
      "a,1,nan,double,,\na,2,nan:7ff0000000000002,double,,\n"
      "a,3,nan:0000000000000000,double,,\n");
  ASSERT_EQ(result.records.size(), 2U);
  EXPECT_TRUE(std::isnan(result.records[0].value().as_double()));
  EXPECT_EQ(std::bit_cast<std::uint64_t>(result.records[1].value().as_double()),
            0x7ff0000000000002U);
  EXPECT_EQ(result.problems.size(), 1U) << "those are the bits of zero";
}

TEST(CsvExport, keeps_moments_of_expiry) {
  const auto result = read("a,1,5,int64,1970-01-01T00:00:00.000009Z,\n");
  EXPECT_EQ(result.records, (Records{{"a", 1, 5, 9}}));
}

TEST(CsvExport, has_labels_with_the_first_record_or_without_any) {
  const auto result = read(
      "a,1,5,int64,,\"{room=\"\"hall 1\"\"}\"\na,2,6,int64,,\n"
      "b,,,,,\"{unit=\"\"C\"\"}+leave\"\n");
  EXPECT_EQ(result.problems, Texts());
  EXPECT_EQ(result.records, (Records{{"a", 1, 5}, {"a", 2, 6}}));
  Labels leaving{{"unit", "C"}};
  leaving.leave_with_records();
  EXPECT_EQ(result.descriptions,
            (std::vector<Description>{{"a", {{"room", "hall 1"}}, false}, {"b", leaving, false}}));
}

TEST(CsvExport, is_in_microseconds_however_long_ago) {
  EXPECT_EQ(read("a,-5,1,int64,,\n").records, (Records{{"a", -5, 1}}));
}

TEST(CsvExport, takes_values_that_no_other_table_could_have) {
  const std::string lines(5'000, '\n');
  const auto result = read("a,1,\"" + lines + "\",bytes,,\n");
  EXPECT_EQ(result.records, (Records{{"a", 1, lines}}));
}

TEST(CsvExport, of_an_empty_database_is_a_header_alone) {
  const auto result = read("");
  EXPECT_EQ(result.failure, "");
  EXPECT_TRUE(result.records.empty());
}

TEST(CsvExport, names_bad_rows_by_line) {
  const auto result = read("a,1,5,int64,,{room}\na,2,6,whole,,\n");
  ASSERT_EQ(result.problems.size(), 2U);
  EXPECT_TRUE(result.problems[0].starts_with("2: '{room}' are no labels"));
  EXPECT_TRUE(result.problems[1].starts_with("3: 'whole' is no type"));
  EXPECT_EQ(result.records, Records());
}

}  // namespace
}  // namespace varve::tools
