#include "tests/differential/oracle.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <stdexcept>
#include <utility>

namespace varve::test {

namespace {

/// The least of them, `count` at most.
std::vector<std::string> up_to(std::size_t count, const std::set<std::string>& all) {
  std::vector<std::string> found;
  for (const std::string& each : all) {
    if (found.size() == count) break;
    found.push_back(each);
  }
  return found;
}

}  // namespace

bool takes(const TimeRange& range, Timestamp ts) {
  if (range.from() && ts < *range.from()) return false;
  return !range.to() || ts < *range.to();
}

Timestamp expiry(Timestamp ts, std::optional<Duration> ttl) {
  if (!ttl) return never;
  return ts > never - ttl->count() ? never : ts + ttl->count();
}

void Oracle::look_at(Timestamp wall) {
  if (wall < now_ - Duration(std::chrono::minutes(1)).count()) {
    throw std::logic_error("the run sets its clock back by over a minute");
  }
  now_ = std::max(now_, wall);
}

void Oracle::put(const Record& record) {
  series_[record.key()].insert_or_assign(record.ts(), Kept{record.value(), record.expires_at()});
}

void Oracle::erase(std::string_view key, Timestamp ts) {
  const auto found = series_.find(key);
  if (found != series_.end()) found->second.erase(ts);
}

void Oracle::erase(const KeyTest& means_key, const TimeRange& range) {
  for (auto& [key, series] : series_) {
    if (!means_key(key)) continue;
    std::erase_if(series, [&](const auto& record) { return takes(range, record.first); });
  }
}

void Oracle::describe(const std::string& key, const Labels& labels) {
  labels_.erase(key);
  if (!labels.empty()) labels_.emplace(key, labels);
}

void Oracle::note(const std::string& name, const std::optional<std::string>& bytes) {
  notes_.erase(name);
  if (bytes) notes_.emplace(name, *bytes);
}

std::vector<Note> Oracle::notes(std::string_view prefix) const {
  std::vector<Note> found;
  for (const auto& [name, bytes] : notes_) {
    if (std::string_view(name).substr(0, prefix.size()) == prefix) found.push_back({name, bytes});
  }
  return found;
}

void Oracle::join(const Oracle& other) {
  series_.insert(other.series_.begin(), other.series_.end());
  labels_.insert(other.labels_.begin(), other.labels_.end());
  notes_.insert(other.notes_.begin(), other.notes_.end());
}

std::optional<Record> Oracle::get(std::string_view key, Timestamp ts) const {
  const auto series = series_.find(key);
  if (series == series_.end()) return std::nullopt;
  const auto found = series->second.find(ts);
  if (found == series->second.end() || !is_live(found->second)) return std::nullopt;
  return Record(std::string(key), ts, found->second.value, found->second.expires_at);
}

/// Oldest first.
std::vector<Record> Oracle::live(const std::string& key, const Series& series,
                                 const TimeRange& range) const {
  std::vector<Record> found;
  for (const auto& [ts, kept] : series) {
    if (takes(range, ts) && is_live(kept)) found.emplace_back(key, ts, kept.value, kept.expires_at);
  }
  return found;
}

std::vector<Record> Oracle::latest(std::string_view key, std::size_t count, Timestamp as_of) const {
  const auto series = series_.find(key);
  if (series == series_.end()) return {};
  std::vector<Record> found = live(series->first, series->second, {});
  std::erase_if(found, [&](const Record& record) { return record.ts() > as_of; });
  std::ranges::reverse(found);
  if (found.size() > count) {
    found.erase(found.begin() + static_cast<std::ptrdiff_t>(count), found.end());
  }
  return found;
}

bool Oracle::means(const Question& question, const std::string& key) const {
  if (!question.means_key(key)) return false;
  if (question.labels.empty()) return true;
  const Labels said = labels(key);
  return std::ranges::all_of(question.labels, [&](const Question::LabelTest& test) {
    return test.means(said.value_of(test.name));
  });
}

std::vector<Record> Oracle::records(const Question& question) const {
  const Query& query = question.query;
  std::vector<Record> found;
  for (const auto& [key, series] : series_) {
    if (!means(question, key)) continue;
    std::vector<Record> of_series = live(key, series, query.range());
    if (query.is_newest_first()) std::ranges::reverse(of_series);
    for (std::size_t i = 0; i < of_series.size() && i < query.per_series(); ++i) {
      if (found.size() == query.limit()) return found;
      found.push_back(std::move(of_series[i]));
    }
  }
  return found;
}

std::vector<std::string> Oracle::series(const Question& question) const {
  std::vector<std::string> found;
  if (question.query.per_series() == 0) return found;
  for (const auto& [key, series] : series_) {
    if (found.size() == question.query.limit()) break;
    if (!means(question, key)) continue;
    if (!live(key, series, question.query.range()).empty()) found.push_back(key);
  }
  return found;
}

std::vector<DescribedSeries> Oracle::described(const Question& question) const {
  std::vector<DescribedSeries> found;
  for (const std::string& key : series(question)) found.push_back({key, labels(key)});
  return found;
}

Labels Oracle::labels(std::string_view key) const {
  const auto found = labels_.find(key);
  return found == labels_.end() ? Labels() : found->second;
}

std::vector<std::string> Oracle::label_names(const Question& question) const {
  std::set<std::string> names;
  for (const auto& [key, labels] : labels_) {
    if (!means(question, key)) continue;
    for (const Label& label : labels) names.insert(label.name());
  }
  return up_to(question.query.limit(), names);
}

std::vector<std::string> Oracle::label_values(std::string_view name,
                                              const Question& question) const {
  std::set<std::string> values;
  for (const auto& [key, labels] : labels_) {
    const std::string value(labels.value_of(name));
    if (!value.empty() && means(question, key)) values.insert(value);
  }
  return up_to(question.query.limit(), values);
}

std::vector<std::string> Oracle::keys() const {
  std::set<std::string> keys;
  for (const auto& [key, series] : series_) keys.insert(key);
  for (const auto& [key, labels] : labels_) keys.insert(key);
  return {keys.begin(), keys.end()};
}

std::size_t Oracle::size() const {
  std::size_t size = 0;
  for (const auto& [key, series] : series_) size += series.size();
  return size;
}

Record Oracle::nth(std::size_t n) const {
  for (const auto& [key, series] : series_) {
    if (n >= series.size()) {
      n -= series.size();
      continue;
    }
    const auto found = std::next(series.begin(), static_cast<std::ptrdiff_t>(n));
    return {key, found->first, found->second.value, found->second.expires_at};
  }
  throw std::logic_error("a record that the oracle does not have");
}

bool Oracle::keeps_any(std::string_view key) const {
  const auto found = series_.find(key);
  return found != series_.end() && !found->second.empty();
}

std::optional<Timestamp> Oracle::next_expiry() const {
  std::optional<Timestamp> next;
  for (const auto& [key, series] : series_) {
    for (const auto& [ts, kept] : series) {
      if (!is_live(kept) || kept.expires_at == never) continue;
      next = std::min(next.value_or(never), kept.expires_at);
    }
  }
  return next;
}

}  // namespace varve::test
