#include "tools/formats/series_name.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace varve::tools {
namespace {

using Texts = std::vector<std::string>;
using Pair = MeasurementNames::Pair;
using Point = MeasurementNames::Point;

std::string key_of(const Labels& labels) { return series_key(labels).value_or("no key"); }

std::string problem_of(const Labels& labels) {
  const auto key = series_key(labels);
  return key ? "" : key.error().text;
}

// Databases hold keys of this form: what stands here never changes.
TEST(SeriesName, makes_the_keys_that_it_always_made) {
  EXPECT_EQ(key_of({{"__name__", "up"}}), "up");
  EXPECT_EQ(key_of({{"__name__", "cpu_usage"}, {"region", "eu"}, {"host", "a"}}),
            "cpu_usage,host=a,region=eu");
  EXPECT_EQ(key_of({{"host", "a"}}), ",host=a");
  EXPECT_EQ(key_of({{"__name__", "a b,c=d"}, {"e f,g=h", "i j,k=l"}}),
            R"(a\ b\,c=d,e\ f\,g\=h=i\ j\,k\=l)");
  EXPECT_EQ(key_of({{"__name__", "disk"}, {"path", R"(C:\Temp)"}}), R"(disk,path=C:\Temp)");
  EXPECT_EQ(key_of({{"__name__", "disk"}, {"path", R"(C:\)"}}), R"(disk,path=C:\;)");
  EXPECT_EQ(key_of({{"__name__", "n"}, {"a", R"(x\ y)"}}), R"(n,a=x\\ y)");
  EXPECT_EQ(key_of({{"__name__", "n"}, {"a", R"(x\;y)"}}), R"(n,a=x\;;y)");
  EXPECT_EQ(key_of({{"__name__", R"(n\)"}, {R"(a\)", R"(\\)"}}), R"(n\;,a\;=\\;)");
  EXPECT_EQ(key_of({{"__name__", "n"}, {"A", "1"}, {"_b", "2"}, {"a", "\n\x80"}}),
            "n,A=1,_b=2,a=\n\x80");
}

TEST(SeriesName, has_no_key_for_what_is_no_label_set) {
  EXPECT_EQ(problem_of({}), "no labels, so no key");
  EXPECT_EQ(problem_of({{"a", ""}}), "the label 'a' is empty");
  EXPECT_EQ(problem_of({{"", "a"}}), "a label without a name");
  EXPECT_EQ(problem_of(Labels(std::vector<Label>{{"a", "1"}, {"a", "2"}})), "two labels 'a'");
  EXPECT_EQ(problem_of({{"__name__", std::string(65'536, 'n')}}),
            "a key of 65536 bytes; at most 65535");
  EXPECT_EQ(key_of({{"__name__", std::string(65'535, 'n')}}).size(), 65'535U);
}

TEST(SeriesName, gives_back_the_labels_of_every_key_that_it_makes) {
  std::mt19937_64 random(13);
  const auto text = [&] {
    constexpr std::string_view alphabet = "ab,= \\;\n_\"\xC3";
    std::string out;
    for (std::size_t left = 1 + random() % 5; left != 0; --left) {
      out += alphabet[random() % alphabet.size()];
    }
    return out;
  };
  for (int i = 0; i < 20'000; ++i) {
    Labels labels;
    if (random() % 8 != 0) labels.set("__name__", text());
    for (std::size_t left = random() % 4; left != 0; --left) labels.set(text(), text());
    if (labels.empty()) continue;
    const auto back = labels_of_key(key_of(labels));
    ASSERT_TRUE(back) << key_of(labels);
    ASSERT_EQ(*back, labels) << key_of(labels);
  }
}

TEST(SeriesName, knows_which_keys_no_labels_make) {
  for (const char* key : {"", "a b", "a,b", "a,b=", "a,=b", "a,c=1,b=2", "a,b=1,b=2", "a,b=c=d",
                          "a,", "a\\", "n,a=x\\", "n,a=\\;x"}) {
    EXPECT_FALSE(labels_of_key(key)) << key;
  }
  EXPECT_EQ(labels_of_key("plant/press1/temp").value_or(Labels()),
            (Labels{{"__name__", "plant/press1/temp"}}));
}

TEST(SeriesName, derives_a_name_for_a_key_that_nobody_labelled) {
  EXPECT_EQ(derived_labels("plant/press1/temp"),
            (Labels{{"__name__", "plant_press1_temp"}, {"key", "plant/press1/temp"}}));
  EXPECT_EQ(derived_labels("1.5 V:x").value_of("__name__"), "_1_5_V:x");
  EXPECT_EQ(derived_labels("\xC3\xA4").value_of("__name__"), "__");
}

TEST(SeriesName, tells_a_key_that_labels_made_from_one_that_was_described) {
  const Labels with_more = {{"__name__", "cpu"}, {"host", "a"}, {"mine", "x"}};
  EXPECT_TRUE(is_named_by_labels("cpu,host=a", with_more));
  EXPECT_FALSE(is_named_by_labels("cpu,host=a", {{"host", "a"}}));
  EXPECT_FALSE(is_named_by_labels("plant/temp", {})) << "nobody described it";
  EXPECT_FALSE(is_named_by_labels("plant temp", {{"__name__", "plant temp"}}));
  const std::string large = "m,a=" + std::string(5'000, 'x');
  EXPECT_TRUE(is_named_by_labels(large, {})) << "its labels are over the limits";
}

TEST(SeriesName, keeps_hand_made_labels_beside_those_of_the_key) {
  EXPECT_EQ(with_key_labels({{"host", "b"}, {"mine", "x"}}, {{"__name__", "cpu"}, {"host", "a"}}),
            (Labels{{"__name__", "cpu"}, {"host", "a"}, {"mine", "x"}}));
}

TEST(MeasurementNames, joins_measurement_and_field) {
  MeasurementNames names;
  EXPECT_EQ(names.labels_of("cpu", "usage", {{"host", "a"}}).value_or(Labels()),
            (Labels{{"__name__", "cpu_usage"}, {"host", "a"}}));
  EXPECT_EQ(names.labels_of("temp", "value", {}).value_or(Labels()),
            (Labels{{"__name__", "temp"}}));
  EXPECT_TRUE(names.take_messages().empty());
}

TEST(MeasurementNames, owes_a_note_for_each_new_name_until_it_is_paid) {
  MeasurementNames names;
  EXPECT_TRUE(names.labels_of("my disk", "used\\", {}));
  EXPECT_TRUE(names.labels_of("my disk", "used\\", {{"host", "b"}}));
  EXPECT_EQ(
      names.owed(),
      (std::vector<MeasurementNames::OwedNote>{{"influx/my disk_used\\", R"(my\ disk used\;)"}}));
  names.paid(1);
  EXPECT_TRUE(names.labels_of("my disk", "used\\", {{"host", "c"}}));
  EXPECT_TRUE(names.owed().empty());

  MeasurementNames later;
  EXPECT_TRUE(later.learn("influx/my disk_used\\", R"(my\ disk used\;)"));
  EXPECT_EQ(later.point_of({{"__name__", "my disk_used\\"}}).pair, (Pair{"my disk", "used\\"}));
  EXPECT_TRUE(later.labels_of("my disk", "used\\", {}));
  EXPECT_TRUE(later.owed().empty());
}

TEST(MeasurementNames, gives_the_second_pair_of_a_name_a_key_of_its_own) {
  MeasurementNames names;
  const Labels first = names.labels_of("a_b", "c", {{"host", "x"}}).value_or(Labels());
  const Labels second = names.labels_of("a", "b_c", {{"host", "x"}}).value_or(Labels());
  EXPECT_EQ(key_of(first), "a_b_c,host=x");
  EXPECT_EQ(key_of(second), "a_b_c,_measurement=a,host=x");
  EXPECT_EQ(names.owed().size(), 1U);
  EXPECT_EQ(names.point_of(first), (Point{{"a_b", "c"}, {{"host", "x"}}, false}));
  EXPECT_EQ(names.point_of(second), (Point{{"a", "b_c"}, {{"host", "x"}}, true}));

  EXPECT_TRUE(names.labels_of("a", "b_c", {}));
  EXPECT_EQ(names.take_messages(),
            (Texts{"the name 'a_b_c' of 'a' with field 'b_c' is that of 'a_b' with field 'c': its "
                   "series have the label _measurement"}));
  EXPECT_TRUE(names.take_messages().empty());
}

TEST(MeasurementNames, takes_a_name_without_a_note_for_a_measurement_with_one_value) {
  const MeasurementNames names;
  EXPECT_EQ(names.point_of({{"__name__", "up"}, {"job", "x"}}),
            (Point{{"up", "value"}, {{"job", "x"}}, false}));
}

TEST(MeasurementNames, leaves_a_tag_alone_that_is_called_as_its_own_label) {
  MeasurementNames names;
  const Labels labels =
      names.labels_of("cpu", "value", {{"_measurement", "v0"}}).value_or(Labels());
  EXPECT_EQ(key_of(labels), "cpu,_measurement=v0");
  EXPECT_EQ(names.point_of(labels), (Point{{"cpu", "value"}, {{"_measurement", "v0"}}, false}));
  // This one would be read as another measurement's.
  EXPECT_FALSE(names.labels_of("a_b", "c", {{"_measurement", "a"}}));
  EXPECT_FALSE(names.labels_of("cpu", "x", {{"__name__", "y"}}));
}

TEST(MeasurementNames, knows_names_that_have_a_note_or_are_too_long_for_one) {
  MeasurementNames names;
  EXPECT_FALSE(names.knows("m_f"));
  EXPECT_TRUE(names.labels_of("m", "f", {}));
  EXPECT_TRUE(names.knows("m_f"));
  EXPECT_TRUE(names.knows(std::string(MeasurementNames::note_name_size_max, 'm')));
}

TEST(MeasurementNames, gives_no_name_where_it_refuses) {
  MeasurementNames names;
  EXPECT_FALSE(names.labels_of("a", "b_c", {{"_measurement", "a_b"}}));
  EXPECT_FALSE(names.labels_of("a", "b_c", {{"t", std::string(65'536, 'x')}}));
  EXPECT_TRUE(names.labels_without_naming("a", "b_c", {}));
  EXPECT_TRUE(names.owed().empty());
  EXPECT_EQ(key_of(names.labels_of("a_b", "c", {}).value_or(Labels())), "a_b_c");
}

TEST(MeasurementNames, are_paid_for_from_the_first_on) {
  MeasurementNames names;
  for (const char* const field : {"a", "b", "c"}) EXPECT_TRUE(names.labels_of("m", field, {}));
  names.paid(2);
  EXPECT_EQ(names.owed(), (std::vector<MeasurementNames::OwedNote>{{"influx/m_c", "m c"}}));
}

TEST(MeasurementNames, keeps_a_name_that_is_too_long_for_a_note_by_the_label) {
  MeasurementNames names;
  const std::string measurement(MeasurementNames::note_name_size_max, 'm');
  const Labels labels = names.labels_of(measurement, "f", {}).value_or(Labels());
  EXPECT_EQ(labels.value_of("_measurement"), measurement);
  EXPECT_TRUE(names.owed().empty());
  EXPECT_EQ(names.point_of(labels).pair, (Pair{measurement, "f"}));
}

TEST(MeasurementNames, refuses_notes_that_are_not_of_their_name) {
  MeasurementNames names;
  EXPECT_FALSE(names.learn("influx/a_b", "a c"));
  EXPECT_FALSE(names.learn("influx/a", "a"));
  EXPECT_FALSE(names.learn("influx/_b", " b"));
  EXPECT_FALSE(names.learn("other/a_b", "a b"));
}

}  // namespace
}  // namespace varve::tools
