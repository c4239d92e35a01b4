#include "tools/formats/readers/annotated_csv.hpp"

#include <gtest/gtest.h>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

using Records = std::vector<Record>;
using Texts = std::vector<std::string>;
using Descriptions = std::vector<Description>;

constexpr Timestamp noon = 1714564800000000;  // 2024-05-01T12:00:00Z.

const std::string head =
    "#group,false,false,false,false,true,true,true\n"
    "#datatype,string,long,dateTime:RFC3339,double,string,string,string\n"
    "#default,_result,,,,,,\n"
    ",result,table,_time,_value,_field,_measurement,host\n";

ReadResult read(std::string text, std::size_t piece = 1 << 18) {
  return read_text(
      [](Input& input) { return make_annotated_csv_reader(input, AnnotatedCsvOptions()); },
      std::move(text), piece);
}

TEST(AnnotatedCsv, names_series_by_measurement_field_and_tags) {
  const auto result = read(head +
                           ",,0,2024-05-01T12:00:00Z,15.43,used,mem,A\n"
                           ",,0,2024-05-01T12:00:01Z,16,used,mem,A\n"
                           ",,1,2024-05-01T12:00:00Z,59.25,value,load,B\n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"mem_used,host=A", noon, 15.43},
                                     {"mem_used,host=A", noon + 1'000'000, 16.0},
                                     {"load,host=B", noon, 59.25}}));
  EXPECT_EQ(result.descriptions,
            (Descriptions{{"mem_used,host=A", {{"__name__", "mem_used"}, {"host", "A"}}, true},
                          {"load,host=B", {{"__name__", "load"}, {"host", "B"}}, true}}));
}

TEST(AnnotatedCsv, reads_tables_one_after_another_each_by_its_own_annotations) {
  const auto result = read(head +
                           ",,0,2024-05-01T12:00:00Z,15.43,used,mem,A\r\n"
                           "\r\n"
                           "#group,false,false,true,false,true,true\r\n"
                           "#datatype,string,long,string,dateTime:RFC3339,long,string\r\n"
                           "#default,_result,,,,,\r\n"
                           ",result,table,_measurement,_time,_value,_field\r\n"
                           ",,1,net,2024-05-01T12:00:00Z,9007199254740993,bytes\r\n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"mem_used,host=A", noon, 15.43},
                                     {"net_bytes", noon, std::int64_t{9007199254740993}}}));
}

TEST(AnnotatedCsv, has_a_type_for_each_type_of_flux) {
  const auto value = [](const std::string& type, const std::string& text) {
    return read("#datatype,string,long,dateTime:RFC3339," + type +
                ",string,string\n"
                ",result,table,_time,_value,_field,_measurement\n"
                ",,0,2024-05-01T12:00:00Z," +
                text + ",f,m\n");
  };
  EXPECT_EQ(value("double", "1").records, (Records{{"m_f", noon, 1.0}}));
  EXPECT_EQ(value("long", "-5").records, (Records{{"m_f", noon, -5}}));
  EXPECT_EQ(value("unsignedLong", "5").records, (Records{{"m_f", noon, 5}}));
  EXPECT_EQ(value("boolean", "true").records, (Records{{"m_f", noon, true}}));
  EXPECT_EQ(value("string", "\"a, \"\"b\"\"\nc\"").records,
            (Records{{"m_f", noon, "a, \"b\"\nc"}}));
  EXPECT_EQ(value("base64Binary", "//4=").records, (Records{{"m_f", noon, "\xff\xfe"}}));
  EXPECT_EQ(value("duration", "1h").records, (Records{{"m_f", noon, "1h"}}));
  EXPECT_EQ(value("unsignedLong", "18446744073709551615").problems,
            (Texts{"3: column '_value': '18446744073709551615' is beyond what an int64 holds"}));
  EXPECT_EQ(value("decimal", "1").problems.size(), 1U);
}

