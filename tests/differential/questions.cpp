// What a run asks: Habits' questions and aggregations.

#include <array>
#include <chrono>
#include <limits>
#include <utility>

#include "tests/differential/habits.hpp"

namespace varve::test {

namespace {

using namespace std::chrono_literals;

/// A bound of a range of keys near one that is there: itself, or a neighbour that may not be.
std::string near(std::string key, Random& random) {
  switch (random.below(5)) {
    case 0: key += '\0'; break;
    case 1: key += '\xFF'; break;
    case 2: key.pop_back(); break;
    default: break;
  }
  return key;
}

/// Regular expressions, and what they say.
struct Expression {
  const char* text;
  bool (*means)(std::string_view value);
};

constexpr auto expressions = std::to_array<Expression>({
    {"hall .*", [](std::string_view value) { return value.starts_with("hall "); }},
    {"hall 1|C", [](std::string_view value) { return value == "hall 1" || value == "C"; }},
    {".+", [](std::string_view value) { return !value.empty(); }},
    {"", [](std::string_view value) { return value.empty(); }},
    {"(hall 1.?)?",
     [](std::string_view value) {
       return value.empty() || (value.starts_with("hall 1") && value.size() <= 7);
     }},
});

}  // namespace

std::string Habits::some_prefix(const std::string& key, Random& random) const {
  if (random.chance(0.5)) {
    const std::size_t cut = key.find('/', random.below(key.size()));
    if (cut != std::string::npos) return key.substr(0, cut + 1);
  }
  return key.substr(0, random.below(key.size() + 1));
}

void Habits::choose_keys(Question& question, const Oracle& oracle, Random& random) const {
  const double which = random.fraction();
  if (which < 0.2) return;
  const std::string key = some_key(oracle, random);
  if (which < 0.5) {
    question.query = Query::key(key);
    question.means_key = [key](std::string_view of) { return of == key; };
    question.words = "key " + say(key);
  } else if (which < 0.8) {
    const std::string prefix = some_prefix(key, random);
    question.query = Query::prefix(prefix);
    question.means_key = [prefix](std::string_view of) { return of.starts_with(prefix); };
    question.words = "prefix " + say(prefix);
  } else {
    std::optional<std::string> first;
    std::optional<std::string> end;
    if (random.chance(0.8)) first = near(key, random);
    if (random.chance(0.8)) end = near(some_key(oracle, random), random);
    if (first && end && *end < *first && random.chance(0.95)) std::swap(first, end);
    question.query = Query::keys(first, end);
    question.means_key = [first, end](std::string_view of) {
      return (!first || of >= *first) && (!end || of < *end);
    };
    question.legal = !first || !end || *first <= *end;
    question.words = "keys from " + (first ? say(*first) : "the first") + " to " +
                     (end ? say(*end) : "the last");
  }
}

void Habits::ask_label(Question& question, Random& random) const {
  const std::string name = label_name(random);
  const std::string value = random.chance(0.2) ? "" : label_value(random);
  const auto ask = [&](const Matcher& matcher, ValueTest means, const std::string& how) {
    question.query.with(matcher);
    question.labels.push_back({name, std::move(means)});
    question.words += ", label " + say(name) + how;
  };
  switch (random.below(6)) {
    case 0:
      return ask(
          Matcher::equals(name, value), [value](std::string_view of) { return of == value; },
          " = " + say(value));
    case 1:
      return ask(
          Matcher::not_equals(name, value), [value](std::string_view of) { return of != value; },
          " != " + say(value));
    case 2: {
      const std::string begin = value.substr(0, random.below(value.size() + 1));
      return ask(
          Matcher::starts_with(name, begin),
          [begin](std::string_view of) { return of.starts_with(begin); },
          " begins with " + say(begin));
    }
    case 3: {
      const std::string other = label_value(random);
      return ask(
          Matcher::one_of(name, {value, other}),
          [value, other](std::string_view of) { return of == value || of == other; },
          " is " + say(value) + " or " + say(other));
    }
    case 4: {
      const Expression& expression = random.pick(expressions);
      return ask(Matcher::matches(name, expression.text), expression.means,
                 std::string(" matches ") + expression.text);
    }
    default: {
      const Expression& expression = random.pick(expressions);
      return ask(
          Matcher::not_matches(name, expression.text),
          [means = expression.means](std::string_view of) { return !means(of); },
          std::string(" does not match ") + expression.text);
    }
  }
}

Question Habits::question(const Oracle& oracle, Random& random) const {
  Question question;
  choose_keys(question, oracle, random);
  if (random.chance(0.6)) {
    const TimeRange times = range(oracle.now(), random);
    question.query.between(times);
    question.legal &= !times.from() || !times.to() || *times.from() <= *times.to();
    question.words += " in " + say(times);
  }
  if (random.chance(0.25)) {
    for (std::uint64_t count = 1 + random.below(2); count > 0; --count) ask_label(question, random);
  }
  if (random.chance(0.35)) {
    question.query.newest_first();
    question.words += ", newest first";
  }
  if (random.chance(0.3)) {
    const std::size_t most = random.below(random.chance(0.5) ? 5 : 200);
    question.query.per_series(most);
    question.words += ", " + std::to_string(most) + " per series";
  }
  if (random.chance(0.3)) {
    const std::size_t most = random.below(random.chance(0.5) ? 10 : 1'000);
    question.query.limit(most);
    question.words += ", at most " + std::to_string(most);
  }
  return question;
}

Aggregation Habits::aggregation(Random& random) const {
  constexpr auto functions =
      std::to_array({Aggregation::count, Aggregation::sum, Aggregation::min, Aggregation::max,
                     Aggregation::mean, Aggregation::first, Aggregation::last, Aggregation::stddev,
                     Aggregation::increase, Aggregation::rate});
  constexpr auto shares = std::to_array({0.0, 0.25, 0.5, 0.9, 0.999, 1.0});
  Aggregation aggregation =
      random.chance(0.15) ? Aggregation::quantile(random.pick(shares)) : random.pick(functions);
  if (const double grouped = random.fraction(); grouped < 0.3) {
    constexpr auto delimiters = std::to_array({'/', 'l', '\0', '\xFF'});
    aggregation = aggregation.group_by_prefix(1 + random.below(4),
                                              random.chance(0.8) ? '/' : random.pick(delimiters));
  } else if (grouped < 0.45) {
    aggregation = aggregation.group_by_label(label_name(random));
  }
  if (random.chance(0.25)) return aggregation;
  const auto widths = std::to_array<Duration>(
      {cadence_, cadence_ * 7, 1min, 1h, 24h, 24h * 7, 24h * 36'500, Duration::max()});
  aggregation = aggregation.every(random.pick(widths));
  if (random.chance(0.3)) {
    const auto offsets =
        std::to_array<Duration>({1us, cadence_, -2h, Duration::min(), Duration::max()});
    aggregation = aggregation.offset(random.pick(offsets));
  }
  constexpr auto fills = std::to_array({Fill::null, Fill::previous, Fill::linear});
  return random.chance(0.4) ? aggregation.fill(random.pick(fills)) : aggregation;
}

}  // namespace varve::test
