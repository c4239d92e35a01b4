// Any bytes are a form of times and texts in it, or fail with a word. A form reads a text the same
// way each time; what says an offset names none. A reader of any zone and unit goes on after any
// text.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "tests/fuzz/require.hpp"
#include "tools/formats/time_format.hpp"
#include "tools/formats/time_reader.hpp"

namespace {

using namespace varve;
using namespace varve::tools;

/// The lines of a text, the first of which is a form.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void read_all(TimeForm form, std::string_view texts) {
  TimeReader reader(std::move(form));
  while (!texts.empty()) {
    const auto ts = reader.read(take_line(texts));
    if (!ts) require(!ts.error().text.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const TimeZone* const zones[] = {nullptr, TimeZone::find("Europe/Berlin"),
                                          TimeZone::find("America/New_York"),
                                          TimeZone::find("-03:30")};
  const std::uint8_t choice = data[0];
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view pattern = take_line(text);

  TimeForm form;
  form.zone = zones[choice % 4];
  if ((choice & 4) != 0) form.unit = TimeUnit::seconds;
  if ((choice & 8) != 0) form.unit_if_not_given = TimeUnit::nanoseconds;
  read_all(form, text);

  auto format = parse_time_format(pattern);
  if (!format) return 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = take_line(rest);
    const auto one = format->read(line);
    const auto other = format->read(line);
    require(one.has_value() == other.has_value());
    if (one) require(one->ts == other->ts && (one->abbreviation.empty() || !one->has_offset));
  }
  form.format = *std::move(format);
  read_all(std::move(form), text);
  return 0;
}
