// Erasing, patching, describing, downsampling.

#include <array>
#include <chrono>
#include <utility>

#include "tests/differential/random_run.hpp"
#include "tests/differential/recomputed.hpp"

namespace varve::test {

using namespace std::chrono_literals;

void RandomRun::erase_some(Random& random) {
  const WriteOptions options = write_options(random);
  TwinBatch twin = new_batch(options);
  std::vector<std::pair<std::string, Timestamp>> erased;
  for (std::uint64_t count = 1 + random.below(6); count > 0; --count) {
    const auto record = random.chance(0.85) ? kept_record(random) : std::nullopt;
    erased.emplace_back(record ? record->key() : habits_.some_key(oracle_, random),
                        record ? record->ts() : oracle_.now());
    twin.erase(erased.back().first, erased.back().second);
  }
  tell(twin.words());
  acknowledge(twin, options,
              erased.size() == 1
                  ? engine_->erase(erased.front().first, erased.front().second, options)
                  : engine_->erase_batch(erased, options));
}

void RandomRun::erase_span(Random& random) {
  const WriteOptions options = write_options(random);
  TwinBatch twin = new_batch(options);
  const TimeRange range = random.chance(0.85) ? habits_.range(oracle_.now(), random) : TimeRange();
  const std::string key = habits_.some_key(oracle_, random);
  const bool by_prefix = random.chance(0.5);
  const std::string first = by_prefix ? habits_.some_prefix(key, random) : key;
  std::optional<std::string> end;
  if (!by_prefix && random.chance(0.9)) {
    end = random.chance(0.5) ? key + '\0' : habits_.some_key(oracle_, random);
  }
  const auto erase = [&]() -> Result<Receipt> {
    if (by_prefix) return engine_->erase_prefix(first, range, options);
    return engine_->erase_range(first, end ? std::optional<std::string_view>(*end) : std::nullopt,
                                range, options);
  };
  if (by_prefix) {
    twin.erase_prefix(first, range);
  } else {
    twin.erase_range(first, end, range);
  }
  tell(twin.words());
  if ((end && *end < first) || (range.from() && range.to() && *range.to() < *range.from())) {
    return refused(erase(), Errc::invalid_argument, "erasing what ends before it begins");
  }
  acknowledge(twin, options, erase());
}

void RandomRun::patch(Random& random) {
  const auto kept = kept_record(random);
  const std::string key =
      kept && random.chance(0.9) ? kept->key() : habits_.some_key(oracle_, random);
  const Timestamp ts = kept ? kept->ts() : oracle_.now();
  std::optional<Value> value;
  std::optional<Duration> ttl;
  if (random.chance(0.7)) value = habits_.value(Habits::Nature::anything, ts, random);
  if (random.chance(0.5)) ttl = random.chance(0.5) ? habits_.pause(random) : Duration(24h * 400);
  const std::string what = say(key) + " @ " + say_time(ts) + " to " + say(value) +
                           (ttl ? ", TTL " + say_span(*ttl) : std::string());
  tell(what);
  const WriteOptions options = write_options(random);
  const Result<Record> found = engine_->patch(key, ts, value, ttl, options);
  const std::optional<Record> before = oracle_.get(key, ts);
  if (!value && !ttl) return refused(found, Errc::invalid_argument, "a patch of nothing");
  if (!before) return refused(found, Errc::not_found, "a patch of " + what);
  const Record expected(key, ts, value ? *value : before->value(),
                        ttl ? expiry(ts, ttl) : before->expires_at());
  const Record given = sure(found, "a patch of " + what);
  agree(given == expected, "a patch: expected " + say(expected) + ", found " + say(given));
  last_sequence_ = engine_->last_sequence();
  oracle_.put(expected);
}

void RandomRun::describe(Random& random) {
  const WriteOptions options = write_options(random);
  TwinBatch twin = new_batch(options);
  const std::string key = habits_.some_key(oracle_, random);
  const Labels labels = habits_.labels(random);
  twin.describe(key, labels);
  tell(twin.words());
  acknowledge(twin, options, engine_->describe(key, labels, options));
}

/// Functions whose values are the same doubles however they are computed, since they become
/// records.
void RandomRun::downsample(Random& random) {
  constexpr auto all = std::to_array({Aggregation::count, Aggregation::sum, Aggregation::min,
                                      Aggregation::max, Aggregation::mean, Aggregation::first,
                                      Aggregation::last, Aggregation::increase});
  constexpr auto fills = std::to_array({Fill::none, Fill::none, Fill::null, Fill::previous});
  const auto widths = std::to_array<Duration>({habits_.cadence() * 5, 1min, 1h, 24h});
  const Duration width = random.pick(widths);
  const Fill fill = random.pick(fills);
  const double grouped = random.fraction();
  const std::string label = habits_.label_name(random);
  const auto shaped = [&](Aggregation function) {
    if (fill != Fill::none) function = function.fill(fill);
    if (grouped < 0.2) return function.group_by_label(label);
    return grouped < 0.4 ? function.group_by_prefix(2) : function;
  };
  std::vector<Aggregation> functions;
  const std::size_t first = random.below(all.size());
  for (std::uint64_t count = 1 + random.below(3); count > 0; --count) {
    functions.push_back(shaped(all[(first + functions.size()) % all.size()]));
  }

  // The target is beside what is read, on whole buckets.
  Question question;
  const std::string prefix = random.chance(0.5) ? "plant/" : "plant/line1/";
  const TimeRange newest = Aggregation::count.every(width).bucket_of(oracle_.now());
  question.query = Query::prefix(prefix).between(
      TimePoint(*newest.from() - width.count() * random.between(1, 60)), newest.to());
  question.means_key = [prefix](std::string_view key) { return key.starts_with(prefix); };
  if (random.chance(0.2)) question.query.newest_first();
  const WriteOptions options = write_options(random);
  const std::string target = random.chance(0.5) ? "roll/" : "r\xFF";
  tell(prefix + " every " + say_span(width) + " to " + say(target));
  for (const Aggregation& function : functions) tell(", " + say(function));

  std::uint64_t count = 0;
  Oracle after = oracle_;
  for (const Aggregation& function : functions) {
    const Recomputation values = recompute(oracle_, question, function.every(width));
    if (values.is_too_long()) return;
    for (const Recomputed& answer : values.answers) {
      if (!answer.value) continue;
      ++count;
      const std::string key = target + answer.key + "/" + function.name();
      after.put({key, answer.ts, *answer.value, expiry(answer.ts, default_ttl(options))});
      if (!oracle_.labels(key).empty()) continue;
      if (function.group_label()) {
        after.describe(key, answer.key.empty() ? Labels() : Labels{{label, answer.key}});
      } else if (!function.group_parts()) {
        after.describe(key, oracle_.labels(answer.key));
      }
    }
  }
  refused(engine_->downsample(Query::all(), width, functions, target, options),
          Errc::invalid_argument, "a downsample into what it reads");
  const std::uint64_t found =
      sure(engine_->downsample(question.query, width, functions, target, options), "downsample");
  agree(found == count, "downsample: expected " + std::to_string(count) + " records, found " +
                            std::to_string(found));
  last_sequence_ = engine_->last_sequence();
  oracle_ = after;
}

}  // namespace varve::test
