#include "tools/formats/readers/json_map.hpp"

#include <algorithm>
#include <array>

#include "tools/formats/readers/labelled_series.hpp"
#include "tools/formats/record_limits.hpp"
#include "tools/formats/series_name.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

using Kind = JsonItem::Kind;

constexpr std::string_view member_name = "member";

bool names_member(const BraceTemplate& text) {
  return std::ranges::any_of(
      text, [](const TemplatePart& part) { return part.in_braces && part.text == member_name; });
}

/// Whether values of different members are of different series.
bool tells_members_apart(const JsonMap& map) {
  if (map.key) return names_member(*map.key);
  const auto is_name = [](const auto& label) { return label.first == name_label; };
  return std::ranges::none_of(map.labels, is_name) ||
         std::ranges::any_of(map.labels,
                             [](const auto& label) { return names_member(label.second); });
}

bool is_scalar(Kind kind) {
  return kind == Kind::boolean || kind == Kind::whole || kind == Kind::number || kind == Kind::text;
}

/// One value of the line, and the name of its member with those around it.
struct Found {
  std::uint32_t item;
  std::string name;
};

/// Makes records of one line.
class MappedLine {
 public:
  MappedLine(const JsonText& json, const JsonMap& map, std::string_view prefix)
      : json_(json), map_(map), prefix_(prefix) {}

  Parsed<void> read(TimeReader& times, RecordList& records, std::vector<std::string>& bad_values) {
    VARVE_TRY(const Timestamp ts, time(times));
    VARVE_CHECK(find_values());
    VARVE_CHECK(check_names());
    std::vector<LabelledSeries> described;
    for (const Found& found : values_) {
      auto value = value_of(found.item);
      if (!value && map_.type && map_.value.empty()) {
        bad_values.push_back("member " + quote(found.name) + ": " + value.error().text);
        VARVE_CHECK(count(bad_values.back().size()));
        continue;
      }
      if (!value) value = part_at(json_[found.item].offset, std::move(value));
      if (!value) return std::unexpected(std::move(value).error());
      VARVE_TRY(LabelledSeries series, series_of(found.name));
      VARVE_CHECK(count(bytes_of(series)));
      VARVE_CHECK(add_checked(records, series.key, ts, *value));
      if (!series.labels.empty()) described.push_back(std::move(series));
    }
    for (LabelledSeries& series : described) {
      records.describe_once(series.key, [&] { return std::move(series.labels); });
    }
    return {};
  }

 private:
  Parsed<Timestamp> time(TimeReader& times) {
    constexpr auto usual =
        std::to_array<std::string_view>({"time", "timestamp", "ts", "datetime", "date"});
    std::uint32_t item = 0;
    if (!map_.time.empty()) {
      item = json_.at_path(0, map_.time);
    } else {
      for (const std::string_view name : usual) {
        if (item == 0) item = json_.member(0, name);
      }
    }
    if (item == 0 && map_.time.empty()) return problem("no member with the time: name it, time=ts");
    if (item == 0) return problem("no member " + quote(map_.time) + " for the time");
    const Kind kind = json_[item].kind;
    if (kind != Kind::whole && kind != Kind::number && kind != Kind::text) {
      return problem("the time is neither a text nor a number", json_[item].offset);
    }
    used_.push_back(item);
    return part_at(json_[item].offset, times.read(json_.text_of(item, buffer_)));
  }

  Parsed<void> find_values() {
    if (!map_.value.empty()) {
      const std::uint32_t item = json_.at_path(0, map_.value);
      if (item == 0) return problem("no member " + quote(map_.value) + " for the value");
      if (!is_scalar(json_[item].kind)) {
        return problem(quote(map_.value) + " is no number, text, true or false",
                       json_[item].offset);
      }
      values_.push_back({item, last_name(map_.value)});
      return {};
    }
    std::uint32_t object = 0;
    if (!map_.values.empty()) {
      object = json_.at_path(0, map_.values);
      if (object == 0) return problem("no member " + quote(map_.values) + " for the values");
      if (json_[object].kind != Kind::object) {
        return problem(quote(map_.values) + " is no object", json_[object].offset);
      }
    }
    if (map_.key) use(*map_.key);
    for (const auto& [name, text] : map_.labels) use(text);
    VARVE_CHECK(collect(object, {}));
    if (values_.empty()) return problem("no member with a number, true or false");
    return {};
  }

