#include "tools/varve/answers/calendar_query.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// From the first moment to behind the last one.
struct Extent {
  Timestamp from = 0;
  Timestamp to = 0;
};

/// The time of the one record of each series that the query gives; nothing where there is none.
Outcome<std::vector<Timestamp>> times_of(Engine& engine, const Query& query,
                                         const ReadOptions& options) {
  std::vector<Timestamp> times;
  VARVE_TRY(Scan scan, engine.scan(query, options));
  while (true) {
    VARVE_TRY(const std::optional<Block> block, scan.next_block());
    if (!block) return times;
    for (const Timestamp ts : block->timestamps()) times.push_back(ts);
  }
}

/// The query's range, and where a side of it is open the first or last record. Nothing where there
/// is no record.
Outcome<std::optional<Extent>> extent_of(Engine& engine, const Query& query,
                                         const ReadOptions& options) {
  Extent extent;
  if (query.range().from()) {
    extent.from = *query.range().from();
  } else {
    VARVE_TRY(const auto first, times_of(engine, Query(query).per_series(1), options));
    if (first.empty()) return std::nullopt;
    extent.from = std::ranges::min(first);
  }
  if (query.range().to()) {
    extent.to = *query.range().to();
  } else {
    VARVE_TRY(const auto last,
              times_of(engine, Query(query).newest_first().per_series(1), options));
    if (last.empty()) return std::nullopt;
    extent.to = saturating_add(std::ranges::max(last), 1);
  }
  return extent;
}

/// Buckets of one width that follow each other: the edges from `begin` to `end`, that included.
struct Run {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<Run> runs_of(const std::vector<Timestamp>& edges) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    const std::int64_t width = edges[i + 1] - edges[i];
    if (!runs.empty() && edges[runs.back().begin + 1] - edges[runs.back().begin] == width) {
      runs.back().end = i + 1;
    } else {
      runs.push_back({i, i + 1});
    }
  }
  return runs;
}

/// So that a bucket begins at `edge`.
Aggregation with_buckets(const Aggregation& aggregation, Timestamp edge, std::int64_t width) {
  const std::int64_t remainder = edge % width;
  return aggregation.every(Duration(width)).offset(Duration(remainder));
}

bool counts_steps(const Aggregation& aggregation) {
  return aggregation.function() == Aggregation::Function::increase ||
         aggregation.function() == Aggregation::Function::rate;
}

std::optional<double> number_in(const std::optional<Value>& value) {
  if (value && value->type() == ValueType::double_) return value->as_double();
  if (value && value->type() == ValueType::int64) return static_cast<double>(value->as_int64());
  return {};
}

/// What stands between two answers of one series, at `ts`.
std::optional<Value> filled_value(const Aggregate* before, const Aggregate* after, Timestamp ts,
                                  Fill fill) {
  if (before == nullptr || fill == Fill::null) return {};
  if (fill == Fill::previous) return before->value;
  if (after == nullptr) return {};
  const auto from = number_in(before->value);
  const auto to = number_in(after->value);
  if (!from || !to) return {};
  const double share =
      static_cast<double>(ts - before->ts) / static_cast<double>(after->ts - before->ts);
  return Value(*from + (*to - *from) * share);
}

/// The answers of one series, ascending, with those of its empty buckets between.
void append_filled(std::vector<Aggregate>& out, std::span<const Aggregate> answers,
                   std::span<const Timestamp> starts, Fill fill) {
  const Aggregate* before = nullptr;
  std::size_t next = 0;
  for (const Timestamp start : starts) {
    const bool is_there = next < answers.size() && answers[next].ts == start;
    if (is_there) {
      before = &answers[next++];
      out.push_back(*before);
      continue;
    }
    const Aggregate* const after = next < answers.size() ? &answers[next] : nullptr;
    out.push_back({answers.front().key, filled_value(before, after, start, fill), start});
  }
}

