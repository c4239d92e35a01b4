#include "varve/query.hpp"

#include "engine/record/key.hpp"

namespace varve {

Query Query::prefix(std::string_view prefix) {
  Query query;
  query.end_key_ = engine::prefix_end(prefix);
  query.first_key_ = prefix;
  return query;
}

Query Query::key(std::string_view key) {
  Query query;
  query.end_key_ = std::string(key) + '\0';  // The least key above it.
  query.first_key_ = key;
  return query;
}

Query Query::keys(std::optional<std::string> first, std::optional<std::string> end) {
  Query query;
  query.first_key_ = std::move(first).value_or(std::string());
  query.end_key_ = std::move(end);
  return query;
}

Query Query::all() { return Query(); }

Query& Query::between(std::optional<TimePoint> from, std::optional<TimePoint> to) {
  return between(TimeRange(from, to));
}

Query& Query::between(TimeRange range) {
  range_ = range;
  return *this;
}

Query& Query::with(Matcher matcher) {
  matchers_.push_back(std::move(matcher));
  return *this;
}

Query& Query::limit(std::size_t records) {
  limit_ = records;
  return *this;
}

Query& Query::per_series(std::size_t records) {
  per_series_ = records;
  return *this;
}

Query& Query::newest_first() {
  newest_first_ = true;
  return *this;
}

Query& Query::without_records() {
  without_records_ = true;
  return *this;
}

}  // namespace varve
