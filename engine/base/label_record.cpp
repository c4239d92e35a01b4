#include "engine/base/label_record.hpp"

#include <string>
#include <utility>
#include <vector>

#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::uint8_t leaves_bit = 0x01;

std::unexpected<Error> refuse(const std::string& what) {
  return fail(Errc::invalid_argument, "labels: " + what);
}

std::string at_most(std::size_t size, std::size_t size_max) {
  return " of " + std::to_string(size) + " bytes, at most " + std::to_string(size_max);
}

/// A name as a message shows it, cut where it is long.
std::string shown(const std::string& name) { return "'" + name.substr(0, 40) + "'"; }

}  // namespace

Status check_labels(const Labels& labels) {
  if (labels.size() > Labels::count_max) {
    return refuse(std::to_string(labels.size()) + " of them, at most " +
                  std::to_string(Labels::count_max));
  }
  const Label* previous = nullptr;
  for (const Label& label : labels) {
    const std::string& name = label.name();
    if (name.empty()) return refuse("an empty name");
    if (name.size() > Labels::name_size_max) {
      return refuse("the name " + shown(name) + at_most(name.size(), Labels::name_size_max));
    }
    if (previous != nullptr && previous->name() == name) return refuse(shown(name) + " twice");
    if (label.value().empty()) {
      return refuse(shown(name) + " has an empty value, which says the same as no such label");
    }
    if (label.value().size() > Labels::value_size_max) {
      return refuse("the value of " + shown(name) +
                    at_most(label.value().size(), Labels::value_size_max));
    }
    previous = &label;
  }
  return {};
}

Bytes encode_labels(const Labels& labels) {
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
    if (check_labels(labels)) return labels;
  }
  return fail(Errc::corruption, "a label record");
}

}  // namespace varve::engine