/// Filled from the query's `from` to its `to`; where one is open, from the first or to the last
/// bucket of a series that has a value.
Outcome<std::vector<Aggregate>> filled(const std::vector<Aggregate>& answers,
                                       const std::vector<Timestamp>& edges, const TimeRange& range,
                                       Fill fill) {
  std::vector<Aggregate> out;
  for (auto begin = answers.begin(); begin != answers.end();) {
    const auto end = std::find_if(
        begin, answers.end(), [&](const Aggregate& answer) { return answer.key != begin->key; });
    const auto first = range.from() ? edges.begin() : std::ranges::lower_bound(edges, begin->ts);
    const auto behind =
        range.to() ? std::prev(edges.end()) : std::ranges::upper_bound(edges, std::prev(end)->ts);
    if (out.size() + static_cast<std::size_t>(behind - first) > Aggregation::filled_max) {
      return usage("--fill: over 1,000,000 values, with those that it puts in");
    }
    append_filled(out, {begin, end}, {first, behind}, fill);
    begin = end;
  }
  return out;
}

}  // namespace

Parsed<CalendarStep> parse_calendar_step(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view unit = text.substr(digits);
  CalendarStep step;
  const auto count = parse_count(text.substr(0, digits));
  const bool fits =
      count && *count >= 1 && *count <= static_cast<std::uint64_t>(CalendarStep::count_max);
  if (fits) step.count = static_cast<std::int64_t>(*count);
  if (fits && unit == "d") return step;
  step.unit = CalendarStep::Unit::week;
  if (fits && unit == "w") return step;
  step.unit = CalendarStep::Unit::month;
  if (fits && unit == "mo") return step;
  step.unit = CalendarStep::Unit::year;
  if (fits && unit == "y") return step;
  return problem(quote(text) +
                 " is no step of a calendar, which goes with --time-zone: give 1d, 1w, 1mo or 1y "
                 "(up to 1,000 of them); without --time-zone spans are of UTC");
}

Outcome<std::vector<Aggregate>> aggregate_by_calendar(Engine& engine, const Query& query,
                                                      const Aggregation& aggregation,
                                                      const CalendarBuckets& buckets,
                                                      const ReadOptions& how) {
  VARVE_TRY(Snapshot snapshot, engine.snapshot());
  const ReadOptions options = ReadOptions(how).snapshot(std::move(snapshot));
  VARVE_TRY(const std::optional<Extent> extent, extent_of(engine, query, options));
  if (!extent) return std::vector<Aggregate>();
  const auto edges = calendar_edges(buckets.step, *buckets.zone, extent->from, extent->to,
                                    CalendarBuckets::buckets_max);
  if (!edges) {
    return usage("--every: from " + format_time_short(extent->from) + " to " +
                 format_time_short(extent->to) + " in " + buckets.zone->name() +
                 " are over 100,000 spans, or its table ends before that: give --from and --to");
  }

  std::vector<Aggregate> answers;
  for (const Run& run : runs_of(*edges)) {
    const Timestamp begin = (*edges)[run.begin];
    const Timestamp from = counts_steps(aggregation) ? extent->from : std::max(begin, extent->from);
    const Timestamp to = std::min((*edges)[run.end], extent->to);
    const Aggregation each = with_buckets(aggregation, begin, (*edges)[run.begin + 1] - begin);
    VARVE_TRY(auto some, engine.aggregate(Query(query).between(from, to), each, options));
    for (Aggregate& answer : some) {
      if (answer.ts >= begin) answers.push_back(std::move(answer));
    }
  }
  // Runs ascend in time, and within each the answers of a series do.
  std::ranges::stable_sort(answers, {}, &Aggregate::key);
  if (buckets.fill != Fill::none) {
    VARVE_TRY(answers, filled(answers, *edges, query.range(), buckets.fill));
  }
  if (buckets.newest_first) {
    std::ranges::reverse(answers);
    std::ranges::stable_sort(answers, {}, &Aggregate::key);
  }
  return answers;
}

}  // namespace varve::tools
