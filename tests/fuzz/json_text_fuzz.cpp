// Any bytes are JSON, or fail at a byte that they have: and an independent parser thinks the same
// of them. The items of a text lie in order, each within the one around it.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/fuzz/require.hpp"
#include "tools/formats/readers/json_text.hpp"
#include "tools/formats/value_text.hpp"

namespace {

using namespace varve::tools;

bool holds_number_beyond_a_double(const JsonText& json) {
  for (std::uint32_t i = 0; i < json[0].after; ++i) {
    const JsonItem::Kind kind = json[i].kind;
    const bool is_number = kind == JsonItem::Kind::whole || kind == JsonItem::Kind::number;
    if (is_number && !parse_double(json.written(i))) return true;
  }
  return false;
}

void check_items(const JsonText& json) {
  std::string buffer;
  for (std::uint32_t i = 0; i < json[0].after; ++i) {
    const JsonItem& item = json[i];
    require(item.after > i && item.after <= json[0].after);
    require(std::size_t{item.offset} + item.size <= json.json().size());
    if (i > 0) require(item.offset > json[i - 1].offset);
    const bool is_container =
        item.kind == JsonItem::Kind::object || item.kind == JsonItem::Kind::array;
    require(is_container || item.after == i + 1);
    if (item.kind == JsonItem::Kind::text) require(is_utf8(json.text_of(i, buffer)));
    if (item.kind == JsonItem::Kind::object) {
      for (std::uint32_t name = i + 1; name != item.after; name = json[name + 1].after) {
        require(json[name].kind == JsonItem::Kind::text);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  JsonText json;
  const auto read = json.read(text);
  if (read) {
    check_items(json);
  } else {
    require(read.error().offset.has_value() && *read.error().offset <= size);
  }
  // The other one ends at a zero byte, has no bound of depth, and refuses numbers beyond a double.
  if (text.find('\0') != std::string_view::npos) return 0;
  const bool accepted = nlohmann::json::accept(text);
  if (read) {
    require(accepted || holds_number_beyond_a_double(json));
  } else {
    require(!accepted || read.error().text.find("deeper than") != std::string::npos);
  }
  return 0;
}
