#include "tools/formats/choices.hpp"

#include <cstddef>

#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr auto options = std::to_array<ChoiceOption>({
    {"downsample", "--aggregate", aggregate_words},
    {"downsample", "--fill", record_fill_words},
    {"export", "--format", record_format_words},
    {"export", "--time", time_form_words},
    {"import", "--durability", durability_words},
    {"import", "--format", input_format_words},
    {"import", "--on-error", on_error_words},
    {"import", "--time-unit", time_unit_words},
    {"import", "--type", column_type_words},
    {"latest", "--format", answer_format_words},
    {"query", "--aggregate", aggregate_words},
    {"query", "--fill", fill_words},
    {"query", "--format", answer_format_words},
    {"series", "--format", series_format_words},
    {"stats", "--format", stats_format_words},
    {"top", "--by", top_words},
});

}  // namespace

std::string one_of(Words words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

std::string neither_of(const std::array<std::string_view, 2>& words) {
  return "neither " + std::string(words[0]) + " nor " + std::string(words[1]);
}

Words choices_of(std::string_view command, std::string_view option) {
  for (const ChoiceOption& one : options) {
    if (one.command == command && one.option == option) return one.words;
  }
  return {};
}

std::span<const ChoiceOption> options_with_choices() { return options; }

Parsed<Durability> parse_durability(std::string_view text) {
  constexpr std::string_view interval = "interval:";
  constexpr std::string_view every = "every:";
  if (text == "none") return Durability::none();
  if (text == "appended") return Durability::appended();
  if (text == "always") return Durability::always();
  if (text.starts_with(interval)) {
    VARVE_TRY(const Duration period, parse_duration(text.substr(interval.size())));
    if (period.count() > 0) return Durability::interval(period);
  } else if (text.starts_with(every)) {
    VARVE_TRY(const std::int64_t batches, parse_int64(text.substr(every.size())));
    if (batches > 0) return Durability::every(batches);
  }
  return problem(quote(text) + " is no durability: " + one_of(durability_words));
}

}  // namespace varve::tools
