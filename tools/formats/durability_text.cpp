#include "tools/formats/durability_text.hpp"

#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

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
  return problem(quote(text) +
                 " is no durability: none, appended, interval:1s, every:100 or always");
}

}  // namespace varve::tools
