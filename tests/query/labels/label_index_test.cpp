#include "query/labels/label_index.hpp"

#include <gtest/gtest.h>

#include "tests/support/random.hpp"

namespace varve::query {
namespace {

using engine::KeyRange;
using test::Random;

const KeyRange everything = engine::user_key_range("", {});

std::vector<LabelMatcher> made(const std::vector<Matcher>& matchers) {
  return make_matchers(matchers).value();
}

std::vector<std::string> keys_of(const KeySelection& selection) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < selection.size(); ++i) {
    keys.emplace_back(engine::user_key(selection[i]));
  }
  return keys;
}

std::vector<std::string> only(const LabelIndex& index, const std::vector<Matcher>& matchers,
                              const KeyRange& keys = everything) {
  const KeySelection selection = index.select(made(matchers), keys);
  EXPECT_EQ(selection.mode(), KeySelection::Mode::only);
  return keys_of(selection);
}

std::vector<std::string> all_but(const LabelIndex& index, const std::vector<Matcher>& matchers) {
  const KeySelection selection = index.select(made(matchers), everything);
  EXPECT_EQ(selection.mode(), KeySelection::Mode::all_but);
  return keys_of(selection);
}

using Keys = std::vector<std::string>;

struct Plant : LabelIndex {
  Plant() {
    set("p1/temp", {{"room", "hall 1"}, {"unit", "C"}});
    set("p2/temp", {{"room", "hall 2"}, {"unit", "C"}});
    set("p2/volt", {{"room", "hall 2"}, {"unit", "V"}});
    set("p3/temp", {{"unit", "C"}});
  }
};

TEST(LabelIndex, finds_series_that_match_all_in_the_order_of_keys) {
  const Plant index;
  EXPECT_EQ(only(index, {Matcher::equals("unit", "C")}), (Keys{"p1/temp", "p2/temp", "p3/temp"}));
  EXPECT_EQ(only(index, {Matcher::equals("unit", "C"), Matcher::starts_with("room", "hall")}),
            (Keys{"p1/temp", "p2/temp"}));
  EXPECT_EQ(only(index, {Matcher::matches("room", ".*2"), Matcher::not_equals("unit", "C")}),
            (Keys{"p2/volt"}));
  EXPECT_EQ(only(index, {Matcher::equals("unit", "C")}, engine::user_key_range("p2", "p3")),
            (Keys{"p2/temp"}));
  EXPECT_EQ(only(index, {Matcher::equals("floor", "1")}), Keys());
}

TEST(LabelIndex, leaves_out_what_has_no_labels_where_it_is_asked_to) {
  const Plant index;
  const auto labelled = [&](const std::vector<Matcher>& matchers, const KeyRange& keys) {
    const KeySelection selection = index.select(made(matchers), keys, LabelIndex::Which::labelled);
    EXPECT_EQ(selection.mode(), KeySelection::Mode::only);
    return keys_of(selection);
  };
  EXPECT_EQ(labelled({}, everything), (Keys{"p1/temp", "p2/temp", "p2/volt", "p3/temp"}));
  EXPECT_EQ(labelled({Matcher::not_equals("room", "hall 1")}, everything),
            (Keys{"p2/temp", "p2/volt", "p3/temp"}));
  EXPECT_EQ(labelled({Matcher::equals("unit", "C")}, engine::user_key_range("p2", "p3")),
            (Keys{"p2/temp"}));
}

TEST(LabelIndex, takes_a_label_that_is_missing_for_an_empty_one) {
  const Plant index;
  // What has no labels at all matches too, so the answer is who does not.
  EXPECT_EQ(all_but(index, {Matcher::not_equals("room", "hall 1")}), (Keys{"p1/temp"}));
  EXPECT_EQ(all_but(index, {Matcher::equals("room", "")}), (Keys{"p1/temp", "p2/temp", "p2/volt"}));
  EXPECT_EQ(all_but(index, {Matcher::one_of("room", {"", "hall 1"})}),
            (Keys{"p2/temp", "p2/volt"}));
  EXPECT_EQ(all_but(index, {Matcher::matches("room", "(hall 1)?")}), (Keys{"p2/temp", "p2/volt"}));
  EXPECT_EQ(all_but(index, {Matcher::equals("floor", "")}), Keys());
  EXPECT_EQ(only(index, {Matcher::equals("room", ""), Matcher::equals("unit", "C")}),
            (Keys{"p3/temp"}));
  EXPECT_EQ(only(index, {Matcher::not_equals("room", "")}),
            (Keys{"p1/temp", "p2/temp", "p2/volt"}));
}

