#include "tests/model/comparison.hpp"

#include <algorithm>

#include "tests/model/text.hpp"
#include "tests/support/plain_aggregates.hpp"

namespace varve::test {

namespace {

void require_equal(const std::vector<Record>& given, const std::vector<Record>& expected,
                   const std::string& what) {
  const std::string difference = first_difference(given, expected);
  require(difference.empty(), what + ": " + difference);
}

void compare_get(Engine& engine, const ReadOptions& options, const Model& model,
                 const std::string& key, Timestamp ts) {
  const auto found = require(engine.get(key, ts, options), "get");
  const auto expected = model.get(key, ts);
  if (found == expected) return;
  throw Mismatch("get of " + text_of(std::string_view(key)) + " at " + text_of_ts(ts) + " gives " +
                 text_of(found) + ", the model " + text_of(expected));
}

void compare_latest(Engine& engine, const ReadOptions& options, const Model& model,
                    const std::string& key, std::size_t count) {
  require_equal(require(engine.latest_n(key, count, options), "latest_n"),
                model.latest_n(key, count),
                "latest " + std::to_string(count) + " of " + text_of(std::string_view(key)));
}

/// Asks one of the calls that read a key.
void compare_key_read(Engine& engine, const ReadOptions& options, const Model& model,
                      const Words& words, Random& random) {
  const std::string key = random.chance(0.95) ? words.key(random) : "none";
  switch (random.below(5)) {
    case 4:
      return require(require(engine.labels(key, options), "labels") == model.labels(key),
                     "labels of " + text_of(std::string_view(key)));
    case 0: {
      const auto latest = require(engine.latest(key, options), "latest");
      const auto expected = model.latest_n(key, 1);
      return require(latest == (expected.empty() ? std::nullopt : std::optional(expected.front())),
                     "latest of " + text_of(std::string_view(key)) + " is " + text_of(latest));
    }
    case 1: return compare_latest(engine, options, model, key, random.below(6));
    default: return compare_get(engine, options, model, key, words.ts(random));
  }
}

/// What is asked wrongly is refused by every read alike.
void compare_refusal(Engine& engine, const ReadOptions& options, const Query& query) {
  const auto refused = [](const auto& result) {
    return !result && result.error().code == Errc::invalid_argument;
  };
  require(refused(engine.query(query, options)) && refused(engine.scan(query, options)) &&
              refused(engine.count(query, options)) &&
              refused(engine.series_list(query, options)) &&
              refused(engine.described_series(query, options)) &&
              refused(engine.label_names(query, options)) &&
              refused(engine.aggregate(query, Aggregation::count, options)),
          "a range that ends before it begins is taken");
}

}  // namespace

void require(bool condition, const std::string& what) {
  if (!condition) throw Mismatch(what);
}

void append_block(std::vector<Record>& records, const Block& block) {
  require(block.size() != 0, "a block of nothing");
  require(block.expiries().empty() || block.expiries().size() == block.size(),
          "a block with as many expiries as it should not have");
  for (std::size_t i = 0; i < block.size(); ++i) {
    records.emplace_back(block.record(i));
    require(records.back().value().type() == block.type(), "a value that is not of its block");
  }
}

std::vector<Record> rest_of(Scan& scan) {
  std::vector<Record> records;
  for (;;) {
    const auto block = require(scan.next_block(), "next_block");
    if (!block) return records;
    append_block(records, *block);
  }
}

void compare_all(Engine& engine, const ReadOptions& options, const Model& model) {
  require_equal(require(engine.query(Query::all(), options), "query"), model.all(), "all records");
  for (const char* name : {"x", "y", "z"}) {
    require(require(engine.label_values(name, Query::all(), options), "label_values") ==
                model.label_values(name, {}),
            std::string("values of ") + name);
  }
  require(require(engine.notes({}, options), "notes") == model.notes({}), "all notes");
}

void compare_aggregates(const Result<std::vector<Aggregate>>& answers,
                        const Aggregation& aggregation, const Selection& selection,
                        const Model& model) {
  const std::string what = text_of(aggregation) + " of " + text_of(selection);
  const auto expected =
      plain_aggregates(model.query(selection), selection.times, selection.newest_first, aggregation,
                       [&](const std::string& key, const std::string& name) {
                         return std::string(model.labels(key).value_of(name));
                       });
  if (!expected) {
    return require(!answers && answers.error().code == Errc::invalid_argument,
                   what + " fills too many buckets");
  }
  require(answers.has_value(), what + " fails");
  const std::string difference = difference_of(*answers, *expected);
  require(difference.empty(), what + ": " + difference);
}

void compare_gets(Engine& engine, const ReadOptions& options, const Model& model,
                  const Words& words) {
  for (const std::string& key : words.keys()) {
    for (const Timestamp ts : words.times()) compare_get(engine, options, model, key, ts);
    compare_latest(engine, options, model, key, 1);
  }
}

void compare_read(Engine& engine, const ReadOptions& options, const Model& model,
                  const Words& words, Random& random) {
  if (random.chance(0.4)) return compare_key_read(engine, options, model, words, random);
  if (random.chance(0.05)) {
    const std::string prefix = words.prefix(random);
    return require(require(engine.notes(prefix, options), "notes") == model.notes(prefix),
                   "notes that begin with " + text_of(std::string_view(prefix)));
  }
  const Selection selection = words.selection(random);
  const Query query = selection.query();
  if (!selection.valid()) return compare_refusal(engine, options, query);
  const std::vector<Record> expected = model.query(selection);
  const std::string what = text_of(selection);
  switch (random.below(9)) {
    case 8:
      return require(require(engine.described_series(query, options), "described_series") ==
                         model.described_series(selection),
                     "series and labels of " + what);
    case 6: {
      const std::string name = words.label_name(random);
      return require(require(engine.label_values(name, query, options), "label_values") ==
                         model.label_values(name, selection),
                     "values of " + name + " of " + what);
    }
    case 7:
      return require(require(engine.label_names(query, options), "label_names") ==
                         model.label_names(selection),
                     "names of labels of " + what);
    case 0:
      return require_equal(require(engine.query(query, options), "query"), expected,
                           "query of " + what);
    case 1: {
      Scan scan = require(engine.scan(query, options), "scan");
      return require_equal(rest_of(scan), expected, "blocks of " + what);
    }
    case 2: {
      Scan scan = require(engine.scan(query, options), "scan");
      std::vector<Record> records;
      for (const RecordView& record : scan) records.emplace_back(record);
      require(scan.status(), "scan");
      return require_equal(records, expected, "scan of " + what);
    }
    case 3: {
      const std::uint64_t count = require(engine.count(query, options), "count");
      return require(count == expected.size(), "count of " + what + " is " + std::to_string(count) +
                                                   ", not " + std::to_string(expected.size()));
    }
    case 4:
      return require(require(engine.series_list(query, options), "series_list") ==
                         model.series_list(selection),
                     "series of " + what);
    default: {
      const Aggregation aggregation = words.aggregation(random);
      compare_aggregates(engine.aggregate(query, aggregation, options), aggregation, selection,
                         model);
    }
  }
}

}  // namespace varve::test
