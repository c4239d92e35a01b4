#include "tools/formats/readers/json_map.hpp"

#include <gtest/gtest.h>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

using Records = std::vector<Record>;
using Texts = std::vector<std::string>;
using Descriptions = std::vector<Description>;

constexpr Timestamp noon = 1714564800000000;  // 2024-05-01T12:00:00Z.

ReadResult read(const Texts& map, std::string text) {
  NdjsonOptions options;
  options.map = parse_json_map(map).value();
  return read_text([&](Input& input) { return make_ndjson_reader(input, options); },
                   std::move(text));
}

std::string problem_of(const Texts& map, std::string text) {
  const auto result = read(map, std::move(text));
  return result.problems.size() == 1 ? result.problems[0] : "";
}

std::string fault_of(const Texts& map) {
  const auto parsed = parse_json_map(map);
  return parsed ? "" : parsed.error().text;
}

TEST(JsonMap, makes_a_series_of_each_number_of_a_flat_line) {
  const auto result = read({"key={model}/{id}/{member}"},
                           R"({"time":"2024-05-01 12:00:00","model":"Tank","id":5140,)"
                           R"("depth_cm":97,"temp":21.5,"ok":true,"x":null})");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"Tank/5140/depth_cm", noon, 97},
                                     {"Tank/5140/temp", noon, 21.5},
                                     {"Tank/5140/ok", noon, true}}));
  EXPECT_EQ(result.descriptions, Descriptions{});
}

TEST(JsonMap, names_series_by_labels_where_no_key_is_said) {
  const auto result =
      read({"label.model={model}", "label.room={place.room}"},
           R"({"ts":"2024-05-01T12:00:00Z","model":"Tank","place":{"room":"yard"},"depth_cm":97})");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"depth_cm,model=Tank,room=yard", noon, 97}}));
  EXPECT_EQ(result.descriptions,
            (Descriptions{{"depth_cm,model=Tank,room=yard",
                           {{"__name__", "depth_cm"}, {"model", "Tank"}, {"room", "yard"}},
                           true}}));
}

TEST(JsonMap, describes_a_series_of_a_given_key_by_labels) {
  const auto result = read({"key=t/{id}", "value=t", "label.room={room}"},
                           R"({"time":"2024-05-01T12:00:00Z","id":"a\tb","t":1.5,"room":"hall"})");
  EXPECT_EQ(result.records, (Records{{"t/a\tb", noon, 1.5}}));
  EXPECT_EQ(result.descriptions, (Descriptions{{"t/a\tb", {{"room", "hall"}}, true}}));
}

TEST(JsonMap, leaves_out_a_label_whose_member_is_missing) {
  const auto result =
      read({"key={member}", "label.room={room}"}, R"({"time":"2024-05-01T12:00:00Z","t":1})");
  EXPECT_EQ(result.records, (Records{{"t", noon, 1}}));
  EXPECT_EQ(result.descriptions, Descriptions{});
}

TEST(JsonMap, takes_the_members_of_an_object_and_of_those_in_it) {
  const auto result =
      read({"time=ts", "values=data.values"},
           R"({"ts":"2024-05-01T12:00:00Z","seq":7,)"
           R"("data":{"values":{"temp":36.6,"in":{"hum":40,"name":"x"},"list":[1]}}})");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"temp", noon, 36.6}, {"in/hum", noon, 40}}));
}

TEST(JsonMap, takes_one_value_of_any_type) {
  const auto value = [](const std::string& text) {
    return read({"value=state"}, R"({"time":"2024-05-01T12:00:00Z","state":)" + text + '}').records;
  };
  EXPECT_EQ(value("\"on\""), (Records{{"state", noon, "on"}}));
  EXPECT_EQ(value("9007199254740993"), (Records{{"state", noon, std::int64_t{9007199254740993}}}));
  EXPECT_EQ(value("1.0"), (Records{{"state", noon, 1.0}}));
}

TEST(JsonMap, reads_all_values_as_one_type_where_it_is_said) {
  EXPECT_EQ(read({"type=double"}, R"({"time":"2024-05-01T12:00:00Z","t":21})").records,
            (Records{{"t", noon, 21.0}}));
  EXPECT_EQ(read({"type=bytes"}, R"({"time":"2024-05-01T12:00:00Z","t":"on"})").records,
            (Records{{"t", noon, "on"}}));
}

TEST(JsonMap, takes_texts_that_say_a_value_of_the_type_that_is_said) {
  const std::string line = R"({"time":"2024-05-01T12:00:00Z","t":"21.5","name":"x","u":3})";
  EXPECT_EQ(read({"type=double"}, line).records, (Records{{"t", noon, 21.5}, {"u", noon, 3.0}}));
  EXPECT_EQ(read({"type=double"}, line).bad_cells, Texts{}) << "a name is no value";
  EXPECT_EQ(read({"key={member}"}, line).records, (Records{{"u", noon, 3}}));
}

TEST(JsonMap, leaves_out_and_names_a_value_that_is_not_of_the_type_and_keeps_the_others) {
  const auto flat = read({"type=double"}, R"({"time":"2024-05-01T12:00:00Z","ok":true,"t":21})");
  EXPECT_EQ(flat.problems, Texts{});
  EXPECT_EQ(flat.bad_cells, Texts{"1: member 'ok': 'true' is no number"});
  EXPECT_EQ(flat.records, (Records{{"t", noon, 21.0}}));
  const auto object = read({"type=double", "values=v"},
                           R"({"time":"2024-05-01T12:00:00Z","v":{"a":"ERR","b":"2"}})");
  EXPECT_EQ(object.bad_cells, Texts{"1: member 'a': 'ERR' is no number"});
  EXPECT_EQ(object.records, (Records{{"b", noon, 2.0}}));
}

