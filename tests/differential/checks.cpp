#include "tests/differential/checks.hpp"

#include "tests/differential/recomputed.hpp"

namespace varve::test {

void agree(bool holds, const std::string& what) {
  if (!holds) throw Disagreement(what);
}

std::vector<Record> by_blocks(Scan& scan) {
  std::vector<Record> records;
  for (;;) {
    const auto block = sure(scan.next_block(), "next_block");
    if (!block) return records;
    agree(block->size() > 0, "a block without a record");
    for (std::size_t i = 0; i < block->size(); ++i) records.emplace_back(block->record(i));
  }
}

std::vector<Record> one_by_one(Scan& scan) {
  std::vector<Record> records;
  for (const RecordView& record : scan) records.emplace_back(record);
  sure(scan.status(), "the status of a scan");
  return records;
}

template <class T>
void Asker::compare(const std::vector<T>& found, const std::vector<T>& expected,
                    const std::string& what) {
  ++compared_.answers;
  compared_.records += expected.size();
  const std::string differs = difference(found, expected);
  agree(differs.empty(), what + ": " + differs);
}

void Asker::compare(const std::optional<Record>& found, const std::optional<Record>& expected,
                    const std::string& what) {
  ++compared_.answers;
  compared_.records += expected ? 1 : 0;
  if (found == expected) return;
  throw Disagreement(what + ": expected " + say(expected) + ", found " + say(found));
}

void Asker::everything() {
  compare(sure(engine_.query(Query::all(), options_), "query"), oracle_.records({}), "all records");
  compare(sure(engine_.label_names(Query::all(), options_), "label_names"), oracle_.label_names({}),
          "all names of labels");
  compare(sure(engine_.notes({}, options_), "notes"), oracle_.notes({}), "all notes");
  for (const std::string& key : oracle_.keys()) {
    const Labels found = sure(engine_.labels(key, options_), "labels");
    const Labels expected = oracle_.labels(key);
    ++compared_.answers;
    agree(found == expected,
          "labels of " + say(key) + ": expected " + say(expected) + ", found " + say(found));
  }
}

void Asker::about_key(const Habits& habits, Random& random) {
  const std::string key = habits.some_key(oracle_, random);
  const Timestamp ts = oracle_.size() > 0 && random.chance(0.7)
                           ? oracle_.nth(random.below(oracle_.size())).ts()
                           : habits.reading_time(oracle_.now(), random);
  const auto first_of = [](const std::vector<Record>& records) {
    return records.empty() ? std::nullopt : std::optional(records.front());
  };
  ReadOptions as_of = options_;
  as_of.as_of(ts);
  const std::string then = " of " + say(key) + " as of " + say_time(ts);
  switch (random.below(5)) {
    case 0:
      return compare(sure(engine_.latest(key, options_), "latest"),
                     first_of(oracle_.latest(key, 1)), "latest of " + say(key));
    case 1:
      return compare(sure(engine_.latest(key, as_of), "latest"),
                     first_of(oracle_.latest(key, 1, ts)), "latest" + then);
    case 2: {
      const std::size_t count = random.below(20);
      return compare(sure(engine_.latest_n(key, count, as_of), "latest_n"),
                     oracle_.latest(key, count, ts), "latest " + std::to_string(count) + then);
    }
    case 3: return refused(engine_.get(key, ts, as_of), Errc::invalid_argument, "get" + then);
    default:
      return compare(sure(engine_.get(key, ts, options_), "get"), oracle_.get(key, ts),
                     "get of " + say(key) + " @ " + say_time(ts));
  }
}

ReadOptions Asker::any_options(Random& random) const {
  ReadOptions options = options_;
  options.threads(random.chance(0.6) ? 1 : 1 + random.below(4));
  options.fill_cache(random.chance(0.7)).skip_damaged(random.chance(0.1));
  return options;
}

void Asker::refuse(const Question& question) {
  const std::string what = question.words + ", which ends before it begins";
  ++compared_.answers;
  refused(engine_.query(question.query, options_), Errc::invalid_argument, "query of " + what);
  refused(engine_.scan(question.query, options_), Errc::invalid_argument, "scan of " + what);
  refused(engine_.count(question.query, options_), Errc::invalid_argument, "count of " + what);
  refused(engine_.series_list(question.query, options_), Errc::invalid_argument,
          "series_list of " + what);
  refused(engine_.described_series(question.query, options_), Errc::invalid_argument,
          "described_series of " + what);
  refused(engine_.aggregate(question.query, Aggregation::sum, options_), Errc::invalid_argument,
          "aggregate of " + what);
}

void Asker::about_many(const Habits& habits, Random& random) {
  const Question question = habits.question(oracle_, random);
  if (!question.legal) return refuse(question);
  const ReadOptions options = any_options(random);
  const Query& query = question.query;
  const std::vector<Record> expected = oracle_.records(question);
  const std::string& words = question.words;
  switch (random.below(5)) {
    case 0:
      return compare(sure(engine_.query(query, options), "query"), expected, "query of " + words);
    case 1: {
      Scan scan = sure(engine_.scan(query, options), "scan");
      return compare(by_blocks(scan), expected, "blocks of " + words);
    }
    case 2: {
      Scan scan = sure(engine_.scan(query, options), "scan");
      return compare(one_by_one(scan), expected, "scan of " + words);
    }
    case 3: {
      const std::uint64_t found = sure(engine_.count(query, options), "count");
      ++compared_.answers;
      return agree(found == expected.size(), "count of " + words + ": expected " +
                                                 std::to_string(expected.size()) + ", found " +
                                                 std::to_string(found));
    }
    default:
      return compare(sure(engine_.series_list(query, options), "series_list"),
                     oracle_.series(question), "series of " + words);
  }
}

void Asker::about_labels(const Habits& habits, Random& random) {
  const Question question = habits.question(oracle_, random);
  if (!question.legal) return refuse(question);
  if (random.chance(0.1)) {
    const std::string prefix = habits.some_prefix(habits.some_key(oracle_, random), random);
    return compare(sure(engine_.notes(prefix, options_), "notes"), oracle_.notes(prefix),
                   "notes that begin with " + say(prefix));
  }
  if (random.chance(0.3)) {
    return compare(
        sure(engine_.described_series(question.query, any_options(random)), "described_series"),
        oracle_.described(question), "series and labels of " + question.words);
  }
  if (random.chance(0.3)) {
    return compare(sure(engine_.label_names(question.query, options_), "label_names"),
                   oracle_.label_names(question), "names of labels of " + question.words);
  }
  const std::string name = habits.label_name(random);
  compare(sure(engine_.label_values(name, question.query, options_), "label_values"),
          oracle_.label_values(name, question),
          "values of label " + say(name) + " of " + question.words);
}

void Asker::aggregate(const Habits& habits, Random& random) {
  const Question question = habits.question(oracle_, random);
  if (!question.legal) return refuse(question);
  aggregate(question, habits.aggregation(random));
}

void Asker::aggregate(const Question& question, const Aggregation& aggregation) {
  const std::string what = say(aggregation) + " of " + question.words;
  const Recomputation expected = recompute(oracle_, question, aggregation);
  if (expected.is_too_long() && !expected.is_refused()) return;
  ++compared_.answers;
  const auto found = engine_.aggregate(question.query, aggregation, options_);
  if (expected.is_refused()) return refused(found, Errc::invalid_argument, what);
  compared_.records += expected.answers.size();
  const std::string differs = difference(sure(found, what), expected.answers);
  agree(differs.empty(), what + ": " + differs);
}

void Asker::anything(const Habits& habits, Random& random) {
  const double which = random.fraction();
  if (which < 0.25) return about_key(habits, random);
  if (which < 0.6) return about_many(habits, random);
  if (which < 0.7) return about_labels(habits, random);
  aggregate(habits, random);
}

}  // namespace varve::test
