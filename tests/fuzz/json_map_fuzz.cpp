// Any bytes are what --map says, in lines up to an empty one, and lines of JSON behind it; or fail
// with a reason. A line that fails brings nothing.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/fuzz/require.hpp"
#include "tools/formats/readers/ndjson_reader.hpp"
#include "tools/formats/series_name.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varve;
  using namespace varve::tools;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto take_line = [&rest] {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
  };
  std::vector<std::string> texts;
  for (std::string_view line = take_line(); !line.empty(); line = take_line()) {
    texts.emplace_back(line);
  }
  auto map = parse_json_map(texts);
  if (!map) {
    require(!map.error().text.empty());
    return 0;
  }
  NdjsonOptions options;
  options.time.unit = TimeUnit::milliseconds;
  options.map = *std::move(map);
  NdjsonReader reader(std::move(options));
  RecordList records;
  while (!rest.empty()) {
    const std::size_t before = records.size();
    const std::size_t described = records.descriptions().size();
    const auto read = reader.read(take_line(), records);
    if (read) continue;
    require(!read.error().text.empty());
    require(records.descriptions().size() == described);
    records.shrink(before);
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    const RecordView record = records[i];
    require(!record.key().empty() && record.key().size() <= Record::key_size_max);
  }
  for (const Description& description : records.descriptions()) {
    const bool is_named = series_key(description.labels).value_or("") == description.key;
    require(is_named || check(description.labels).has_value());
  }
  return 0;
}
