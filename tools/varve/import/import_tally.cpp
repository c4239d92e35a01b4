#include "tools/varve/import/import_tally.hpp"

#include <algorithm>

#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

void ImportTally::add(const RecordList& records) {
  before_ = counts_;
  places_.clear();
  taken_.clear();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const RecordView record = records[i];
    const Timestamp ts = record.ts();
    counts_.first = std::min(counts_.first, ts);
    counts_.last = std::max(counts_.last, ts);
    Series* const series = find(record.key());
    if (series == nullptr) continue;
    if (series->is_new) {
      series->is_new = false;
      series->first = series->last = ts;
    } else if (ts > series->last) {
      series->last = ts;
    } else if (ts < series->first) {
      series->first = ts;
    } else if (ts == series->last || ts == series->first ||
               replaces_late({series, ts}, record.key())) {
      ++counts_.replaced;
    }
    places_.push_back({series, ts});
    if (!taken_.empty()) taken_.insert({series, ts});
  }
}

bool ImportTally::replaces_late(const Place& place, std::string_view key) {
  if (taken_.empty()) taken_.insert(places_.begin(), places_.end());
  if (taken_.contains(place)) return true;
  const bool may_be_older = place.series->before && place.ts <= *place.series->before;
  if (engine_ == nullptr || may_be_older) return false;
  const auto found = engine_->get(key, place.ts);
  return found && found->has_value();
}

/// Its series, or null where there are too many. Records of several series mostly come in the same
/// order again and again, so the one that followed the last time is tried before the key is hashed.
ImportTally::Series* ImportTally::find(std::string_view key) {
  if (current_ != nullptr) {
    if (current_->first == key) return &current_->second;
    Entry* const expected = current_->second.next;
    if (expected != nullptr && expected->first == key) {
      current_ = expected;
      return &expected->second;
    }
  }
  auto found = series_.find(key);
  if (found == series_.end()) {
    if (series_.size() == series_max) {
      counts_.has_more_series = true;
      return nullptr;
    }
    found = series_.emplace(std::string(key), first_seen(key)).first;
    ++counts_.series;
  }
  Entry* const entry = &*found;  // An entry stays where it is.
  if (current_ != nullptr) current_->second.next = entry;
  current_ = entry;
  return &entry->second;
}

ImportTally::Series ImportTally::first_seen(std::string_view key) const {
  Series series;
  if (engine_ == nullptr) return series;
  const auto latest = engine_->latest(key);
  if (!latest) {
    series.before = std::numeric_limits<Timestamp>::max();
  } else if (latest->has_value()) {
    series.before = (*latest)->ts();
  }
  return series;
}

std::string ImportTally::series_text() const {
  return (counts_.has_more_series ? "over " : "") + grouped(counts_.series) + " series";
}

std::string ImportTally::time_text() const {
  if (counts_.first > counts_.last) return "";
  const std::string first = format_time_short(counts_.first);
  return counts_.first == counts_.last ? first : first + " to " + format_time_short(counts_.last);
}

}  // namespace varve::tools
