#include "tests/model/model.hpp"

#include <algorithm>
#include <limits>
#include <regex>
#include <set>

#include "engine/record/expiry.hpp"

namespace varve::test {

namespace {

Timestamp after(Timestamp ts, Duration ttl) {
  Timestamp sum = 0;
  return __builtin_add_overflow(ts, ttl.count(), &sum) ? never : sum;
}

std::vector<std::string> first_of(const std::set<std::string>& all, std::size_t limit) {
  std::vector<std::string> first(all.begin(), all.end());
  if (first.size() > limit) first.resize(limit);
  return first;
}

}  // namespace

bool KeySet::contains(std::string_view key) const {
  switch (kind) {
    case Kind::all: return true;
    case Kind::one: return key == first;
    case Kind::prefix: return key.starts_with(first);
    case Kind::range: return key >= first && (!end || key < *end);
  }
  return false;
}

bool contains(const TimeRange& range, Timestamp ts) {
  return (!range.from() || *range.from() <= ts) && (!range.to() || ts < *range.to());
}

bool valid(const TimeRange& range) {
  return !range.from() || !range.to() || *range.from() <= *range.to();
}

Timestamp expiry_of(const Change& put, std::optional<Duration> default_ttl) {
  if (put.ttl) return after(put.ts, *put.ttl);
  if (put.expires_at == never && default_ttl) return after(put.ts, *default_ttl);
  return put.expires_at;
}

Query Selection::query() const {
  Query query = keys.kind == KeySet::Kind::all      ? Query::all()
                : keys.kind == KeySet::Kind::one    ? Query::key(keys.first)
                : keys.kind == KeySet::Kind::prefix ? Query::prefix(keys.first)
                                                    : Query::keys(keys.first, keys.end);
  query.between(times).limit(limit).per_series(per_series);
  for (const Matcher& matcher : matchers) query.with(matcher);
  if (newest_first) query.newest_first();
  return query;
}

bool accepts(const Matcher& matcher, std::string_view value) {
  using Kind = Matcher::Kind;
  const auto& operands = matcher.operands();
  switch (matcher.kind()) {
    case Kind::equals: return operands.front() == value;
    case Kind::not_equals: return operands.front() != value;
    case Kind::starts_with: return value.substr(0, operands.front().size()) == operands.front();
    case Kind::one_of: return std::ranges::count(operands, value) != 0;
    case Kind::matches:
    case Kind::not_matches: break;
  }
  const bool matches = std::regex_match(std::string(value), std::regex(operands.front()));
  return matches == (matcher.kind() == Kind::matches);
}

void Model::look_at_clock(Timestamp wall) { set_now(engine::next_now(now_, wall)); }

void Model::restart_clock(Timestamp wall) { set_now(wall); }

void Model::set_now(Timestamp now) {
  now_ = now;
  for (auto& [key, records] : series_) {
    for (auto& [ts, stored] : records) stored.was_expired |= !is_live(stored);
  }
}

void Model::apply(const Changes& changes) {
  for (const Change& change : changes.list) apply(change, changes.default_ttl);
}

void Model::apply(const Change& change, std::optional<Duration> default_ttl) {
  switch (change.kind) {
    case Change::Kind::put: {
      Stored stored{change.value, expiry_of(change, default_ttl), false};
      stored.was_expired = !is_live(stored);
      series_[change.key].insert_or_assign(change.ts, std::move(stored));
      return;
    }
    case Change::Kind::erase: return erase(change.key, change.ts);
    case Change::Kind::erase_range:
      for (auto& [key, records] : series_) {
        if (!change.keys.contains(key)) continue;
        std::erase_if(records,
                      [&](const auto& record) { return contains(change.times, record.first); });
      }
      return;
    case Change::Kind::describe:
      if (change.labels.empty()) {
        labels_.erase(change.key);
      } else {
        labels_[change.key] = change.labels;
      }
      return;
    case Change::Kind::note:
      if (change.bytes) {
        notes_[change.key] = *change.bytes;
      } else {
        notes_.erase(change.key);
      }
      return;
  }
}

void Model::erase(std::string_view key, Timestamp ts) {
  if (const auto found = series_.find(key); found != series_.end()) found->second.erase(ts);
}

std::optional<Record> Model::get(std::string_view key, Timestamp ts) const {
  const auto records = series_.find(key);
  if (records == series_.end()) return std::nullopt;
  const auto found = records->second.find(ts);
  if (found == records->second.end() || !is_live(found->second)) return std::nullopt;
  return Record(std::string(key), ts, found->second.value, found->second.expires_at);
}

std::vector<Record> Model::latest_n(std::string_view key, std::size_t count) const {
  return query(
      {.keys = KeySet::one(std::string(key)), .times = {}, .limit = count, .newest_first = true});
}

std::vector<Record> Model::query(const Selection& selection) const {
  std::vector<Record> found;
  for (const auto& [key, records] : series_) {
    if (!is_chosen(key, selection)) continue;
    std::size_t of_series = 0;
    const auto offer = [&](const std::pair<const Timestamp, Stored>& record) {
      const auto& [ts, stored] = record;
      if (!is_live(stored) || !contains(selection.times, ts)) return;
      if (of_series == selection.per_series || found.size() == selection.limit) return;
      found.emplace_back(key, ts, stored.value, stored.expires_at);
      ++of_series;
    };
    if (selection.newest_first) {
      for (auto record = records.rbegin(); record != records.rend(); ++record) offer(*record);
    } else {
      for (const auto& record : records) offer(record);
    }
  }
  return found;
}

std::vector<std::string> Model::series_list(const Selection& selection) const {
  std::vector<std::string> keys;
  if (selection.per_series == 0) return keys;
  for (const auto& [key, records] : series_) {
    if (keys.size() == selection.limit) break;
    if (!is_chosen(key, selection)) continue;
    for (const auto& [ts, stored] : records) {
      if (!is_live(stored) || !contains(selection.times, ts)) continue;
      keys.push_back(key);
      break;
    }
  }
  return keys;
}

std::vector<DescribedSeries> Model::described_series(const Selection& selection) const {
  std::vector<DescribedSeries> described;
  for (std::string& key : series_list(selection)) {
    Labels said = labels(key);
    described.push_back({std::move(key), std::move(said)});
  }
  return described;
}

bool Model::is_chosen(const std::string& key, const Selection& selection) const {
  if (!selection.keys.contains(key)) return false;
  return std::ranges::all_of(selection.matchers, [&](const Matcher& matcher) {
    return accepts(matcher, labels(key).value_of(matcher.name()));
  });
}

Labels Model::labels(std::string_view key) const {
  const auto found = labels_.find(key);
  return found == labels_.end() ? Labels() : found->second;
}

std::vector<std::string> Model::label_names(const Selection& selection) const {
  std::set<std::string> names;
  for (const auto& [key, labels] : labels_) {
    if (!is_chosen(key, selection)) continue;
    for (const Label& label : labels) names.insert(label.name());
  }
  return first_of(names, selection.limit);
}

std::vector<std::string> Model::label_values(std::string_view name,
                                             const Selection& selection) const {
  std::set<std::string> values;
  for (const auto& [key, labels] : labels_) {
    const std::string_view value = labels.value_of(name);
    if (!value.empty() && is_chosen(key, selection)) values.emplace(value);
  }
  return first_of(values, selection.limit);
}

std::vector<Note> Model::notes(std::string_view prefix) const {
  std::vector<Note> found;
  for (const auto& [name, bytes] : notes_) {
    if (name.starts_with(prefix)) found.push_back({name, bytes});
  }
  return found;
}

std::optional<Timestamp> Model::next_expiry() const {
  std::optional<Timestamp> next;
  for (const auto& [key, records] : series_) {
    for (const auto& [ts, stored] : records) {
      if (is_live(stored) && stored.expires_at != never) {
        next = std::min(next.value_or(never), stored.expires_at);
      }
    }
  }
  return next;
}

std::vector<Record> Model::doubtful() const {
  std::vector<Record> found;
  for (const auto& [key, records] : series_) {
    for (const auto& [ts, stored] : records) {
      if (stored.was_expired && is_live(stored)) {
        found.emplace_back(key, ts, stored.value, stored.expires_at);
      }
    }
  }
  return found;
}

void Model::settle_doubts() {
  for (auto& [key, records] : series_) {
    for (auto& [ts, stored] : records) stored.was_expired = !is_live(stored);
  }
}

}  // namespace varve::test
