#include "tools/formats/tables/number_form.hpp"

#include <algorithm>

#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

constexpr std::ptrdiff_t address_points = 3;  // 192.168.178.123

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether the sign stands between groups of three digits, the first of one to three.
bool is_grouped(std::string_view digits, char grouping) {
  std::size_t at = digits.find(grouping);
  if (at == 0 || at > 3 || digits.substr(0, at) == "0") return false;
  while (at != std::string_view::npos) {
    const std::size_t next = digits.find(grouping, at + 1);
    const std::size_t end = next == std::string_view::npos ? digits.size() : next;
    if (end - at != 4) return false;
    at = next;
  }
  return true;
}

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return text;
}

}  // namespace

Parsed<std::string_view> plain_number(std::string_view text, const NumberForm& form,
                                      std::string& out) {
  if (form.is_plain() || text.find_first_of(".,") == std::string_view::npos) return text;
  const std::string_view digits = without_sign(text);
  const std::string_view whole = digits.substr(0, digits.find(form.decimal));
  const auto refuse = [&] {
    return problem(quote(text) + " is no number with a decimal " +
                   (form.decimal == ',' ? "comma, as 1,5 is" : "point, as 1.5 is"));
  };
  const bool grouped = form.grouping != '\0' && whole.find(form.grouping) != std::string_view::npos;
  if (grouped && !is_grouped(whole, form.grouping)) return refuse();
  out.assign(text.substr(0, text.size() - digits.size()));
  for (const char c : whole) {
    if (grouped && c == form.grouping) continue;
    if (c == '.' || c == ',') return refuse();
    out += c;
  }
  for (std::size_t at = whole.size(); at < digits.size(); ++at) {
    const char c = digits[at];
    if (at != whole.size() && (c == '.' || c == ',')) return refuse();
    out += c == form.decimal ? '.' : c;
  }
  return std::string_view(out);
}

void NumberFormVotes::add(std::string_view cell) {
  const std::string_view digits = without_sign(trimmed(cell));
  if (digits.empty() ||
      !std::ranges::all_of(digits, [](char c) { return is_digit(c) || c == '.' || c == ','; })) {
    return;
  }
  const auto commas = std::ranges::count(digits, ',');
  const auto points = std::ranges::count(digits, '.');
  if (commas == 0 && points == 0) return;
  const std::size_t comma = digits.find(',');
  const std::size_t point = digits.find('.');
  if (commas > 0 && points > 0) {
    if (points == 1 && digits.rfind(',') < point && is_grouped(digits.substr(0, point), ',')) {
      ++comma_groups_;
    } else if (commas == 1 && digits.rfind('.') < comma &&
               is_grouped(digits.substr(0, comma), '.')) {
      ++point_groups_;
    }
  } else if (commas > 1) {
    comma_groups_ += is_grouped(digits, ',') ? 1U : 0U;
  } else if (points > 1) {
    point_runs_ += points != address_points && is_grouped(digits, '.') ? 1U : 0U;
  } else if (points == 1) {
    const bool is_three = is_grouped(digits, '.');
    ++(is_three ? point_threes_ : points_);
    if (!is_three && point_cell_.empty()) point_cell_ = digits;
  } else if (is_grouped(digits, ',')) {
    ++comma_threes_;
  } else {
    ++commas_;
    if (comma_cell_.empty()) comma_cell_ = digits;
  }
}

void NumberFormVotes::add_column(const NumberFormVotes& column) {
  points_ += column.points_;
  commas_ += column.commas_;
  point_threes_ += column.point_threes_;
  comma_threes_ += column.comma_threes_;
  comma_groups_ += column.comma_groups_;
  point_groups_ += column.point_groups();
  if (point_cell_.empty()) point_cell_ = column.point_cell_;
  if (comma_cell_.empty()) comma_cell_ = column.comma_cell_;
}

/// With those of several points, where something in the column shows that they are numbers.
std::size_t NumberFormVotes::point_groups() const {
  const bool are_numbers = point_groups_ > 0 || commas_ > 0 || point_threes_ > 0;
  return point_groups_ + (are_numbers ? point_runs_ : 0);
}

Parsed<NumberForm> NumberFormVotes::decide(char delimiter) const {
  if (point_groups() > comma_groups_) return NumberForm{',', '.'};
  if (comma_groups_ > 0) return NumberForm{'.', ','};
  if (commas_ > 0 && points_ > 0) {
    return problem("numbers with a decimal comma and with a decimal point, such as " +
                   quote(comma_cell_) + " and " + quote(point_cell_) +
                   ": say which is meant with --decimal , or --decimal . (--skip-column leaves a "
                   "column out)");
  }
  if (commas_ > 0) return NumberForm{',', '\0'};
  if (comma_threes_ == 0) return NumberForm();
  if (delimiter == ',' || points_ + point_threes_ > 0) return NumberForm{'.', ','};
  return NumberForm{',', '\0'};
}

NumberForm NumberFormVotes::decide_grouping(char decimal) const {
  if (decimal == ',') return {',', point_groups() + point_threes_ > 0 ? '.' : '\0'};
  return {'.', comma_groups_ > 0 || comma_threes_ > 0 ? ',' : '\0'};
}

}  // namespace varve::tools