TEST(LabelIndex, lists_names_and_values_that_are_there) {
  Plant index;
  EXPECT_EQ(index.names({}, everything), (Keys{"room", "unit"}));
  EXPECT_EQ(index.names({}, engine::user_key_range("p3", {})), (Keys{"unit"}));
  EXPECT_EQ(index.values("room", {}, everything), (Keys{"hall 1", "hall 2"}));
  EXPECT_EQ(index.values("room", made({Matcher::equals("unit", "V")}), everything),
            (Keys{"hall 2"}));
  index.set("p2/volt", {{"room", "yard"}});
  index.set("p1/temp", {});
  EXPECT_EQ(index.values("room", {}, everything), (Keys{"hall 2", "yard"}));
  EXPECT_EQ(index.values("unit", {}, everything), (Keys{"C"}));
  EXPECT_EQ(index.size(), 3U);
  EXPECT_EQ(index.values("floor", {}, everything), Keys());
}

TEST(LabelIndex, lists_the_first_names_and_values_up_to_a_limit) {
  const Plant index;
  EXPECT_EQ(index.names({}, everything, 1), (Keys{"room"}));
  EXPECT_EQ(index.names({}, everything, 2), (Keys{"room", "unit"}));
  EXPECT_EQ(index.names({}, everything, 0), Keys());
  EXPECT_EQ(index.values("room", {}, everything, 1), (Keys{"hall 1"}));
  EXPECT_EQ(index.values("room", {}, engine::user_key_range("p2", {}), 1), (Keys{"hall 2"}))
      << "what the series do not have takes no place";
  EXPECT_EQ(index.values("room", {}, everything, 9), (Keys{"hall 1", "hall 2"}));
}

TEST(LabelIndex, answers_as_asking_each_series_would) {
  Random random(7);
  const Keys values = {"", "a", "ab", "abc", "b", "c"};
  const Keys names = {"x", "y", "z"};
  std::map<std::string, Labels> model;
  LabelIndex index;
  const auto random_matcher = [&]() -> Matcher {
    const std::string name = random.pick(names);
    const std::string value = random.pick(values);
    switch (random.below(6)) {
      case 0: return Matcher::equals(name, value);
      case 1: return Matcher::not_equals(name, value);
      case 2: return Matcher::starts_with(name, value);
      case 3: return Matcher::one_of(name, {value, random.pick(values)});
      case 4: return Matcher::matches(name, value + "b*");
      default: return Matcher::not_matches(name, value + ".?");
    }
  };
  for (int round = 0; round < 3'000; ++round) {
    const std::string key = "k" + std::to_string(random.below(200));
    Labels labels;
    for (const std::string& name : names) {
      if (const std::string& value = random.pick(values); !value.empty()) labels.set(name, value);
    }
    index.set(key, labels);
    model[key] = labels;
    if (round % 5 != 0) continue;

    std::vector<Matcher> asked;
    for (std::uint64_t count = random.below(4); count > 0; --count) {
      asked.push_back(random_matcher());
    }
    const auto matchers = made(asked);
    const auto matches = [&](const Labels& its) {
      return std::ranges::all_of(matchers, [&](const LabelMatcher& matcher) {
        return matcher.accepts(its.value_of(matcher.name()));
      });
    };
    const KeyRange range = random.chance(0.5) ? everything : engine::user_key_range("k1", "k18");
    const KeySelection selection = index.select(matchers, range);
    const bool others = selection.mode() == KeySelection::Mode::all_but;
    Keys expected;
    for (const auto& [known, its] : model) {
      if (range.contains(engine::internal_key(known)) && matches(its) != others) {
        expected.push_back(known);
      }
    }
    ASSERT_EQ(others, matches({}));
    ASSERT_EQ(keys_of(selection), expected) << "round " << round;
  }
}

TEST(LabelIndex, is_worn_once_most_series_came_later) {
  LabelIndex index;
  for (int i = 0; i < 70'000; ++i) {
    const std::string number = std::to_string(1'000'000 - i);
    index.set("k" + number, {{"number", number}});
  }
  EXPECT_TRUE(index.is_worn());
  EXPECT_EQ(only(index, {Matcher::one_of("number", {"1000000", "930001", "999999"})}),
            (Keys{"k1000000", "k930001", "k999999"}));
  EXPECT_EQ(index.size(), 70'000U);
}

}  // namespace
}  // namespace varve::query
