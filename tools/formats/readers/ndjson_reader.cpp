#include "tools/formats/readers/ndjson_reader.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "tools/formats/readers/labelled_series.hpp"
#include "tools/formats/record_limits.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

using Kind = JsonItem::Kind;

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

template <class T>
Parsed<ValueView> as_value(const Parsed<T>& parsed) {
  if (!parsed) return std::unexpected(parsed.error());
  return ValueView(*parsed);
}

/// A sample of VictoriaMetrics, which has doubles alone.
Parsed<ValueView> metric_value(std::string_view text) {
  constexpr std::int64_t exact = std::int64_t{1} << std::numeric_limits<double>::digits;
  const auto whole = parse_int64(text);
  if (whole && (*whole > exact || *whole < -exact)) return ValueView(*whole);
  return as_value(parse_double(text));
}

}  // namespace

NdjsonReader::NdjsonReader(NdjsonOptions options)
    : options_(std::move(options)),
      times_(options_.time),
      expiries_(with_unit_given(options_.time)),
      metric_times_(usually_in(TimeUnit::milliseconds, options_.time)) {}

Parsed<void> NdjsonReader::read(std::string_view line, RecordList& records) {
  // Nothing that begins otherwise can be an object; so that brackets without end are no matter of
  // their depth.
  if (line.starts_with('[')) return problem("no JSON object", 0);
  VARVE_CHECK(json_.read(line));
  if (json_[0].kind != Kind::object) return problem("no JSON object", json_[0].offset);
  const Members members = find_members();
  const bool is_metric = members.key == 0 && members.metric != 0 && members.values != 0 &&
                         members.timestamps != 0 && json_[members.metric].kind == Kind::object &&
                         json_[members.timestamps].kind == Kind::array;
  if (is_metric) return read_metric(members, records);
  if (options_.map) {
    bad_values_.clear();
    return read_mapped(json_, *options_.map, times_, options_.prefix, records, bad_values_);
  }
  return read_record(members, records);
}

NdjsonReader::Members NdjsonReader::find_members() const {
  struct Name {
    std::string_view text;
    std::uint32_t Members::* place;
  };
  static constexpr std::array<Name, 10> names = {
      {{"key", &Members::key},
       {"time", &Members::time},
       {"value", &Members::value},
       {"expires_at", &Members::expires_at},
       {"labels", &Members::labels},
       {"labels_base64", &Members::labels_base64},
       {"leave_with_records", &Members::leave_with_records},
       {"metric", &Members::metric},
       {"values", &Members::values},
       {"timestamps", &Members::timestamps}}};
  Members members;
  for (std::uint32_t name = 1; name != json_[0].after; name = json_[name + 1].after) {
    for (const Name& known : names) {
      if (!json_.says(name, known.text)) continue;
      members.*known.place = name + 1;
      break;
    }
  }
  return members;
}

Parsed<NdjsonReader::Scalar> NdjsonReader::scalar(std::uint32_t index) const {
  if (index == 0) return Scalar();
  const JsonItem& item = json_[index];
  switch (item.kind) {
    case Kind::null: return Scalar();
    case Kind::boolean: return Scalar{Scalar::Kind::boolean, index};
    case Kind::whole: return Scalar{Scalar::Kind::whole, index};
    case Kind::number: return Scalar{Scalar::Kind::number, index};
    case Kind::text: return Scalar{Scalar::Kind::text, index};
    case Kind::array: return problem("an array", item.offset);
    case Kind::object: break;
  }
  Scalar found;
  for (std::uint32_t name = index + 1; name != item.after; name = json_[name + 1].after) {
    const std::uint32_t inner = name + 1;
    found.item = inner;
    if (json_.says(name, "base64")) {
      found.kind = Scalar::Kind::base64;
    } else if (json_.says(name, "double")) {
      found.kind = Scalar::Kind::special;
    } else {
      std::string buffer;
      return problem("an object with " + quote(json_.text_of(name, buffer)), json_[name].offset);
    }
    const std::size_t at = json_[inner].offset;
    if (json_[inner].kind == Kind::object) return problem("an object in an object", at);
    if (json_[inner].kind == Kind::array) return problem("an array", at);
    if (json_[inner].kind != Kind::text) {
      return problem("no text in an object that is a value", at);
    }
  }
  return found;
}

