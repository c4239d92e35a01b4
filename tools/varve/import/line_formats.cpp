#include "tools/varve/import/line_formats.hpp"

#include <string_view>
#include <utility>

#include "tools/formats/line_break.hpp"
#include "tools/formats/record_list.hpp"
#include "tools/varve/import/line_reader.hpp"

namespace varve::tools {

std::unique_ptr<RecordReader> make_ndjson_reader(Input& input, NdjsonOptions options) {
  LineFormat format;
  format.find_end = find_line_break;
  format.parse = [options = std::move(options)](std::string_view line, RecordList& records) {
    return parse_ndjson(line, options, records);
  };
  return make_line_reader(input, std::move(format));
}

}  // namespace varve::tools
