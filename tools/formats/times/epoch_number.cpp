#include "tools/formats/times/epoch_number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>

namespace varve::tools {

namespace {

std::string_view take_digits(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, [](char c) { return c >= '0' && c <= '9'; });
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// The usual case of scaled(): a whole number of at most 18 digits, by a unit of time.
std::optional<std::int64_t> scaled_whole(const EpochNumber& number, int places) {
  constexpr std::array<std::int64_t, 7> powers = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};
  std::int64_t value = 0;
  for (const char c : number.whole) value = value * 10 + (c - '0');
  if (number.negative) value = -value;
  if (places >= 0) {
    const std::int64_t power = powers[static_cast<std::size_t>(places)];
    if (__builtin_mul_overflow(value, power, &value)) return {};
    return value;
  }
  const std::int64_t power = powers[static_cast<std::size_t>(-places)];
  return value / power - (value % power < 0 ? 1 : 0);
}

}  // namespace

std::optional<EpochNumber> epoch_number(std::string_view text) {
  EpochNumber number;
  number.negative = take(text, '-');
  if (!number.negative) take(text, '+');
  number.whole = take_digits(text);
  if (number.whole.empty()) return {};
  if (take(text, '.')) {
    number.fraction = take_digits(text);
    if (number.fraction.empty()) return {};
  }
  if (take(text, 'e') || take(text, 'E')) {
    number.has_exponent = true;
    const bool is_small = take(text, '-');
    if (!is_small) take(text, '+');
    const std::string_view digits = take_digits(text);
    if (digits.empty() || digits.size() > 2) return {};
    for (const char c : digits) number.exponent = number.exponent * 10 + (c - '0');
    if (is_small) number.exponent = -number.exponent;
  }
  if (!text.empty()) return {};
  return number;
}

std::optional<std::int64_t> scaled(const EpochNumber& number, int places) {
  constexpr std::size_t safe_digits = 18;
  const bool is_whole = number.fraction.empty() && !number.has_exponent;
  const bool is_unit = places >= -6 && places <= 6;
  if (is_whole && is_unit && number.whole.size() <= safe_digits) {
    return scaled_whole(number, places);
  }
  std::string digits(number.whole);
  digits += number.fraction;
  const auto whole = static_cast<std::int64_t>(number.whole.size()) + places + number.exponent;
  const auto keep = static_cast<std::size_t>(std::max<std::int64_t>(whole, 0));
  const bool remainder =
      digits.size() > keep && digits.find_first_not_of('0', keep) != std::string::npos;
  digits.resize(keep, '0');
  digits.insert(0, number.negative ? "-0" : "0");
  std::int64_t value = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc()) {
    return {};
  }
  if (number.negative && remainder && __builtin_sub_overflow(value, 1, &value)) return {};
  return value;
}

}  // namespace varve::tools
