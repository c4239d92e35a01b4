#include "tools/formats/ndjson.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "tools/formats/record_limits.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/labels.hpp"
#include "varve/try.hpp"

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
  Item key_item, time, value, expires_at, leave_with_records;
  std::vector<std::pair<std::string, std::string>> labels;  // Name and value.
  bool has_labels = false;
  std::string fault;  // Why the parse ended.
  std::optional<std::size_t> fault_offset;

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
    if (depth_ == 2 && labels_ != Names::none) return label_name(std::move(name));
    if (depth_ >= 2) {
      object_kind_ = name == "base64"   ? Item::Kind::base64
                     : name == "double" ? Item::Kind::special
                                        : Item::Kind::nothing;
      return object_kind_ != Item::Kind::nothing || refuse("an object with " + quote(name));
    }
    labels_ = name == "labels"          ? Names::plain
              : name == "labels_base64" ? Names::base64
                                        : Names::none;
    slot_ = name == "key"                  ? &key_item
            : name == "time"               ? &time
            : name == "value"              ? &value
            : name == "expires_at"         ? &expires_at
            : name == "leave_with_records" ? &leave_with_records
                                           : nullptr;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    fault_offset = position - 1;  // Counted from 1.
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
    const bool in_labels = labels_ != Names::none;
    if (in_labels && depth_ == 1) return item.kind == Item::Kind::nothing || refuse(no_labels);
    if (in_labels && depth_ == 2) return label_value(item);
    if (depth_ >= 2) {
      if (item.kind != Item::Kind::text) return refuse("no text in an object that is a value");
      item.kind = object_kind_;
    }
    if (depth_ == 3) return label_value(item);
    if (slot_ != nullptr) *slot_ = std::move(item);
    return true;
  }

  bool start_container(bool array) {
    if (depth_ == 0 && array) return refuse("no JSON object");
    const bool in_labels = labels_ != Names::none;
    if (skipped_ != 0 || (depth_ == 1 && slot_ == nullptr && !in_labels)) {
      ++skipped_;
      return true;
    }
    if (array) return refuse(in_labels && depth_ == 1 ? no_labels : "an array");
    if (depth_ == (in_labels ? 3 : 2)) return refuse("an object in an object");
    if (depth_ == 1 && in_labels) has_labels = true;
    ++depth_;
    return true;
  }

  // Of labels.

  bool label_name(std::string name) {
    if (labels_ == Names::base64) {
      auto bytes = decode_base64(name);
      if (!bytes) return refuse("labels_base64: " + bytes.error().text);
      name = *std::move(bytes);
    }
    labels.emplace_back(std::move(name), std::string());
    return true;
  }
  bool label_value(Item& item) {
    auto& [label, text] = labels.back();
    if (item.kind == Item::Kind::text) {
      text = std::move(item.text);
      return true;
    }
    if (item.kind != Item::Kind::base64) return refuse("the label " + quote(label) + " is no text");
    auto bytes = decode_base64(item.text);
    if (!bytes) return refuse("the label " + quote(label) + ": " + bytes.error().text);
    text = *std::move(bytes);
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

  static constexpr const char* no_labels = "labels are no object";

  enum class Names : std::uint8_t { none, plain, base64 };

  int depth_ = 0;            // 1 in the line's object, 2 in labels, one more in a scalar's object.
  std::size_t skipped_ = 0;  // Depth inside a member that does not count.
  Item* slot_ = nullptr;     // Of the member; none: it does not count, or is labels.
  Names labels_ = Names::none;
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

/// Those of the line. Fails where the engine would not take them.
Parsed<Labels> labels_of(LineHandler& handler) {
  std::vector<Label> list;
  list.reserve(handler.labels.size());
  for (auto& [name, value] : handler.labels) list.emplace_back(std::move(name), std::move(value));
  Labels labels(std::move(list));
  if (const Status checked = check(labels); !checked) {
    return problem(printable(checked.error().where));
  }
  const Item& leave = handler.leave_with_records;
  if (leave.kind != Item::Kind::nothing && leave.kind != Item::Kind::boolean) {
    return problem("leave_with_records is neither true nor false");
  }
  labels.leave_with_records(leave.truth && !labels.empty());
  return labels;
}

}  // namespace

Parsed<void> parse_ndjson(std::string_view line, const NdjsonOptions& options,
                          RecordList& records) {
  LineHandler handler;
  if (!nlohmann::json::sax_parse(line.begin(), line.end(), &handler)) {
    return problem(handler.fault, handler.fault_offset);
  }
  VARVE_TRY(std::string key, bytes_of(handler.key_item, "key"));
  key.insert(0, options.prefix);
  Labels labels;
  if (handler.has_labels) {
    VARVE_CHECK(check_key(key));
    VARVE_TRY(labels, labels_of(handler));
    const bool alone =
        handler.time.kind == Item::Kind::nothing && handler.value.kind == Item::Kind::nothing;
    if (alone) {
      records.describe(std::move(key), std::move(labels));
      return {};
    }
  }
  VARVE_TRY(const Timestamp ts, time_of(handler.time, "time", options.time_unit));
  VARVE_TRY(const Value value, value_of(handler.value));
  Timestamp expires_at = never;
  if (handler.expires_at.kind != Item::Kind::nothing) {
    VARVE_TRY(expires_at, time_of(handler.expires_at, "expires_at", options.time_unit));
  }
  VARVE_CHECK(add_checked(records, key, ts, value.view(), expires_at));
  if (handler.has_labels) records.describe(std::move(key), std::move(labels));
  return {};
}

}  // namespace varve::tools
