#include "tools/formats/times/time_zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace varve::tools {

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr Timestamp first_of_2036 = 2'082'758'400 * second;
constexpr Timestamp first_of_2038 = 2'145'916'800 * second;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
  return out;
}

/// Takes two digits, up to `most`.
bool take_two(std::string_view& text, std::int64_t most, std::int64_t& number) {
  if (text.size() < 2 || !is_digit(text[0]) || !is_digit(text[1])) return false;
  number = (text[0] - '0') * 10 + (text[1] - '0');
  text.remove_prefix(2);
  return number <= most;
}

/// "+01:00", "+0100" or "+01".
bool take_signed(std::string_view& text, std::int64_t& offset) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  const bool east = text.front() == '+';
  std::string_view rest = text.substr(1);
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  if (!take_two(rest, 23, hours)) return false;
  if (rest.starts_with(':')) {
    rest.remove_prefix(1);
    if (!take_two(rest, 59, minutes)) return false;
  } else if (!rest.empty() && is_digit(rest.front())) {
    if (!take_two(rest, 59, minutes)) return false;
  }
  const std::int64_t distance = hours * hour + minutes * minute;
  offset = east ? distance : -distance;
  text = rest;
  return true;
}

/// A zone whose clocks are never set.
class FixedZone final : public TimeZone {
 public:
  FixedZone(const std::string& name, std::int64_t offset)
      : TimeZone(name, std::numeric_limits<Timestamp>::max()) {
    span_.offset = offset;
    span_.abbreviation = name;
  }

  ZoneSpan span_at(Timestamp) const override { return span_; }
  LocalMeaning meaning_of(Timestamp) const override {
    return {LocalMeaning::Kind::once, span_, {}};
  }

 private:
  ZoneSpan span_;
};

/// Where the library's own times end, before and after all years of ours that it knows: there
/// begins the first span, and ends the last.
constexpr std::chrono::seconds library_first(-900'000'000'000);
constexpr std::chrono::seconds library_last(900'000'000'000);

ZoneSpan span_of(const date::sys_info& info) {
  ZoneSpan span;
  const std::chrono::seconds from = info.begin.time_since_epoch();
  const std::chrono::seconds to = info.end.time_since_epoch();
  if (from > library_first) span.from = Duration(from).count();
  if (to < library_last) span.to = Duration(to).count();
  span.offset = Duration(info.offset).count();
  span.abbreviation = info.abbrev;
  return span;
}

std::chrono::seconds whole_seconds(Timestamp ts) {
  return std::chrono::floor<std::chrono::seconds>(Duration(ts));
}

ZoneSpan last_span_of(const date::time_zone& zone) {
  return span_of(zone.get_info(date::sys_seconds(library_last)));
}

/// A table whose last step is that late was cut at 2037, where they are. One that ends earlier is
/// of a zone that sets its clocks no more.
Timestamp end_of_table(const date::time_zone& zone) {
  const Timestamp last_step = last_span_of(zone).from;
  if (last_step < first_of_2036) return std::numeric_limits<Timestamp>::max();
  return std::max(last_step, first_of_2038);
}

/// A zone of tzdata.
class TableZone final : public TimeZone {
 public:
  explicit TableZone(const date::time_zone& zone)
      : TimeZone(zone.name(), end_of_table(zone)), zone_(zone) {}

  ZoneSpan span_at(Timestamp ts) const override {
    return span_of(zone_.get_info(date::sys_seconds(whole_seconds(ts))));
  }
  LocalMeaning meaning_of(Timestamp local) const override {
    const date::local_info info = zone_.get_info(date::local_seconds(whole_seconds(local)));
    LocalMeaning meaning;
    meaning.first = span_of(info.first);
    if (info.result == date::local_info::unique) return meaning;
    meaning.kind = info.result == date::local_info::ambiguous ? LocalMeaning::Kind::repeated
                                                              : LocalMeaning::Kind::missing;
    meaning.second = span_of(info.second);
    return meaning;
  }

 private:
  const date::time_zone& zone_;  // The library keeps it until the program ends.
};

/// Of tzdata; null where it has no such zone, or is not there, which the library throws.
const date::time_zone* locate(std::string_view name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

std::unique_ptr<TimeZone> make_zone(std::string_view name) {
  std::string_view rest = name;
  std::int64_t offset = 0;
  const bool has_offset = !name.starts_with(' ') && take_utc_offset(rest, offset) && rest.empty();
  if (has_offset) {
    const bool is_utc = offset == 0 && name.front() != '+' && name.front() != '-';
    return std::make_unique<FixedZone>(is_utc ? "UTC" : std::string(name), offset);
  }
  const date::time_zone* const zone = locate(name);
  if (zone == nullptr || !TimeZone::tables_are_there()) return nullptr;
  return std::make_unique<TableZone>(*zone);
}

}  // namespace

const TimeZone* TimeZone::find(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<TimeZone>, std::less<>> found;
  const std::lock_guard lock(mutex);
  const auto before = found.find(name);
  if (before != found.end()) return before->second.get();
  std::unique_ptr<TimeZone> zone = make_zone(name);
  if (!zone) return nullptr;
  return found.emplace(std::string(name), std::move(zone)).first->second.get();
}

std::vector<std::string> TimeZone::names_with(std::string_view part, std::size_t most) {
  std::vector<std::string> names;
  const std::string wanted = lower(part);
  if (wanted.empty()) return names;
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) {
      if (names.size() == most) break;
      if (lower(zone.name()).find(wanted) != std::string::npos) names.push_back(zone.name());
    }
  } catch (const std::runtime_error&) {
    names.clear();  // There is no tzdata.
  }
  return names;
}

bool TimeZone::tables_are_there() {
  // Not one of these: a country may do away with its summer time.
  constexpr auto with_summer_time = std::to_array<std::string_view>(
      {"Europe/Berlin", "America/New_York", "Australia/Sydney", "America/Santiago"});
  static const bool there = std::ranges::any_of(with_summer_time, [](std::string_view name) {
    const date::time_zone* const zone = locate(name);
    return zone != nullptr && last_span_of(*zone).from >= first_of_2036;
  });
  return there;
}

Timestamp local_time(const TimeZone& zone, Timestamp ts) {
  return saturating_add(ts, zone.span_at(ts).offset);
}

Timestamp first_moment(const TimeZone& zone, Timestamp local) {
  const LocalMeaning meaning = zone.meaning_of(local);
  if (meaning.kind == LocalMeaning::Kind::missing) return meaning.second.from;
  return saturating_add(local, -meaning.first.offset);
}

bool take_utc_offset(std::string_view& text, std::int64_t& offset) {
  std::string_view rest = text;
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  if (rest.starts_with('Z') || rest.starts_with('z')) {
    rest.remove_prefix(1);
    offset = 0;
  } else if (!take_signed(rest, offset)) {
    const std::string name = lower(rest.substr(0, 3));
    if (name != "utc" && name != "gmt") return false;
    rest.remove_prefix(3);
    if (!take_signed(rest, offset)) offset = 0;
  }
  text = rest;
  return true;
}

}  // namespace varve::tools
