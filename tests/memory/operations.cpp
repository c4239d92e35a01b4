#include "tests/memory/operations.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "tests/memory/sample.hpp"

namespace varve::test {

namespace {

using std::chrono::hours;
using std::chrono::microseconds;

using Said = Result<std::string>;

/// Nothing is said; the error is moved on, which takes no memory.
template <class T>
Said silently(Result<T> outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error());
  return std::string();
}

std::string text_of(const Record& record) {
  return record.key() + '@' + std::to_string(record.ts()) + ':' +
         std::to_string(static_cast<int>(record.value().type())) + ' ';
}
std::string text_of(const std::string& text) { return text + ' '; }
std::string text_of(const Label& label) { return label.name() + '=' + label.value() + ' '; }
std::string text_of(const DescribedSeries& series) {
  std::string text = series.key + '{';
  for (const Label& label : series.labels) text += text_of(label);
  return text + "} ";
}
std::string text_of(const Note& note) { return note.name + '=' + note.bytes + ' '; }
std::string text_of(const Aggregate& value) {
  return value.key + '@' + std::to_string(value.ts) + ':' +
         (value.value ? std::to_string(static_cast<int>(value.value->type())) : "-") + ' ';
}

/// What a read of many things gave.
template <class T>
Said list_of(ReadResult<T> outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error());
  std::string text;
  const T things = *std::move(outcome);
  for (const auto& thing : things) text += text_of(thing);
  return text;
}
Said one_of(Result<std::optional<Record>> outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error());
  return *outcome ? text_of(**outcome) : std::string("none");
}
Said number_of(Result<std::uint64_t> outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error());
  return std::to_string(*outcome);
}

void ask_for_labels(Engine& engine) { engine.label_names().value(); }