TEST(AnnotatedCsv, has_no_record_for_an_empty_cell_unless_a_default_fills_it) {
  const auto result = read(
      "#datatype,string,long,dateTime:RFC3339,double,string,string,string\n"
      "#default,_result,,,,,,B\n"
      ",result,table,_time,_value,_field,_measurement,host\n"
      ",,0,2024-05-01T12:00:00Z,,used,mem,A\n"
      ",,0,2024-05-01T12:00:00Z,1,used,mem,\n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"mem_used,host=B", noon, 1.0}}));
}

TEST(AnnotatedCsv, has_a_field_in_each_column_of_a_pivoted_table) {
  const auto result = read(
      "#group,false,false,false,true,true,false,false,false\n"
      "#datatype,string,long,dateTime:RFC3339,string,string,double,long,string\n"
      "#default,_result,,,,,,,\n"
      ",result,table,_time,_measurement,host,temp,count,state\n"
      ",,0,2024-05-01T12:00:00Z,room,A,21.5,3,open\n"
      ",,0,2024-05-01T12:00:01Z,room,A,,4,\n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"room_temp,host=A", noon, 21.5},
                                     {"room_count,host=A", noon, 3},
                                     {"room_state,host=A", noon, "open"},
                                     {"room_count,host=A", noon + 1'000'000, 4}}));
}

