#include "tools/varve/ndjson.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "engine/base/try.hpp"
#include "tools/varve/line_reader.hpp"
#include "tools/varve/record_limits.hpp"
#include "tools/varve/value_text.hpp"

namespace varve::tools {

namespace {

/// A scalar of the line, or an object that stands for one.
struct Item {
  enum class Kind : std::uint8_t { nothing, whole, number, boolean, text, base64, special };

  Kind kind = Kind::nothing;
  std::string text;  // Of a number too, as written, so that nothing rounds before it is read.
  bool truth = false;
};

/// Collects the members that count, without building the line's tree.
class LineHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Item key_item, time, value, expires_at;
  std::string fault;  // Why the parse ended.

  bool null() override { return take({Item::Kind::nothing, {}, false}); }
  bool boolean(bool truth) override { return take({Item::Kind::boolean, {}, truth}); }
  bool number_integer(number_integer_t number) override {
    return take({Item::Kind::whole, std::to_string(number), false});
  }
  bool number_unsigned(number_unsigned_t number) override {
    return take({Item::Kind::whole, std::to_string(number), false});
  }
  bool number_float(number_float_t, const string_t& text) override {
    const bool beyond_64_bits = text.find_first_of(".eE") == std::string::npos;
    return take({beyond_64_bits ? Item::Kind::whole : Item::Kind::number, text, false});
  }
  bool string(string_t& text) override { return take({Item::Kind::text, std::move(text), false}); }
  bool binary(binary_t&) override { return refuse("binary"); }

  bool start_object(std::size_t) override { return start_container(false); }
  bool start_array(std::size_t) override { return start_container(true); }
  bool end_object() override { return end_container(); }
  bool end_array() override { return end_container(); }

  bool key(string_t& name) override {
    if (skipped_ != 0) return true;
    if (depth_ == 2) {
      object_kind_ = name == "base64"   ? Item::Kind::base64
                     : name == "double" ? Item::Kind::special
                                        : Item::Kind::nothing;
      return object_kind_ != Item::Kind::nothing || refuse("an object with " + quote(name));
    }
    slot_ = name == "key"          ? &key_item
            : name == "time"       ? &time
            : name == "value"      ? &value
            : name == "expires_at" ? &expires_at
                                   : nullptr;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return refuse("no JSON at byte " + std::to_string(position));
  }

 private:
  bool refuse(std::string why) {
    if (fault.empty()) fault = std::move(why);
    return false;
  }

  bool take(Item item) {
    if (skipped_ != 0) return true;
    if (depth_ == 0) return refuse("no JSON object");
    if (depth_ == 2) {
      if (item.kind != Item::Kind::text) return refuse("no text in an object that is a value");
      item.kind = object_kind_;
    }
    if (slot_ != nullptr) *slot_ = std::move(item);
    return true;
  }

  bool start_container(bool array) {
    if (depth_ == 0 && array) return refuse("no JSON object");
    if (skipped_ != 0 || (depth_ == 1 && slot_ == nullptr)) {
      ++skipped_;
      return true;
    }
    if (array) return refuse("an array");
    if (depth_ == 2) return refuse("an object in an object");
    ++depth_;
    return true;
  }

  bool end_container() {
    if (skipped_ != 0) {
      --skipped_;
    } else {
      --depth_;
    }
    return true;
  }

  int depth_ = 0;            // 1 in the line's object, 2 in one that stands for a scalar.
  std::size_t skipped_ = 0;  // Depth inside a member that does not count.
  Item* slot_ = nullptr;     // Of the member; none: it does not count.
  Item::Kind object_kind_ = Item::Kind::nothing;
};

/// "inf", "-inf", "nan" or "nan:" with the bits in 16 hexadecimal digits.
Parsed<double> parse_special(std::string_view text) {
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  const std::string_view digits = text.substr(std::min<std::size_t>(text.size(), 4));
  std::uint64_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!text.starts_with("nan:") || digits.size() != 16 || !whole ||
      !std::isnan(std::bit_cast<double>(bits))) {
    return problem(quote(text) + " is no double");
  }
  return std::bit_cast<double>(bits);
}

Parsed<std::string> bytes_of(const Item& item, const char* name) {
  if (item.kind == Item::Kind::text) return item.text;
  if (item.kind == Item::Kind::base64) return decode_base64(item.text);
  return problem(item.kind == Item::Kind::nothing ? std::string("no ") + name
                                                  : std::string(name) + " is no text");
}