void fill_memtable(Engine& engine) {
  for (int i = 0; i < 5; ++i) {
    WriteBatch batch;
    batch.put("large", read_at + i, std::string(10'000, 'x'));
    engine.write(std::move(batch)).value();
  }
}

void nearly_fill_memtable(Engine& engine) {
  engine.flush().value();
  WriteBatch batch;
  batch.put("plant/a", read_at, 1.0);
  batch.put("large", read_at, std::string(58'000, 'x'));
  engine.write(std::move(batch)).value();
}

void describe_twice(Engine& engine) {
  engine.describe("new/0", {{"room", "attic"}}).value();
  ask_for_labels(engine);
}

void write_notes(Engine& engine) {
  WriteBatch batch;
  batch.note("gateway/a", std::string(300, 'x')).note("gateway/b", "y");
  engine.write(std::move(batch)).value();
}

WriteBatch fifty_series() {
  WriteBatch batch;
  for (int i = 0; i < 50; ++i) batch.put("new/" + std::to_string(i), read_at + i, 0.5 * i);
  return batch;
}

Said walk(Engine& engine, const Query& query, const ReadOptions& options = {}) {
  auto scan = engine.scan(query, options);
  if (!scan) return std::unexpected(std::move(scan).error());
  Scan walked = *std::move(scan);
  std::string text;
  for (const RecordView& record : walked) {
    text += record.key();
    text += '@' + std::to_string(record.ts()) + ' ';
  }
  if (!walked.status()) return std::unexpected(walked.status().error());
  return text;
}

Said step_to_the_end(Engine& engine) {
  for (int i = 0; i < 50; ++i) {
    auto stepped = engine.step();
    if (!stepped) return silently(std::move(stepped));
    if (!*stepped) break;
  }
  return std::string();
}

constexpr std::array writing{
    Operation{.name = "write_of_many_new_series",
              .run = [](Engine& engine) { return silently(engine.write(fifty_series())); }},
    Operation{.name = "write_of_another_type_and_of_a_large_value",
              .run =
                  [](Engine& engine) {
                    WriteBatch batch;
                    batch.put("plant/a", read_at, 7);
                    batch.put("plant/b", read_at, std::string(20'000, 'x'));
                    return silently(engine.write(std::move(batch)));
                  }},
    Operation{.name = "write_of_notes",
              .run =
                  [](Engine& engine) {
                    WriteBatch batch;
                    batch.note("gateway/a", std::string(300, 'x')).remove_note("gateway/b");
                    return silently(engine.write(std::move(batch)));
                  }},
    // The memtable has room for the batch, and not for what its rows take: so some of these find no
    // memory when others are there, and the group in the log.
    Operation{.name = "write_that_outgrows_its_memtable",
              .run =
                  [](Engine& engine) {
                    WriteBatch batch;
                    for (int i = 1; i <= 450; ++i) batch.put("plant/a", read_at + i, 0.5 * i);
                    return silently(engine.write(std::move(batch)));
                  },
              .prepare = nearly_fill_memtable},
    Operation{.name = "write_of_late_records_and_deletes",
              .run =
                  [](Engine& engine) {
                    WriteBatch batch;
                    for (int i = 0; i < 20; ++i) {
                      batch.put("plant/a", written_at - i, 1.5, hours(9));
                    }
                    batch.erase("plant/b", written_at + 30);
                    batch.erase_range("hall/c", "hall/d", {written_at, written_at + 20});
                    batch.erase_prefix("no");
                    return silently(engine.write(std::move(batch)));
                  }},
    Operation{.name = "write_that_needs_another_memtable",
              .run =
                  [](Engine& engine) {
                    WriteBatch batch;
                    batch.put("large", read_at + 9, std::string(20'000, 'x'));
                    return silently(engine.write(std::move(batch)));
                  },
              .prepare = fill_memtable},
    Operation{.name = "write_inline",
              .run = [](Engine& engine) { return silently(engine.write_inline(fifty_series())); }},
    Operation{.name = "try_write",
              .run = [](Engine& engine) { return silently(engine.try_write(fifty_series())); }},
    Operation{.name = "write_many",
              .run =
                  [](Engine& engine) {
                    std::vector<WriteBatch> batches(3);
                    for (int i = 0; i < 3; ++i) {
                      batches[static_cast<std::size_t>(i)].put("new/0", read_at + i, i);
                    }
                    return silently(engine.write_many(std::move(batches)));
                  },
              .is_in_parts = true},
    Operation{.name = "append_by_handle",
              .run =
                  [](Engine& engine) {
                    auto series = engine.series("plant/a");
                    if (!series) return silently(std::move(series));
                    return silently(engine.append(*series, read_at, 2.5));
                  }},
    Operation{.name = "patch",
              .run =
                  [](Engine& engine) {
                    return silently(engine.patch("plant/a", written_at + 50, Value(5.5)));
                  }},
    Operation{
        .name = "describe",
        .run =
            [](Engine& engine) { return silently(engine.describe("new/0", {{"room", "tower"}})); },
        .prepare = ask_for_labels},
    Operation{.name = "describe_anew",
              .run = [](Engine& engine) { return silently(engine.describe("new/0", {})); },
              .prepare = describe_twice},
    Operation{.name = "downsample",
              .run =
                  [](Engine& engine) {
                    return number_of(engine.downsample(Query::prefix("plant/"), microseconds(20),
                                                       {Aggregation::mean}, "to/"));
                  },
              .is_in_parts = true},
};

constexpr std::array others{
    Operation{.name = "write_to_be_durable",
              .run =
                  [](Engine& engine) {
                    return silently(engine.write(fifty_series(),
                                                 WriteOptions().durability(Durability::always())));
                  }},
    Operation{.name = "flush", .run = [](Engine& engine) { return silently(engine.flush()); }},
    Operation{.name = "compact", .run = [](Engine& engine) { return silently(engine.compact()); }},
    Operation{
        .name = "collect_garbage",
        .run = [](Engine& engine) { return silently(engine.collect_garbage(ClockTrust::vouched)); },
        .is_in_parts = true},
    Operation{.name = "sync", .run = [](Engine& engine) { return silently(engine.sync()); }},
    Operation{.name = "checkpoint",
              .run = [](Engine& engine) { return silently(engine.checkpoint()); }},
    Operation{.name = "steps", .run = step_to_the_end, .is_in_parts = true},
    Operation{.name = "get",
              .run = [](Engine& engine) { return one_of(engine.get("plant/a", written_at + 50)); }},
    Operation{.name = "latest",
              .run = [](Engine& engine) { return one_of(engine.latest("hall/c")); }},
    Operation{.name = "latest_n",
              .run = [](Engine& engine) { return list_of(engine.latest_n("plant/b", 5)); }},
    Operation{.name = "query",
              .run = [](Engine& engine) { return list_of(engine.query(Query::all())); }},
    Operation{.name = "query_newest_first",
              .run =
                  [](Engine& engine) {
                    return list_of(
                        engine.query(Query::prefix("plant/").newest_first().per_series(7)));
                  }},
    Operation{.name = "scan", .run = [](Engine& engine) { return walk(engine, Query::all()); }},
    Operation{.name = "scan_of_a_snapshot",
              .run =
                  [](Engine& engine) {
                    auto snapshot = engine.snapshot();
                    if (!snapshot) return silently(std::move(snapshot));
                    return walk(engine, Query::key("plant/a"),
                                ReadOptions().snapshot(*std::move(snapshot)));
                  }},
    Operation{.name = "count",
              .run = [](Engine& engine) { return number_of(engine.count(Query::all())); }},
    Operation{.name = "aggregate",
              .run =
                  [](Engine& engine) {
                    return list_of(engine.aggregate(Query::prefix("plant/"),
                                                    Aggregation::mean.every(microseconds(20))));
                  }},
    Operation{.name = "aggregate_by_prefix",
              .run =
                  [](Engine& engine) {
                    return list_of(engine.aggregate(Query::prefix("plant/"),
                                                    Aggregation::quantile(0.9).group_by_prefix(1)));
                  }},
    Operation{.name = "aggregate_by_label",
              .run =
                  [](Engine& engine) {
                    return list_of(
                        engine.aggregate(Query::all(), Aggregation::count.group_by_label("room")));
                  }},
    Operation{.name = "series_list",
              .run =
                  [](Engine& engine) {
                    return list_of(
                        engine.series_list(Query::all().with(Matcher::equals("room", "hall"))));
                  }},
    Operation{.name = "described_series",
              .run = [](Engine& engine) { return list_of(engine.described_series()); }},
    Operation{.name = "labels",
              .run = [](Engine& engine) { return list_of(engine.labels("plant/a")); }},
    Operation{.name = "label_names",
              .run = [](Engine& engine) { return list_of(engine.label_names()); }},
    Operation{.name = "label_values",
              .run = [](Engine& engine) { return list_of(engine.label_values("room")); }},
    Operation{.name = "notes",
              .run = [](Engine& engine) { return list_of(engine.notes()); },
              .prepare = write_notes},
    Operation{.name = "stats_and_metrics",
              .run =
                  [](Engine& engine) {
                    const Stats stats = engine.stats();
                    const std::string text = engine.metrics_text();
                    return Said(std::to_string(stats.tables) + (text.empty() ? " mute" : ""));
                  }},
};

}  // namespace

std::span<const Operation> writing_operations() { return writing; }
std::span<const Operation> other_operations() { return others; }

}  // namespace varve::test