  /// Fails where values of two members would be records of one series.
  Parsed<void> check_names() const {
    if (values_.size() < 2 || tells_members_apart(map_)) return {};
    const std::string& first = values_.front().name;
    for (const Found& found : values_) {
      if (found.name == first) continue;
      return problem(quote(first) + " and " + quote(found.name) + " would be one series: " +
                         "{member} has to stand in the key, as in key=dev/{id}/{member}",
                     json_[found.item].offset);
    }
    return {};
  }

  static std::string last_name(const std::string& path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string::npos ? path : path.substr(dot + 1);
  }

  /// The members of a template are no values.
  void use(const BraceTemplate& text) {
    for (const TemplatePart& part : text) {
      if (!part.in_braces) continue;
      if (const std::uint32_t item = item_at(part.text); item != 0) used_.push_back(item);
    }
  }

  /// Of two members of one name both: the later record is the one that stays. Objects are as deep
  /// in one another as JsonText lets them.
  Parsed<void> collect(std::uint32_t object, const std::string& around) {
    for (std::uint32_t name = object + 1; name != json_[object].after;
         name = json_[name + 1].after) {
      const std::uint32_t item = name + 1;
      const Kind kind = json_[item].kind;
      if (kind == Kind::null || kind == Kind::array) continue;
      if (kind == Kind::text && !is_value(item)) continue;
      if (std::ranges::find(used_, item) != used_.end()) continue;
      std::string path = around + std::string(json_.text_of(name, buffer_));
      VARVE_CHECK(count(path.size()));
      if (kind == Kind::object) {
        VARVE_CHECK(collect(item, path + '/'));
      } else {
        values_.push_back({item, std::move(path)});
      }
    }
    return {};
  }

  /// A text is a value where a type is said that it can be read as. Of an object that is said to
  /// hold values each one is: what cannot be read is a bad one there.
  bool is_value(std::uint32_t text) {
    return map_.type && (!map_.values.empty() || value_of(text).has_value());
  }

  /// The names of the line grow with what is around them, and its labels with each value.
  Parsed<void> count(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= line_series_bytes_max) return {};
    return problem("keys and labels of over " + format_bytes(line_series_bytes_max) +
                   " in one line");
  }

  /// A member of a template, which is looked for once in a line, however many values it has.
  std::uint32_t item_at(std::string_view path) {
    for (const auto& [known, item] : known_) {
      if (known == path) return item;
    }
    return known_.emplace_back(path, json_.at_path(0, path)).second;
  }

  Parsed<ValueView> value_of(std::uint32_t item) {
    const std::string_view text = json_.text_of(item, buffer_);
    if (map_.type) return parse_value(text, *map_.type);
    switch (json_[item].kind) {
      case Kind::boolean: return ValueView(text == "true");
      case Kind::whole: return parse_value(text, ColumnType::int64);
      case Kind::number: return parse_value(text, ColumnType::double_);
      default: return ValueView(text);
    }
  }

  Parsed<LabelledSeries> series_of(const std::string& name) {
    std::vector<Label> labels;
    bool has_name = false;
    for (const auto& [label, text] : map_.labels) {
      auto value = fill(text, name);
      if (!value) continue;  // Of another kind of line.
      has_name = has_name || (label == name_label && !value->empty());
      labels.emplace_back(label, *std::move(value));
    }
    if (!map_.key && !map_.labels.empty()) {
      if (!has_name) {
        std::erase_if(labels, [](const Label& label) { return label.name() == name_label; });
        labels.emplace_back(std::string(name_label), name);
      }
      return labelled_series(std::move(labels), prefix_);
    }
    LabelledSeries series{std::string(prefix_), Labels()};
    if (map_.key) {
      VARVE_TRY(const std::string key, fill(*map_.key, name));
      series.key += key;
    } else {
      series.key += name;
    }
    std::erase_if(labels, [](const Label& label) { return label.value().empty(); });
    series.labels = Labels(std::move(labels));
    if (const Status checked = check(series.labels); !checked) {
      return problem(printable(checked.error().where));
    }
    return series;
  }

  /// Fails where a member of the template is missing, or is an object or an array.
  Parsed<std::string> fill(const BraceTemplate& text, const std::string& name) {
    std::string out;
    std::string buffer;
    for (const TemplatePart& part : text) {
      if (!part.in_braces) {
        out += part.text;
      } else if (part.text == member_name) {
        out += name;
      } else {
        const std::uint32_t item = item_at(part.text);
        if (item == 0 || !is_scalar(json_[item].kind)) {
          return problem("no member " + quote(part.text) + " with a text or a number");
        }
        out += json_.text_of(item, buffer);
      }
    }
    return out;
  }

  const JsonText& json_;
  const JsonMap& map_;
  const std::string_view prefix_;
  std::vector<std::pair<std::string_view, std::uint32_t>> known_;  // Members by their paths.
  std::size_t bytes_ = 0;                                          // Of names, keys and labels.
  std::vector<std::uint32_t> used_;  // Items that are something else than a value.
  std::vector<Found> values_;
  std::string buffer_;
};