Parsed<std::string_view> NdjsonReader::bytes_of(const Scalar& from, const char* name,
                                                std::string& buffer) {
  if (from.kind == Scalar::Kind::nothing) return problem(std::string("no ") + name);
  const std::size_t at = json_[from.item].offset;
  if (from.kind == Scalar::Kind::text) return json_.text_of(from.item, buffer);
  if (from.kind != Scalar::Kind::base64) return problem(std::string(name) + " is no text", at);
  auto bytes = decode_base64(json_.text_of(from.item, buffer));
  if (!bytes) return part_at<std::string_view>(at, std::unexpected(std::move(bytes).error()));
  buffer = *std::move(bytes);
  return buffer;
}

Parsed<Timestamp> NdjsonReader::time_of(std::uint32_t index, const char* name, TimeReader& times) {
  VARVE_TRY(const Scalar time, scalar(index));
  switch (time.kind) {
    case Scalar::Kind::whole:
    case Scalar::Kind::number:
      return part_at(json_[time.item].offset, times.read(json_.written(time.item)));
    case Scalar::Kind::text:
      return part_at(json_[time.item].offset, times.read(json_.text_of(time.item, time_)));
    case Scalar::Kind::nothing: return problem(std::string("no ") + name);
    default: return problem(std::string(name) + " is no time", json_[time.item].offset);
  }
}

Parsed<ValueView> NdjsonReader::value_of(std::uint32_t index) {
  VARVE_TRY(const Scalar value, scalar(index));
  const std::size_t at = json_[value.item].offset;
  switch (value.kind) {
    case Scalar::Kind::boolean: return ValueView(json_.written(value.item) == "true");
    case Scalar::Kind::whole: return part_at(at, as_value(parse_int64(json_.written(value.item))));
    case Scalar::Kind::number:
      return part_at(at, as_value(parse_double(json_.written(value.item))));
    case Scalar::Kind::special:
      return part_at(at, as_value(parse_special(json_.text_of(value.item, value_))));
    default: break;
  }
  VARVE_TRY(const std::string_view bytes, bytes_of(value, "value", value_));
  return ValueView(bytes);
}

Parsed<std::string_view> NdjsonReader::key_of(std::uint32_t index) {
  VARVE_TRY(const Scalar key, scalar(index));
  VARVE_TRY(const std::string_view bytes, bytes_of(key, "key", key_));
  if (options_.prefix.empty()) return bytes;
  key_ = options_.prefix + std::string(bytes);
  return key_;
}

Parsed<std::string> NdjsonReader::label_value(const std::string& name, std::uint32_t index) {
  VARVE_TRY(const Scalar value, scalar(index));
  std::string buffer;
  if (value.kind == Scalar::Kind::text) return std::string(json_.text_of(value.item, buffer));
  const std::size_t at = json_[index].offset;
  if (value.kind != Scalar::Kind::base64) {
    return problem("the label " + quote(name) + " is no text", at);
  }
  auto bytes = decode_base64(json_.text_of(value.item, buffer));
  if (!bytes) return problem("the label " + quote(name) + ": " + bytes.error().text, at);
  return bytes;
}

Parsed<void> NdjsonReader::add_labels(std::uint32_t object, bool base64,
                                      std::vector<Label>& labels) {
  if (object == 0 || json_[object].kind == Kind::null) return {};
  if (json_[object].kind != Kind::object) {
    return problem("labels are no object", json_[object].offset);
  }
  for (std::uint32_t at = object + 1; at != json_[object].after; at = json_[at + 1].after) {
    std::string buffer;
    std::string name(json_.text_of(at, buffer));
    if (base64) {
      auto bytes = decode_base64(name);
      if (!bytes) return problem("labels_base64: " + bytes.error().text, json_[at].offset);
      name = *std::move(bytes);
    }
    VARVE_TRY(std::string value, label_value(name, at + 1));
    labels.emplace_back(std::move(name), std::move(value));
  }
  return {};
}