TEST(JsonMap, refuses_several_values_whose_key_does_not_tell_them_apart) {
  const std::string line = R"({"time":"2024-05-01T12:00:00Z","id":7,"t":1,"u":2})";
  const std::string fault =
      "1: 't' and 'u' would be one series: {member} has to stand in the key, as in "
      "key=dev/{id}/{member}";
  EXPECT_EQ(problem_of({"key=dev/{id}"}, line), fault);
  EXPECT_EQ(problem_of({"label.__name__=dev", "label.id={id}"}, line), fault);
  EXPECT_EQ(read({"key=dev/{id}"}, R"({"time":"2024-05-01T12:00:00Z","id":7,"t":1})").records,
            (Records{{"dev/7", noon, 1}}));
  EXPECT_EQ(read({"label.__name__=dev", "label.of={member}"}, line).problems, Texts{});
}

TEST(JsonMap, names_a_line_by_labels_though_it_has_none_of_their_members) {
  const auto result = read({"label.room={room}"}, R"({"time":"2024-05-01T12:00:00Z","a b":1})");
  EXPECT_EQ(result.records, (Records{{R"(a\ b)", noon, 1}}));
  EXPECT_EQ(result.descriptions, (Descriptions{{R"(a\ b)", {{"__name__", "a b"}}, true}}));
}

TEST(JsonMap, has_a_prefix_in_the_name_where_labels_name_the_series) {
  NdjsonOptions options;
  options.map = parse_json_map({"label.room={room}"}).value();
  options.prefix = "p/";
  const auto result = read_text([&](Input& input) { return make_ndjson_reader(input, options); },
                                R"({"time":"2024-05-01T12:00:00Z","room":"hall","t":1})");
  EXPECT_EQ(result.descriptions,
            (Descriptions{{"p/t,room=hall", {{"__name__", "p/t"}, {"room", "hall"}}, true}}));
}

TEST(JsonMap, names_the_member_that_a_line_lacks) {
  EXPECT_EQ(problem_of({"time=ts"}, R"({"t":1})"), "1: no member 'ts' for the time");
  EXPECT_EQ(problem_of({"key={member}"}, R"({"t":1})"),
            "1: no member with the time: name it, time=ts");
  EXPECT_EQ(problem_of({"values=v"}, R"({"time":"2024-05-01","t":1})"),
            "1: no member 'v' for the values");
  EXPECT_EQ(problem_of({"values=t"}, R"({"time":"2024-05-01","t":1})"), "1: 't' is no object");
  EXPECT_EQ(problem_of({"value=v"}, R"({"time":"2024-05-01","t":1})"),
            "1: no member 'v' for the value");
  EXPECT_EQ(problem_of({"value=t"}, R"({"time":"2024-05-01","t":[]})"),
            "1: 't' is no number, text, true or false");
  EXPECT_EQ(problem_of({"key={id}"}, R"({"time":"2024-05-01","t":1})"),
            "1: no member 'id' with a text or a number");
  EXPECT_EQ(problem_of({"key={id}"}, R"({"time":"2024-05-01","id":1})"),
            "1: no member with a number, true or false");
  EXPECT_EQ(problem_of({"time=t"}, R"({"t":{},"v":1})"),
            "1: the time is neither a text nor a number");
}

TEST(JsonMap, brings_nothing_of_a_line_with_a_fault) {
  const auto result = read({"key={member}", "label.a={a}"},
                           R"({"time":"2024-05-01","a":"x","t":1,"u":9223372036854775808})");
  EXPECT_EQ(result.records, Records{});
  EXPECT_EQ(result.descriptions, Descriptions{});
  EXPECT_EQ(result.problems, (Texts{"1: '9223372036854775808' is beyond what an int64 holds"}));
}

TEST(JsonMap, bounds_what_keys_and_labels_of_a_line_take) {
  std::string text = R"({"time":"2024-05-01","r":")" + std::string(60'000, 'x') + '"';
  for (int i = 0; i < 2'000; ++i) text += ",\"v" + std::to_string(i) + "\":1";
  EXPECT_EQ(problem_of({"key={r}{member}"}, text + '}'),
            "1: keys and labels of over 67.1 MB in one line");
}

TEST(JsonMap, is_refused_where_it_says_nothing_or_a_thing_twice) {
  EXPECT_EQ(fault_of({"ts"}), "'ts' is not of the form time=ts or key=dev/{id}/{member}");
  EXPECT_EQ(fault_of({"time="}), "'time=' is not of the form time=ts or key=dev/{id}/{member}");
  EXPECT_EQ(fault_of({"unit=s"}),
            "'unit' is none of time, value, values, key, type and label.NAME");
  EXPECT_EQ(fault_of({"time=a", "time=b"}), "time= twice");
  EXPECT_EQ(fault_of({"key=a", "key=b"}), "key= twice");
  EXPECT_EQ(fault_of({"label.a=b", "label.a=c"}), "the label 'a' twice");
  EXPECT_EQ(fault_of({"label.=b"}), "label. needs a name: label.room={room}");
  EXPECT_EQ(fault_of({"value=a", "values=b"}), "value= and values= exclude each other");
  EXPECT_EQ(fault_of({"type=text"}).substr(0, 17), "'text' is no type");
}

}  // namespace
}  // namespace varve::tools