Parsed<Timestamp> time_of(const Item& item, const char* name, TimeUnit unit) {
  switch (item.kind) {
    case Item::Kind::whole:
    case Item::Kind::number: return parse_epoch(item.text, unit);
    case Item::Kind::text: return parse_time(item.text, unit);
    case Item::Kind::nothing: return problem(std::string("no ") + name);
    default: return problem(std::string(name) + " is no time");
  }
}

Parsed<Value> value_of(const Item& item) {
  switch (item.kind) {
    case Item::Kind::boolean: return Value(item.truth);
    case Item::Kind::whole: {
      VARVE_TRY(const std::int64_t number, parse_int64(item.text));
      return Value(number);
    }
    case Item::Kind::number: {
      VARVE_TRY(const double number, parse_double(item.text));
      return Value(number);
    }
    case Item::Kind::special: {
      VARVE_TRY(const double number, parse_special(item.text));
      return Value(number);
    }
    default: break;
  }
  VARVE_TRY(std::string bytes, bytes_of(item, "value"));
  return Value(std::move(bytes));
}

void append_bytes(std::string& out, std::string_view bytes) {
  if (is_utf8(bytes)) {
    append_json_text(out, bytes);
  } else {
    out += R"({"base64":")" + encode_base64(bytes) + "\"}";
  }
}

void append_json_double(std::string& out, double value) {
  if (std::isfinite(value)) {
    const std::size_t before = out.size();
    append_double(out, value);
    if (out.find_first_of(".e", before) == std::string::npos) out += ".0";
    return;
  }
  const auto bits = std::bit_cast<std::uint64_t>(value);
  out += R"({"double":")";
  if (std::isinf(value)) {
    out += value < 0 ? "-inf" : "inf";
  } else {
    out += "nan";
    if (bits != std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN())) {
      std::array<char, 16> digits;
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bits, 16).ptr;
      const std::string_view text(digits.data(), end);
      (out += ':').append(16 - text.size(), '0') += text;
    }
  }
  out += "\"}";
}

void append_json_time(std::string& out, Timestamp ts, bool epoch) {
  if (epoch) {
    append_int64(out, ts);
  } else {
    out += '"';
    append_time(out, ts);
    out += '"';
  }
}

}  // namespace

Parsed<void> parse_ndjson(std::string_view line, const NdjsonOptions& options,
                          RecordList& records) {
  LineHandler handler;
  if (!nlohmann::json::sax_parse(line.begin(), line.end(), &handler)) return problem(handler.fault);
  VARVE_TRY(const std::string key, bytes_of(handler.key_item, "key"));
  VARVE_TRY(const Timestamp ts, time_of(handler.time, "time", options.time_unit));
  VARVE_TRY(const Value value, value_of(handler.value));
  Timestamp expires_at = never;
  if (handler.expires_at.kind != Item::Kind::nothing) {
    VARVE_TRY(expires_at, time_of(handler.expires_at, "expires_at", options.time_unit));
  }
  return add_checked(records, options.prefix + key, ts, value.view(), expires_at);
}

std::unique_ptr<RecordReader> make_ndjson_reader(Input& input, NdjsonOptions options) {
  LineFormat format;
  format.find_end = find_line_break;
  format.parse = [options = std::move(options)](std::string_view line, RecordList& records) {
    return parse_ndjson(line, options, records);
  };
  return make_line_reader(input, std::move(format));
}

void append_ndjson(std::string& out, const RecordView& record, bool epoch_times) {
  out += R"({"key":)";
  append_bytes(out, record.key());
  out += R"(,"time":)";
  append_json_time(out, record.ts(), epoch_times);
  out += R"(,"value":)";
  append_json_value(out, record.value());
  if (record.expires_at() != never) {
    out += R"(,"expires_at":)";
    append_json_time(out, record.expires_at(), epoch_times);
  }
  out += '}';
}

void append_json_text(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_json_value(std::string& out, const ValueView& value) {
  switch (value.type()) {
    case ValueType::double_: append_json_double(out, value.as_double()); return;
    case ValueType::bytes: append_bytes(out, value.as_bytes()); return;
    default: append_value(out, value); return;
  }
}

}  // namespace varve::tools
