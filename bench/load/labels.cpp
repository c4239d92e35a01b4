// A million series with four labels each: what describing them, opening, the first question, a
// query of two matchers and the index in memory cost. Varve alone.

#include <malloc.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "bench/load/run.hpp"
#include "varve/varve.hpp"

namespace varve::bench {

namespace {

/// The i-th series: its key, and labels of which some are common and some rare.
std::string key_of(std::size_t i) {
  const std::string number = std::to_string(10'000'000 + i);
  return "plant/host" + std::to_string(i / 50) + "/sensor" + number;
}

Labels labels_of(std::size_t i) {
  static constexpr std::array<const char*, 3> units{"C", "V", "bar"};
  return {{"host", "host" + std::to_string(i / 50)},
          {"room", "room " + std::to_string(i % 1'000)},
          {"kind", "kind" + std::to_string(i % 20)},
          {"unit", units[i % 3]}};
}

template <class T>
T must(Result<T> result, const char* what) {
  Run::expect(result.has_value(),
              std::string(what) + (result ? "" : ": " + result.error().message()));
  return *std::move(result);
}

Engine open(const Run& run) {
  Options options;
  options.dir = run.dir();
  return must(Engine::open(std::move(options)), "open");
}

void write_labelled(Engine& engine, std::size_t series) {
  WriteBatch batch;
  for (std::size_t i = 0; i < series; ++i) {
    const std::string key = key_of(i);
    batch.describe(key, labels_of(i));
    batch.put(key, 1'700'000'000'000'000, static_cast<double>(i));
    if (batch.size() < 1'000 && i + 1 < series) continue;
    must(engine.write(std::move(batch)), "write");
    batch = WriteBatch();
  }
}

/// The median of some rounds, in milliseconds.
template <class Call>
double median_ms(Call call) {
  std::vector<double> seconds;
  for (int round = 0; round < 9; ++round) seconds.push_back(seconds_of(call));
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2] * 1e3;
}

void measure(Run& run) {
  const auto series = run.plan().choose<std::size_t>(20'000, 1'000'000);
  std::filesystem::create_directories(run.dir().parent_path());
  {
    Engine engine = open(run);
    run.set("describe_per_s",
            static_cast<double>(series) / seconds_of([&] { write_labelled(engine, series); }));
    Run::expect(engine.checkpoint().has_value() && engine.compact().has_value() &&
                    engine.close().has_value(),
                "checkpoint, compact, close");
  }
  std::optional<Engine> engine;
  run.set("open_s", seconds_of([&] { engine.emplace(open(run)); }));
  ::malloc_trim(0);
  const auto before = static_cast<double>(anonymous_memory());
  std::vector<std::string> rooms;
  run.set("first_question_s",
          seconds_of([&] { rooms = must(engine->label_values("room"), "label_values"); }));
  Run::expect(rooms.size() == 1'000, "values of room");
  ::malloc_trim(0);
  const auto count = static_cast<double>(series);
  run.set("memory_per_series", (static_cast<double>(anonymous_memory()) - before) / count);
  run.set("index_bytes_per_series", static_cast<double>(engine->stats().label_index_bytes) / count);

  // One series in three thousand.
  const Query two =
      Query::all().with(Matcher::equals("room", "room 7")).with(Matcher::equals("unit", "bar"));
  std::size_t wanted = 0;
  double sum = 0;
  for (std::size_t i = 7; i < series; i += 1'000) {
    if (i % 3 != 2) continue;
    ++wanted;
    sum += static_cast<double>(i);
  }
  // Without a record of the series in this time, so that it is the choice alone.
  const Query none = Query(two).between(0, 1);
  run.set("two_matchers_ms", median_ms([&] {
            Run::expect(must(engine->label_values("kind", two), "label_values").size() == 1,
                        "kinds of two matchers");
          }));
  run.set("two_matchers_no_records_ms",
          median_ms([&] { Run::expect(must(engine->count(none), "count") == 0, "no records"); }));
  run.set("two_matchers_records", static_cast<double>(wanted));
  run.set("two_matchers_records_ms", median_ms([&] {
            const auto records = must(engine->query(two), "query");
            double found = 0;
            for (const Record& record : records) found += record.value().as_double();
            Run::expect(records.size() == wanted && found == sum, "two matchers");
          }));
  const Query expression = Query::all()
                               .with(Matcher::matches("host", "host1[0-9]?[05]"))
                               .with(Matcher::not_equals("unit", "C"));
  run.set("expression_ms", median_ms([&] {
            Run::expect(!must(engine->label_values("unit", expression), "label_values").empty(),
                        "an expression");
          }));
  Run::expect(engine->close().has_value(), "close");
}

}  // namespace

void register_labels(const Plan& plan) {
  static const StoreKind varve{"varve", nullptr, nullptr, ""};
  add_case(plan, varve, "labels", measure);
}

}  // namespace varve::bench
