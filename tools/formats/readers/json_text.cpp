#include "tools/formats/readers/json_text.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

using Kind = JsonItem::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The high bit of each of eight bytes that ends a run of plain text: a quote, a backslash, a
/// control character, or one beyond ASCII. A byte above the lowest that is marked may be marked
/// wrongly.
std::uint64_t special_bytes(std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  const std::uint64_t quotes = word ^ (ones * '"');
  const std::uint64_t backslashes = word ^ (ones * '\\');
  return (((quotes - ones) & ~quotes) | ((backslashes - ones) & ~backslashes) |
          ((word - ones * 0x20) & ~word) | word) &
         high_bits;
}

/// The number of four hexadecimal digits at the front.
std::optional<std::uint32_t> hex4(std::string_view text) {
  if (text.size() < 4) return {};
  std::uint32_t number = 0;
  for (const char c : text.substr(0, 4)) {
    std::uint32_t digit = 0;
    if (is_digit(c)) {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    } else {
      return {};
    }
    number = number * 16 + digit;
  }
  return number;
}

/// What an escape stands for, and how many bytes it takes behind its backslash.
struct Escape {
  std::uint32_t code_point;
  std::size_t size;
};

/// Of the text behind the backslash. None: it is no escape, or half of a pair of surrogates.
std::optional<Escape> escape_of(std::string_view text) {
  constexpr std::string_view letters = R"("\/bfnrt)";
  constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
  if (text.empty()) return {};
  if (text[0] != 'u') {
    const std::size_t at = letters.find(text[0]);
    if (at == std::string_view::npos) return {};
    return Escape{static_cast<std::uint32_t>(meant[at]), 1};
  }
  const auto first = hex4(text.substr(1));
  if (!first) return {};
  if (*first < 0xD800 || *first > 0xDFFF) return Escape{*first, 5};
  if (*first > 0xDBFF || text.substr(5, 2) != "\\u") return {};
  const auto second = hex4(text.substr(7));
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return {};
  return Escape{0x10000 + (*first - 0xD800) * 0x400 + (*second - 0xDC00), 11};
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto append = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    append(code_point);
    return;
  }
  if (code_point < 0x800) {
    append(0xC0 | code_point >> 6);
  } else {
    if (code_point < 0x10000) {
      append(0xE0 | code_point >> 12);
    } else {
      append(0xF0 | code_point >> 18);
      append(0x80 | (code_point >> 12 & 0x3F));
    }
    append(0x80 | (code_point >> 6 & 0x3F));
  }
  append(0x80 | (code_point & 0x3F));
}

/// Walks over a text once, and lists its items.
class JsonScan {
 public:
  JsonScan(std::string_view text, std::vector<JsonItem>& items) : text_(text), items_(items) {}