/// Those of the line. Fails where the engine would not take them.
Parsed<Labels> NdjsonReader::labels_of(const Members& members) {
  std::vector<Label> list;
  VARVE_CHECK(add_labels(members.labels, false, list));
  VARVE_CHECK(add_labels(members.labels_base64, true, list));
  Labels labels(std::move(list));
  if (const Status checked = check(labels); !checked) {
    return problem(printable(checked.error().where));
  }
  VARVE_TRY(const Scalar leave, scalar(members.leave_with_records));
  if (leave.kind != Scalar::Kind::nothing && leave.kind != Scalar::Kind::boolean) {
    return problem("leave_with_records is neither true nor false", json_[leave.item].offset);
  }
  const bool leaves = leave.kind == Scalar::Kind::boolean && json_.written(leave.item) == "true";
  labels.leave_with_records(leaves && !labels.empty());
  return labels;
}

Parsed<void> NdjsonReader::read_record(const Members& members, RecordList& records) {
  const auto stands = [this](std::uint32_t member) {
    return member != 0 && json_[member].kind != Kind::null;
  };
  const bool is_foreign =
      members.key == 0 && members.value == 0 && members.labels == 0 && members.labels_base64 == 0;
  if (is_foreign) {
    return problem("no key and no value: --map says what other members are, as in " +
                   std::string("--map 'key=dev/{id}/{member}'"));
  }
  VARVE_TRY(const std::string_view key, key_of(members.key));
  const bool has_labels = stands(members.labels) || stands(members.labels_base64);
  Labels labels;
  if (has_labels) {
    VARVE_CHECK(check_key(key));
    VARVE_TRY(labels, labels_of(members));
    if (!stands(members.time) && !stands(members.value)) {
      records.describe(std::string(key), std::move(labels));
      return {};
    }
  }
  VARVE_TRY(const Timestamp ts, time_of(members.time, "time", times_));
  VARVE_TRY(const ValueView value, value_of(members.value));
  Timestamp expires_at = never;
  if (stands(members.expires_at)) {
    VARVE_TRY(expires_at, time_of(members.expires_at, "expires_at", expiries_));
  }
  VARVE_CHECK(add_checked(records, key, ts, value, expires_at));
  if (has_labels) records.describe(std::string(key), std::move(labels));
  return {};
}

Parsed<void> NdjsonReader::read_metric(const Members& members, RecordList& records) {
  std::vector<Label> list;
  VARVE_CHECK(add_labels(members.metric, false, list));
  auto series = labelled_series(std::move(list), options_.prefix);
  if (!series) {
    return part_at<void>(json_[members.metric].offset, std::unexpected(std::move(series).error()));
  }
  if (json_[members.values].kind != Kind::array) {
    return problem("values are no array", json_[members.values].offset);
  }
  const std::size_t count = json_[members.values].after - members.values - std::size_t{1};
  if (count > line_series_bytes_max / series->key.size()) {
    return problem("a line of " + grouped(count) + " values with a key of " +
                   format_bytes(series->key.size()) + "; give fewer of them a line");
  }
  const std::uint32_t values_end = json_[members.values].after;
  const std::uint32_t times_end = json_[members.timestamps].after;
  std::uint32_t value = members.values + 1;
  std::uint32_t time = members.timestamps + 1;
  for (; value != values_end && time != times_end;
       value = json_[value].after, time = json_[time].after) {
    if (json_[value].kind == Kind::null) continue;
    VARVE_TRY(const Timestamp ts, time_of(time, "timestamp", metric_times_));
    VARVE_TRY(const Scalar sample, scalar(value));
    const bool is_number = sample.kind == Scalar::Kind::whole ||
                           sample.kind == Scalar::Kind::number ||
                           sample.kind == Scalar::Kind::text;  // "Infinity".
    if (!is_number) return problem("a value is no number", json_[value].offset);
    VARVE_TRY(const ValueView number,
              part_at(json_[sample.item].offset, metric_value(json_.text_of(sample.item, value_))));
    VARVE_CHECK(add_checked(records, series->key, ts, number));
  }
  if (value != values_end || time != times_end) {
    return problem("not as many values as timestamps");
  }
  records.describe_once(series->key, [&] { return std::move(series->labels); });
  return {};
}

Parsed<void> parse_ndjson(std::string_view line, const NdjsonOptions& options,
                          RecordList& records) {
  return NdjsonReader(options).read(line, records);
}

}  // namespace varve::tools