TEST(AnnotatedCsv, reads_a_table_without_annotations_by_the_look) {
  const auto result = read(
      ",result,table,_time,_value,_field,_measurement\n"
      ",_result,0,2024-05-01T12:00:00Z,1.5,f,m\n"
      "\n"
      ",result,table,_time,_value,_field,_measurement\n"
      ",_result,0,2024-05-01T12:00:00Z,on,g,m\n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"m_f", noon, 1.5}, {"m_g", noon, "on"}}));
}

TEST(AnnotatedCsv, gives_the_second_pair_of_a_name_a_series_of_its_own) {
  const auto result = read(head +
                           ",,0,2024-05-01T12:00:00Z,1,b_c,a,\n"
                           ",,1,2024-05-01T12:00:00Z,2,c,a_b,\n");
  EXPECT_EQ(result.records, (Records{{"a_b_c", noon, 1.0}, {"a_b_c,_measurement=a_b", noon, 2.0}}));
}

TEST(AnnotatedCsv, knows_a_header_again_whose_columns_are_in_another_order) {
  const auto result = read(
      ",result,table,_time,_value,_field,_measurement\n"
      ",_result,0,2024-05-01T12:00:00Z,1.5,f,m\n"
      ",result,table,_value,_field,_measurement,host,_time\n"
      ",_result,0,2.5,g,m,A,2024-05-01T12:00:00Z\n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"m_f", noon, 1.5}, {"m_g,host=A", noon, 2.5}}));
}

TEST(AnnotatedCsv, knows_a_header_of_a_pivoted_table_again) {
  const std::string types = "#group,,,,true,false\n#datatype,string,long,dateTime,string,double\n";
  const auto result = read(types +
                           ",result,table,_time,_measurement,temp\n"
                           ",_result,0,2024-05-01T12:00:00Z,m,1.5\n"
                           ",result,table,_time,_measurement,hum\n"
                           ",_result,0,2024-05-01T12:00:00Z,m,40\n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"m_temp", noon, 1.5}, {"m_hum", noon, 40.0}}));
}

TEST(AnnotatedCsv, takes_a_text_in_quotes_for_no_header) {
  const auto result = read(
      ",result,table,_time,_value,_field,_measurement\n"
      ",_result,0,2024-05-01T12:00:00Z,\"_value\",\"_time\",m\n");
  EXPECT_EQ(result.records, (Records{{"m__time", noon, "_value"}}));
}

TEST(AnnotatedCsv, keeps_blanks_at_the_end_of_the_last_cell) {
  const auto result = read(
      "#datatype,string,long,dateTime:RFC3339,string,string,string\n"
      ",result,table,_time,_measurement,_field,_value\n"
      ",,0,2024-05-01T12:00:00Z,m,f,on \t\r\n"
      ",,0,2024-05-01T12:00:01Z,m,f,\"off\" \n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"m_f", noon, "on \t"}, {"m_f", noon + 1'000'000, "off"}}));
}

TEST(AnnotatedCsv, reads_fields_that_are_called_as_the_columns_of_a_failed_query) {
  const auto result = read(
      "#group,false,false,false,true,false,false\n"
      "#datatype,string,long,dateTime:RFC3339,string,double,double\n"
      ",result,table,_time,_measurement,error,reference\n"
      ",,0,2024-05-01T12:00:00Z,m,0.5,20\n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"m_error", noon, 0.5}, {"m_reference", noon, 20.0}}));
}

TEST(AnnotatedCsv, has_the_prefix_in_the_name) {
  AnnotatedCsvOptions options;
  options.prefix = "p/";
  const auto result =
      read_text([&](Input& input) { return make_annotated_csv_reader(input, options); },
                head + ",,0,2024-05-01T12:00:00Z,1,used,mem,A\n");
  ASSERT_EQ(result.descriptions.size(), 1U);
  EXPECT_EQ(result.descriptions[0].key, "p/mem_used,host=A");
  EXPECT_EQ(result.descriptions[0].labels, (Labels{{"__name__", "p/mem_used"}, {"host", "A"}}));
}

TEST(AnnotatedCsv, gives_no_name_for_a_row_that_is_bad) {
  MeasurementNames names;
  AnnotatedCsvOptions options;
  options.names = &names;
  const auto read_in = [&](const std::string& row) {
    return read_text([&](Input& input) { return make_annotated_csv_reader(input, options); },
                     "#group,,,,true,false,false\n"
                     "#datatype,string,long,dateTime,string,double,long\n"
                     ",result,table,_time,_measurement,a,b\n" +
                         row);
  };
  EXPECT_EQ(read_in(",,0,2024-05-01T12:00:00Z,m,1,x\n").problems.size(), 1U);
  EXPECT_TRUE(names.owed().empty());
  EXPECT_EQ(
      read_in(",,0,2024-05-01T12:00:00Z,m,1,x\n,,0,2024-05-01T12:00:00Z,m,1,2\n").records.size(),
      2U);
  EXPECT_EQ(names.owed().size(), 2U);
}

TEST(AnnotatedCsv, names_what_is_wrong) {
  EXPECT_EQ(
      read("a,b\n1,2\n").problems,
      (Texts{"1: no annotated csv: the header has no column _time", "2: a row without a header"}));
  EXPECT_EQ(read(head + ",,0,2024-05-01T12:00:00Z,1,used\n").problems,
            (Texts{"5: 6 columns instead of 8"}));
  EXPECT_EQ(read(head + ",,0,2024-05-01T12:00:00Z,x,used,mem,A\n").problems,
            (Texts{"5: column '_value': 'x' is no number"}));
  EXPECT_EQ(read(head + ",,0,,1,used,mem,A\n").problems, (Texts{"5: no time"}));
  EXPECT_EQ(read("#datatype measurement,tag\n").problems,
            (Texts{"1: '#datatype measurement' is none of #group, #datatype and #default"}));
}

TEST(AnnotatedCsv, says_that_a_query_had_failed) {
  EXPECT_EQ(read("#datatype,string,string\n#group,true,true\n#default,,\n,error,reference\n"
                 ",runtime error,897\n")
                .problems,
            (Texts{"5: the query had failed: 'runtime error'"}));
}

TEST(AnnotatedCsv, loses_one_line_by_a_quote_that_never_closes) {
  const auto result = read(head +
                           ",,0,2024-05-01T12:00:00Z,1,\"used,mem,A\n"
                           ",,0,2024-05-01T12:00:01Z,2,used,mem,A\n");
  EXPECT_EQ(result.problems, (Texts{"5: a quote that never closes"}));
  EXPECT_EQ(result.records, (Records{{"mem_used,host=A", noon + 1'000'000, 2.0}}));
}

TEST(AnnotatedCsv, does_not_look_for_the_end_of_a_quote_beyond_a_thousand_lines) {
  std::string text = head + ",,0,2024-05-01T12:00:00Z,1,\"used,mem,A\n";
  for (int i = 0; i < 1'500; ++i) text += ",,0,2024-05-01T12:00:00Z,2,used,mem,A\n";
  EXPECT_EQ(find_annotated_csv_end(std::string_view(text).substr(head.size()), false),
            std::string_view(text).substr(head.size()).find('\n'));
  EXPECT_EQ(read(text).records.size(), 1'500U);
}

TEST(AnnotatedCsv, reads_the_same_in_whatever_pieces_it_comes) {
  const std::string text = head +
                           ",,0,2024-05-01T12:00:00Z,1,\"u\"\"s\ned\",mem,\"A,B\"\n"
                           ",,0,2024-05-01T12:00:01Z,2,used,mem,A\n";
  const auto whole = read(text);
  EXPECT_EQ(whole.records.size(), 2U);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 50U}) {
    const auto pieces = read(text, piece);
    EXPECT_EQ(pieces.records, whole.records) << piece;
    EXPECT_EQ(pieces.problems, whole.problems) << piece;
  }
}

}  // namespace
}  // namespace varve::tools
