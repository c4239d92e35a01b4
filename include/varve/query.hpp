#pragma once

#include "varve/detail/requirements.hpp"

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
/// ordered by key bytes ascending, then by ts ascending, or descending with newest_first(). Keys
/// are compared as unsigned bytes, shorter first.
///
/// A Query is a value: it holds no part of an engine, and can be kept, copied and asked again. It
/// is checked when it is asked: a range that ends before it begins (TimeRange has the rule), and a
/// key that is too long to be one, are invalid_argument.
class Query {
 public:
  // Which keys. Begin with one of these. The bytes are copied.

  /// Every key that begins with `prefix`; "" is all().
  static Query prefix(std::string_view prefix);
  /// One series.
  static Query key(std::string_view key);
  /// Keys in [first, end). No `first` or no `end`: open on that side.
  static Query keys(std::optional<std::string> first, std::optional<std::string> end);
  /// Every key.
  static Query all();

  // What else. Each changes the query and returns it, so they chain.

  /// Keeps only records with a ts in [from, to). No `from` or no `to`: open on that side. Called
  /// again, it replaces the range.
  Query& between(std::optional<TimePoint> from, std::optional<TimePoint> to);
  Query& between(TimeRange range);
  /// Keeps only series whose labels match, judged at the read's snapshot. Call it again to require
  /// several matchers at once.
  Query& with(Matcher matcher);
  /// At most so many records in all; series_list() and described_series() count keys instead,
  /// label_names() names and label_values() values.
  Query& limit(std::size_t records);
  /// At most so many records of each series: the oldest, or the newest with newest_first().
  Query& per_series(std::size_t records);
  /// Gives each series from its newest record to its oldest. Keys stay ascending.
  Query& newest_first();
  /// Has series_list() and described_series() give the series that have labels and no live record
  /// in the query, in place of those that have one: what has fallen silent since a moment, or is
  /// gone and leaves its labels behind. Any other read fails with invalid_argument.
  Query& without_records();

  // What it says, for the engine and for programs that show it.

  /// The first key, and the end; an empty optional is an open end.
  const std::string& first_key() const { return first_key_; }
  const std::optional<std::string>& end_key() const { return end_key_; }
  const TimeRange& range() const { return range_; }
  const std::vector<Matcher>& matchers() const { return matchers_; }
  std::size_t limit() const { return limit_; }
  std::size_t per_series() const { return per_series_; }
  bool is_newest_first() const { return newest_first_; }
  bool is_without_records() const { return without_records_; }

  /// What limit() and per_series() are unless they are called.
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
  bool without_records_ = false;
};

/// How a read goes about it. Every read takes one, and it changes no answer but through snapshot(),
/// as_of() and skip_damaged().
class ReadOptions {
 public:
  ReadOptions() = default;

  /// Answers from this snapshot instead of from the present. One of another engine makes the read
  /// fail with invalid_argument.
  ReadOptions& snapshot(Snapshot snapshot) {
    snapshot_ = std::move(snapshot);
    return *this;
  }
  /// Has latest() and latest_n() pass over records with a ts after `ts`, so that they answer what a
  /// series was at that moment. What has been deleted or has expired since is not shown: that takes
  /// a snapshot. Any other read fails with invalid_argument; Query::between() says it there.
  ReadOptions& as_of(TimePoint ts) {
    as_of_ = ts;
    return *this;
  }
  /// Says whether blocks read from disk stay in the cache (the default). Off suits a large scan
  /// that runs once, and leaves the cache to the reads that need it again.
  ReadOptions& fill_cache(bool fill) {
    fill_cache_ = fill;
    return *this;
  }
  /// Passes over what is damaged, or the device cannot read, instead of failing with
  /// Errc::corruption or std::errc::io_error (the default). The answer may then miss records, and
  /// show older ones that the damaged ones had replaced or deleted; Stats::damage_left_out counts
  /// how often. To rescue what is left.
  ReadOptions& skip_damaged(bool skip) {
    skip_damaged_ = skip;
    return *this;
  }
  /// Reads with so many threads (1 unless set, 64 at most), which the read starts and ends. Larger
  /// values pay for scans, queries, counts and aggregates of many series, up to the number of
  /// cores; what they give and its order stay the same. Each thread reads up to 2 MiB ahead. A
  /// threadless engine reads on the calling thread all the same.
  ReadOptions& threads(std::size_t count) {
    threads_ = count;
    return *this;
  }

  const std::optional<Snapshot>& snapshot() const { return snapshot_; }
  const std::optional<Timestamp>& as_of() const { return as_of_; }
  bool fill_cache() const { return fill_cache_; }
  bool skip_damaged() const { return skip_damaged_; }
  std::size_t threads() const { return threads_; }

 private:
  std::optional<Snapshot> snapshot_;
  std::optional<Timestamp> as_of_;
  std::size_t threads_ = 1;
  bool fill_cache_ = true;
  bool skip_damaged_ = false;
};

}  // namespace varve
