#pragma once

#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "varve/varve.hpp"

// Every call of an engine, for tests of engines that answer none.

namespace varve::test {

inline WriteBatch one_record() {
  WriteBatch batch;
  batch.put("k", 1, 1.0);
  return batch;
}

/// Each blocking call by its name, and with what code it fails.
inline std::vector<std::pair<std::string, std::error_code>> blocking_calls(Engine& engine,
                                                                           const Series& series) {
  std::vector<std::pair<std::string, std::error_code>> outcomes;
  const auto call = [&](const char* name, const auto& outcome) {
    outcomes.emplace_back(name, outcome ? std::error_code() : outcome.error().code);
  };
  const std::vector<Record> records = {Record("k", 1, 1.0)};
  const std::vector<Point> points = {{series, 1, Value(1.0)}};
  const std::vector<std::pair<std::string, Timestamp>> names = {{"k", 1}};
  call("write records", engine.write(records));
  call("write moved records", engine.write(std::vector<Record>(records)));
  call("write", engine.write(one_record()));
  call("write nothing", engine.write(WriteBatch()));
  call("write_many", engine.write_many({}));
  call("write_inline", engine.write_inline(one_record()));
  call("try_write", engine.try_write(one_record()));
  call("series", engine.series("k"));
  call("append", engine.append(series, 1, 1.0));
  call("append points", engine.append(points));
  call("erase", engine.erase("k", 1));
  call("erase_batch", engine.erase_batch(names));
  call("erase_range", engine.erase_range("a", "b"));
  call("erase_prefix", engine.erase_prefix("k"));
  call("patch", engine.patch("k", 1, Value(2.0)));
  call("describe", engine.describe("k", Labels{{"a", "b"}}));
  call("labels", engine.labels("k"));
  call("label_names", engine.label_names());
  call("label_values", engine.label_values("a"));
  call("notes", engine.notes());
  call("get", engine.get("k", 1));
  call("latest", engine.latest("k"));
  call("latest_n", engine.latest_n("k", 1));
  call("query", engine.query(Query::all()));
  call("scan", engine.scan(Query::all()));
  call("aggregate", engine.aggregate(Query::all(), Aggregation::count));
  call("series_list", engine.series_list(Query::all()));
  call("described_series", engine.described_series());
  call("count", engine.count(Query::all()));
  call("downsample",
       engine.downsample(Query::prefix("k"), std::chrono::seconds(1), {Aggregation::mean}, "to/"));
  call("snapshot", engine.snapshot());
  call("flush", engine.flush());
  call("compact", engine.compact());
  call("collect_garbage", engine.collect_garbage());
  call("sync", engine.sync());
  call("checkpoint", engine.checkpoint());
  call("start_maintenance", engine.start_maintenance());
  call("step", engine.step());
  return outcomes;
}

/// Each asynchronous call by its name, with the handler that `handler` makes for it.
void asynchronous_calls(Engine& engine, const Series& series, const auto& handler) {
  const std::vector<Point> points = {{series, 1, Value(1.0)}};
  engine.async_write(one_record(), handler("async_write"));
  engine.async_write(one_record(), WriteOptions(), handler("async_write with options"));
  engine.async_append(points, {}, handler("async_append"));
  engine.async_patch("k", 1, Value(2.0), {}, handler("async_patch"));
  engine.async_describe("k", Labels{{"a", "b"}}, {}, handler("async_describe"));
  engine.async_labels("k", {}, handler("async_labels"));
  engine.async_series_list(Query::all(), {}, handler("async_series_list"));
  engine.async_get("k", 1, {}, handler("async_get"));
  engine.async_latest("k", {}, handler("async_latest"));
  engine.async_query(Query::all(), {}, handler("async_query"));
  engine.async_aggregate(Query::all(), Aggregation::count, {}, handler("async_aggregate"));
  engine.async_downsample(Query::prefix("k"), std::chrono::seconds(1), {Aggregation::mean}, "to/",
                          {}, handler("async_downsample"));
  engine.async_flush(handler("async_flush"));
  engine.async_sync(handler("async_sync"));
}
inline constexpr int asynchronous_count = 14;

}  // namespace varve::test
