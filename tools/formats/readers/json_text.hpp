#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/parsed.hpp"

namespace varve::tools {

/// A value of a JSON text, or the name of a member: where it stands, and what comes behind it.
struct JsonItem {
  /// `whole` is a number without a point and an exponent, `number` any other.
  enum class Kind : std::uint8_t { null, boolean, whole, number, text, object, array };

  Kind kind;
  bool escaped;          ///< A text with a backslash in it.
  std::uint32_t offset;  ///< In the JSON text; of a text behind its opening quote.
  std::uint32_t size;    ///< In bytes; of a text without its quotes, of an object or array 1.
  std::uint32_t after;   ///< Index of the item behind this one and all that is in it.
};

/// One JSON text (RFC 8259), checked from end to end and laid out as a list of items in the order
/// in which they stand. Item 0 is the whole text. An object is followed by its members, each a name
/// and a value; an array by its elements:
///
///     for (std::uint32_t name = object + 1; name != json[object].after; name = json[name +
///     1].after)
///
/// walks over the members, name + 1 being the value. Numbers stay as they are written, so that
/// nothing rounds before it is known what they are to be. A byte order mark at the front is passed
/// over. The memory is used again for the next text.
class JsonText {
 public:
  /// Objects and arrays in one another.
  static constexpr std::size_t depth_max = 64;
  /// Values and names in one text: what a line may cost in memory beside its bytes, 16 MiB.
  static constexpr std::size_t items_max = std::size_t{1} << 20;

  /// Takes the place of what was read before. `text` has to stay while the items are in use. A
  /// problem says at which byte the text is no JSON; nothing can be asked then.
  Parsed<void> read(std::string_view text);

  const JsonItem& operator[](std::uint32_t index) const { return items_[index]; }
  std::string_view json() const { return json_; }

  /// The item as it is written: a text without its quotes, and with its escapes.
  std::string_view written(std::uint32_t index) const {
    return json_.substr(items_[index].offset, items_[index].size);
  }
  /// What a text says. The view is into the JSON text or, where there are escapes, into `buffer`.
  std::string_view text_of(std::uint32_t index, std::string& buffer) const;
  /// Whether the item is a text that says this.
  bool says(std::uint32_t index, std::string_view text) const;

  /// The value of the last member of this name; 0 where there is none or `object` is no object.
  std::uint32_t member(std::uint32_t object, std::string_view name) const;
  /// As member(), and into objects: "a.b" is the member b of the member a, unless there is a member
  /// with the name "a.b" itself.
  std::uint32_t at_path(std::uint32_t object, std::string_view path) const;

 private:
  std::string_view json_;
  std::vector<JsonItem> items_;
};

}  // namespace varve::tools
