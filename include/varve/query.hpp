#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/labels.hpp"
#include "varve/snapshot.hpp"
#include "varve/time.hpp"

namespace varve {

/// Which records a read is about: a range of keys, a range of time, labels, and how many.
///
///     engine.query(Query::prefix("plant/press1/").between(from, to).limit(1000))
///     engine.query(Query::all().with(Matcher::equals("room", "hall 2")))
///
/// Key ranges are [first, end), time ranges [from, to), and either side may be open. Answers are
/// ordered by key bytes ascending, then by ts ascending, or descending with newest_first().
class Query {
 public:
  static Query prefix(std::string prefix);  ///< Every key that begins so; "" is all().
  static Query key(std::string key);        ///< One series.
  /// Keys in [first, end). No `first` or no `end`: open on that side.
  static Query keys(std::optional<std::string> first, std::optional<std::string> end);
  static Query all();

  /// Records with a ts in [from, to). No `from` or no `to`: open on that side.
  Query& between(std::optional<Timestamp> from, std::optional<Timestamp> to);
  Query& between(TimeRange range);
  /// Of series whose labels match, as they are in what the read stands on. Several: that match all.
  Query& with(Matcher matcher);
  Query& limit(std::size_t records);       ///< At most so many in all.
  Query& per_series(std::size_t records);  ///< At most so many of each series.
  Query& newest_first();                   ///< Within each series. Keys stay ascending.

  /// The first key, and the end; an empty optional is an open end.
  const std::string& first_key() const { return first_key_; }
  const std::optional<std::string>& end_key() const { return end_key_; }
  const TimeRange& range() const { return range_; }
  const std::vector<Matcher>& matchers() const { return matchers_; }
  std::size_t limit() const { return limit_; }
  std::size_t per_series() const { return per_series_; }
  bool is_newest_first() const { return newest_first_; }

  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

 private:
  Query() = default;

  std::string first_key_;
  std::optional<std::string> end_key_;
  TimeRange range_;
  std::vector<Matcher> matchers_;
  std::size_t limit_ = unlimited;
  std::size_t per_series_ = unlimited;
  bool newest_first_ = false;
};

/// How a read goes about it. Taken by every read.
class ReadOptions {
 public:
  ReadOptions() = default;

  /// Answer from this snapshot instead of from now.
  ReadOptions& snapshot(Snapshot snapshot) {
    snapshot_ = std::move(snapshot);
    return *this;
  }
  /// Whether blocks read from disk stay in the cache. Off for a large scan that runs once.
  ReadOptions& fill_cache(bool fill) {
    fill_cache_ = fill;
    return *this;
  }
  /// Pass over what is damaged instead of failing with Errc::corruption. The answer may then
  /// miss records, and show older ones that the damaged ones had replaced.
  ReadOptions& skip_damaged(bool skip) {
    skip_damaged_ = skip;
    return *this;
  }

  /// Read with so many threads, which the read starts and ends. Pays for scans, counts and
  /// aggregates of many series; what they give and its order stay the same. Each thread reads up to
  /// 2 MiB ahead. A threadless engine reads on the calling thread all the same.
  ReadOptions& threads(std::size_t count) {
    threads_ = count;
    return *this;
  }

  const std::optional<Snapshot>& snapshot() const { return snapshot_; }
  bool fill_cache() const { return fill_cache_; }
  bool skip_damaged() const { return skip_damaged_; }
  std::size_t threads() const { return threads_; }

 private:
  std::optional<Snapshot> snapshot_;
  std::size_t threads_ = 1;
  bool fill_cache_ = true;
  bool skip_damaged_ = false;
};

}  // namespace varve