  bool run() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    skip_blanks();
    if (!take_value()) return false;
    while (depth_ > 0) {
      if (!take_step()) return false;
    }
    skip_blanks();
    return at_ == text_.size() || fail();
  }

  Problem problem() && { return {std::move(fault_), fault_offset_}; }

 private:
  /// The end gives a byte that nothing asks for.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool fail() { return fail_at(at_, "no JSON at byte " + std::to_string(at_ + 1)); }
  bool fail_at(std::size_t offset, std::string text) {
    fault_ = std::move(text);
    fault_offset_ = offset;
    return false;
  }

  bool add(Kind kind, std::size_t begin, std::size_t size, bool escaped = false) {
    if (items_.size() == JsonText::items_max) {
      return fail_at(begin, "more than " + grouped(JsonText::items_max) + " values in one line");
    }
    items_.push_back({kind, escaped, static_cast<std::uint32_t>(begin),
                      static_cast<std::uint32_t>(size),
                      static_cast<std::uint32_t>(items_.size() + 1)});
    return true;
  }

  /// One member or element of the innermost container, or its end.
  bool take_step() {
    const std::uint32_t container = open_[depth_ - 1];
    const bool object = items_[container].kind == Kind::object;
    skip_blanks();
    if (take(object ? '}' : ']')) {
      items_[container].after = static_cast<std::uint32_t>(items_.size());
      --depth_;
      return true;
    }
    const bool first = items_.size() == container + std::size_t{1};
    if (!first) {
      if (!take(',')) return fail();
      skip_blanks();
    }
    if (object) {
      if (!take('"')) return fail();
      if (!take_text()) return false;
      skip_blanks();
      if (!take(':')) return fail();
      skip_blanks();
    }
    return take_value();
  }

  bool take_value() {
    switch (peek()) {
      case '{': return open(Kind::object);
      case '[': return open(Kind::array);
      case '"': ++at_; return take_text();
      case 't': return take_word("true", Kind::boolean);
      case 'f': return take_word("false", Kind::boolean);
      case 'n': return take_word("null", Kind::null);
      default: return take_number();
    }
  }

  bool open(Kind kind) {
    if (depth_ == open_.size()) {
      return fail_at(at_, "objects and arrays in one another, deeper than " +
                              std::to_string(JsonText::depth_max));
    }
    open_[depth_] = static_cast<std::uint32_t>(items_.size());
    if (!add(kind, at_, 1)) return false;
    ++depth_;
    ++at_;
    return true;
  }

  bool take_word(std::string_view word, Kind kind) {
    if (!text_.substr(at_).starts_with(word)) return fail_at_no_number(at_);
    if (!add(kind, at_, word.size())) return false;
    at_ += word.size();
    return true;
  }

  bool take_number() {
    const std::size_t begin = at_;
    take('-');
    if (!is_digit(peek())) return fail_at_no_number(begin);
    if (!take('0')) take_digits();
    Kind kind = Kind::whole;
    if (take('.')) {
      kind = Kind::number;
      if (!take_digits()) return fail();
    }
    if (take('e') || take('E')) {
      kind = Kind::number;
      if (!take('-')) take('+');
      if (!take_digits()) return fail();
    }
    return add(kind, begin, at_ - begin);
  }

  /// Names what other programs write where JSON has no word for a number.
  bool fail_at_no_number(std::size_t begin) {
    for (const std::string_view word : {"NaN", "Infinity", "nan", "inf", "Inf"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      return fail_at(begin, quote(text_.substr(begin, at_ - begin + word.size())) +
                                R"( is no number of JSON: give {"double":"nan"}, "inf" or "-inf")");
    }
    return fail();
  }

  bool take_digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ != begin;
  }

  /// Up to the closing quote, and it.
  bool take_text() {
    const std::size_t begin = at_;
    bool escaped = false;
    bool ascii = true;
    while (true) {
      skip_plain_text();
      if (at_ == text_.size()) return fail();
      const char c = text_[at_];
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"') break;
      if (c == '\\') {
        const auto escape = escape_of(text_.substr(at_ + 1));
        if (!escape) return fail();
        escaped = true;
        at_ += 1 + escape->size;
      } else if (byte < 0x20) {
        return fail();
      } else {
        ascii = ascii && byte < 0x80;
        ++at_;
      }
    }
    if (!ascii && !is_utf8(text_.substr(begin, at_ - begin))) {
      return fail_at(begin, R"(a text that is not UTF-8, which goes into {"base64":"..."})");
    }
    if (!add(Kind::text, begin, at_ - begin, escaped)) return false;
    ++at_;
    return true;
  }

  /// Eight bytes at a time, as far as that is certain to end in front of what is special.
  void skip_plain_text() {
    while (text_.size() - at_ >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text_.data() + at_, sizeof(word));
      const std::uint64_t special = special_bytes(word);
      if (special == 0) {
        at_ += sizeof(word);
        continue;
      }
      if constexpr (std::endian::native == std::endian::little) {
        at_ += static_cast<std::size_t>(std::countr_zero(special)) / 8;
      }
      return;
    }
  }

  std::string_view text_;
  std::vector<JsonItem>& items_;
  std::size_t at_ = 0;
  std::array<std::uint32_t, JsonText::depth_max>
      open_{};  // The containers around, outermost first.
  std::size_t depth_ = 0;
  std::string fault_;
  std::size_t fault_offset_ = 0;
};

}  // namespace

Parsed<void> JsonText::read(std::string_view text) {
  constexpr std::uint64_t bytes_max = std::uint64_t{1} << 30;  // What fits the offsets of items.
  json_ = text;
  items_.clear();
  if (text.size() > bytes_max) return problem("a text of over 1 GiB");
  JsonScan scan(text, items_);
  if (!scan.run()) return std::unexpected(std::move(scan).problem());
  return {};
}

std::string_view JsonText::text_of(std::uint32_t index, std::string& buffer) const {
  const std::string_view text = written(index);
  if (!items_[index].escaped) return text;
  buffer.clear();
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t backslash = text.find('\\', at);
    buffer += text.substr(at, backslash - at);
    if (backslash == std::string_view::npos) break;
    const auto escape = escape_of(text.substr(backslash + 1));
    if (!escape) break;  // Never: read() has looked at it.
    append_utf8(buffer, escape->code_point);
    at = backslash + 1 + escape->size;
  }
  return buffer;
}

bool JsonText::says(std::uint32_t index, std::string_view text) const {
  const JsonItem& item = items_[index];
  if (item.kind != Kind::text) return false;
  if (!item.escaped) return written(index) == text;
  std::string buffer;
  return text_of(index, buffer) == text;
}

std::uint32_t JsonText::member(std::uint32_t object, std::string_view name) const {
  if (items_[object].kind != Kind::object) return 0;
  std::uint32_t found = 0;
  for (std::uint32_t at = object + 1; at != items_[object].after; at = items_[at + 1].after) {
    if (says(at, name)) found = at + 1;
  }
  return found;
}

std::uint32_t JsonText::at_path(std::uint32_t object, std::string_view path) const {
  while (true) {
    const std::uint32_t whole = member(object, path);
    const std::size_t dot = path.find('.');
    if (whole != 0 || dot == std::string_view::npos) return whole;
    object = member(object, path.substr(0, dot));
    if (object == 0) return 0;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace varve::tools