Parsed<void> read_label(JsonMap& map, std::string_view name, std::string_view text) {
  if (name.empty()) return problem("label. needs a name: label.room={room}");
  VARVE_TRY(BraceTemplate value, parse_braces(text));
  const bool twice =
      std::ranges::any_of(map.labels, [name](const auto& label) { return label.first == name; });
  if (twice) return problem("the label " + quote(name) + " twice");
  map.labels.emplace_back(std::string(name), std::move(value));
  return {};
}

Parsed<void> read_member(std::string& member, std::string_view what, std::string_view text) {
  if (!member.empty()) return problem(std::string(what) + "= twice");
  if (text.empty()) return problem(std::string(what) + "= names no member");
  member = text;
  return {};
}

Parsed<void> read_map_text(JsonMap& map, std::string_view whole) {
  constexpr std::string_view label = "label.";
  const std::size_t equals = whole.find('=');
  const std::string_view what = whole.substr(0, equals);
  const std::string_view text =
      equals == std::string_view::npos ? std::string_view() : whole.substr(equals + 1);
  if (equals == std::string_view::npos || text.empty()) {
    return problem(quote(whole) + " is not of the form time=ts or key=dev/{id}/{member}");
  }
  if (what.starts_with(label)) return read_label(map, what.substr(label.size()), text);
  if (what == "time") return read_member(map.time, what, text);
  if (what == "value") return read_member(map.value, what, text);
  if (what == "values") return read_member(map.values, what, text);
  if (what == "type") {
    VARVE_TRY(map.type, parse_column_type(text));
    return {};
  }
  if (what == "key") {
    if (map.key) return problem("key= twice");
    VARVE_TRY(map.key, parse_braces(text));
    return {};
  }
  return problem(quote(what) + " is none of time, value, values, key, type and label.NAME");
}

}  // namespace

Parsed<JsonMap> parse_json_map(const std::vector<std::string>& texts) {
  JsonMap map;
  for (const std::string& text : texts) VARVE_CHECK(read_map_text(map, text));
  if (!map.value.empty() && !map.values.empty()) {
    return problem("value= and values= exclude each other");
  }
  return map;
}

Parsed<void> read_mapped(const JsonText& json, const JsonMap& map, TimeReader& times,
                         std::string_view prefix, RecordList& records,
                         std::vector<std::string>& bad_values) {
  return MappedLine(json, map, prefix).read(times, records, bad_values);
}

}  // namespace varve::tools
