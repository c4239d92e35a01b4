#include "engine/record/label_record.hpp"

#include <string>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::uint8_t leaves_bit = 0x01;

}  // namespace

Bytes encode_labels(const Labels& labels) {
  VARVE_ASSERT(check(labels).has_value());
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.put(labels.leaves_with_records() ? leaves_bit : std::uint8_t{0});
  writer.put_varint(labels.size());
  for (const Label& label : labels) {
    writer.put_sized(label.name());
    writer.put_sized(label.value());
  }
  return bytes;
}

Result<Labels> decode_labels(ByteSpan bytes) {
  ByteReader reader(bytes);
  const auto flags = reader.take<std::uint8_t>();
  const std::uint64_t count = reader.take_varint();
  std::vector<Label> list;
  if ((flags & ~leaves_bit) != 0 || count == 0 || count > Labels::count_max) reader.fail();
  if (reader.ok()) list.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const std::string_view name = reader.take_sized();
    const std::string_view value = reader.take_sized();
    if (!list.empty() && list.back().name() >= name) reader.fail();
    list.emplace_back(std::string(name), std::string(value));
  }
  if (reader.ok() && reader.at_end()) {
    Labels labels(std::move(list));
    labels.leave_with_records((flags & leaves_bit) != 0);
    if (check(labels)) return labels;
  }
  return fail(Errc::corruption, "a label record");
}

}  // namespace varve::engine
