#include <algorithm>
#include <array>
#include <utility>

#include "tools/formats/times/time_pattern.hpp"

namespace varve::tools {

namespace {

using Part = TimePattern::Part;
using Item = TimePattern::Item;

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_marker(Part part) { return part == Part::group; }

bool is_number(Part part) {
  switch (part) {
    case Part::year:
    case Part::short_year:
    case Part::month:
    case Part::day:
    case Part::day_of_year:
    case Part::hour:
    case Part::hour_of_half:
    case Part::minute:
    case Part::second:
    case Part::fraction: return true;
    default: return false;
  }
}

struct Directive {
  char letter;
  Part part;
  bool padded = false;  // With blanks in place of zeros.
};

constexpr auto directives = std::to_array<Directive>(
    {{'Y', Part::year},       {'y', Part::short_year},   {'m', Part::month},
     {'b', Part::month_name}, {'B', Part::month_name},   {'h', Part::month_name},
     {'d', Part::day},        {'e', Part::day, true},    {'j', Part::day_of_year},
     {'a', Part::weekday},    {'A', Part::weekday},      {'H', Part::hour},
     {'k', Part::hour, true}, {'I', Part::hour_of_half}, {'l', Part::hour_of_half, true},
     {'p', Part::half},       {'P', Part::half},         {'M', Part::minute},
     {'S', Part::second},     {'f', Part::fraction},     {'z', Part::offset},
     {'Z', Part::zone_name},  {'s', Part::epoch}});

/// Makes the items of a pattern. Its functions return what is wrong.
class Compiler {
 public:
  using Fault = std::optional<std::string>;

  Fault read(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      Fault fault;
      if (text[i] == '%') {
        if (++i == text.size()) return "ends with %";
        fault = directive(text[i]);
      } else if (text[i] == '[') {
        fault = open();
      } else if (text[i] == ']') {
        fault = close();
      } else if (is_blank(text[i])) {
        add({.part = Part::blanks});
      } else {
        add({.part = Part::literal, .literal = text[i]});
      }
      if (fault) return fault;
    }
    return {};
  }

  /// Judges the whole, and finishes it.
  Fault finish() {
    if (!open_.empty()) return "has a [ without its ]";
    const bool has_hour = has(Part::hour) || has(Part::hour_of_half);
    if (has(Part::epoch)) {
      const auto said = [](const Item& item) { return item.part > Part::group; };
      if (std::ranges::count_if(items_, said) != 1) return "has %s, which says all, and more";
    } else if (!has(Part::year) && !has(Part::short_year)) {
      return "has no year: %Y or %y";
    }
    if (has(Part::hour_of_half) != has(Part::half)) return "has one of %I and %p: they go together";
    if (has(Part::day) && !has(Part::month) && !has(Part::month_name)) {
      return "has a day, and no month: %m or %b";
    }
    if (has(Part::minute) && !has_hour) return "has minutes, and no hours: %H";
    if (has(Part::second) && !has(Part::minute)) return "has seconds, and no minutes: %M";
    if (has(Part::fraction) && !has(Part::second)) return "has a fraction, and no seconds: %S";
    for (std::size_t i = 0; i < items_.size(); ++i) look_around(i);
    return {};
  }

  std::vector<Item> take_items() { return std::move(items_); }

 private:
  bool has(Part part) const { return std::ranges::find(items_, part, &Item::part) != items_.end(); }

  void add(const Item& item) { items_.push_back(item); }

  Fault directive(char letter) {
    switch (letter) {
      case 'F': return read("%Y-%m-%d");
      case 'T': return read("%H:%M:%S");
      case 'R': return read("%H:%M");
      case 'D': return read("%m/%d/%y");
      case 'n':
      case 't': add({.part = Part::blanks}); return {};
      case '%':
      case '[':
      case ']': add({.part = Part::literal, .literal = letter}); return {};
      default: break;
    }
    const auto* const found = std::ranges::find(directives, letter, &Directive::letter);
    if (found == directives.end()) return std::string("has %") + letter + ", which is not read";
    if (is_twice(found->part)) return std::string("says twice what %") + letter + " says";
    const bool says_year =
        found->part == Part::year || found->part == Part::short_year || found->part == Part::epoch;
    // Without it a time would lie in 1970.
    if (says_year && !open_.empty()) return "has its year in [brackets]";
    if (found->padded) add({.part = Part::maybe_blanks});
    add({.part = found->part});
    return {};
  }

  /// Two parts that say the same would have one of them forgotten.
  bool is_twice(Part part) const {
    constexpr auto alike =
        std::to_array<std::pair<Part, Part>>({{Part::year, Part::short_year},
                                              {Part::month, Part::month_name},
                                              {Part::hour, Part::hour_of_half},
                                              {Part::offset, Part::zone_name},
                                              {Part::day_of_year, Part::month},
                                              {Part::day_of_year, Part::month_name}});
    return has(part) || std::ranges::any_of(alike, [&](const std::pair<Part, Part>& both) {
             return (part == both.first && has(both.second)) ||
                    (part == both.second && has(both.first));
           });
  }

  Fault open() {
    if (++groups_ > TimePattern::groups_max) return "has more than 8 parts in [brackets]";
    open_.push_back(items_.size());
    add({.part = Part::group});
    return {};
  }
  Fault close() {
    if (open_.empty()) return "has a ] without its [";
    items_[open_.back()].end = items_.size();
    open_.pop_back();
    return {};
  }

  /// The nearest item in a direction that is no marker.
  const Item* beside(std::size_t at, bool after) const {
    while (after ? ++at < items_.size() : at-- > 0) {
      if (!is_marker(items_[at].part)) return &items_[at];
    }
    return nullptr;
  }
  void look_around(std::size_t at) {
    Item& item = items_[at];
    const Item* const before = beside(at, false);
    const Item* const next = beside(at, true);
    item.exact = (before != nullptr && is_number(before->part)) ||
                 (next != nullptr && is_number(next->part));
    const bool is_point = next != nullptr && next->part == Part::literal &&
                          (next->literal == '.' || next->literal == ',');
    const bool is_fraction = next != nullptr && next->part == Part::fraction;
    item.with_fraction = item.part == Part::second && !is_point && !is_fraction;
  }

  std::vector<Item> items_;
  std::vector<std::size_t> open_;
  std::size_t groups_ = 0;
};

}  // namespace

std::expected<TimePattern, std::string> TimePattern::compile(std::string_view text) {
  if (text.size() > size_max) return std::unexpected(std::string("is longer than 200 bytes"));
  Compiler compiler;
  if (auto fault = compiler.read(text)) return std::unexpected(*std::move(fault));
  if (auto fault = compiler.finish()) return std::unexpected(*std::move(fault));
  return TimePattern(compiler.take_items());
}

}  // namespace varve::tools
