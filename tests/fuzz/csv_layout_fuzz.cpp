// Any bytes have a layout, or are refused with words; what the layout says lies within the bytes.
// The same bytes always have the same one, and a first part of them never ends in anything worse.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/require.hpp"
#include "tools/formats/matcher_text.hpp"
#include "tools/formats/tables/csv_layout.hpp"
#include "tools/formats/tables/date_shape.hpp"
#include "tools/formats/tables/foreign_bytes.hpp"

namespace {

using namespace varve::tools;

CsvOptions options_of(std::uint8_t choice) {
  CsvOptions options;
  if ((choice & 1) != 0) options.key = "{1}/{column}";
  if ((choice & 2) != 0) options.wide = true;
  if ((choice & 4) != 0) options.header = (choice & 8) != 0;
  if ((choice & 16) != 0) options.time_column = "1+2";
  if ((choice & 32) != 0) options.labels = {{"room", "{2}"}};
  if ((choice & 64) != 0) options.skip_rows = 1;
  if ((choice & 128) != 0) options.columns = {"2"};
  return options;
}

void check_layout(const CsvLayout& layout, std::string_view text) {
  require(layout.begin <= text.size());
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  require(layout.begin_line >= 1 && layout.begin_line <= lines + 2);
  require(layout.delimiter != '"' && layout.delimiter != '\n');
  for (const CsvLayout::Series& series : layout.series) require(!series.name.empty());
  require(!layout.clock || layout.time);
  require(!layout.grid || (layout.time && layout.is_wide()));
}

void check_cell(std::string_view text) {
  const TimeShape shape = time_shape(text);
  require(shape == time_shape(text));
  std::string out;
  for (const NumberForm form :
       {NumberForm{',', '\0'}, NumberForm{',', '.'}, NumberForm{'.', ','}}) {
    const auto plain = plain_number(text, form, out);
    require(!plain || plain->find(',') == std::string_view::npos);
  }
  if (const auto labels = parse_labels_text(text)) {
    const std::string again = labels_text(*labels);
    const auto twice = parse_labels_text(again.empty() ? "{}" : again);
    require(twice.has_value());
    require(std::ranges::equal(*twice, *labels));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const CsvOptions options = options_of(data[0]);
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);

  const auto layout = sniff_csv(options, text, true);
  const auto again = sniff_csv(options, text, true);
  require(layout.has_value() == again.has_value());
  if (layout) {
    check_layout(*layout, text);
    require(layout->decisions == again->decisions && layout->begin == again->begin);
  } else {
    require(!layout.error().text.empty());
  }
  const std::string_view part = text.substr(0, data[1] * text.size() / 256);
  if (const auto early = sniff_csv(options, part, false)) check_layout(*early, part);
  (void)foreign_bytes(text);
  check_cell(text.substr(0, text.find('\n')));
  return 0;
}
