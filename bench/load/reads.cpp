// Reading what was written, flushed and compacted, with a cache that holds all of it; and what it
// takes on disk, beside what is random in it.

#include "bench/load/run.hpp"

namespace varve::bench {

namespace {

constexpr std::size_t series_count = 1'000;

/// Seconds for each of `count` calls: of as many passes over them as the time allows, the fastest,
/// since whatever else the machine does can only add.
template <class Call>
double seconds_per_call(double seconds, std::size_t count, Call call) {
  const auto pass = [&] {
    for (std::size_t i = 0; i < count; ++i) call(i);
  };
  pass();  // Warms the caches.
  double fastest = seconds_of(pass);
  for (const auto begin = SteadyClock::now(); seconds_since(begin) < seconds;) {
    fastest = std::min(fastest, seconds_of(pass));
  }
  return fastest / static_cast<double>(count);
}

/// A thousand records of one series: its number, when they begin, and what they are.
struct Stretch {
  std::uint32_t key;
  Timestamp from;
  Timestamp to;
  Answer wanted;
};

std::vector<Stretch> choose_stretches(const Input& input, Duration step, Random& random) {
  const auto ticks = static_cast<std::uint32_t>(input.readings.size() / series_count);
  const std::uint32_t size = std::min(ticks, 1'000U);
  std::vector<Stretch> stretches(100);
  std::vector<std::vector<Stretch*>> by_key(series_count);
  for (Stretch& stretch : stretches) {
    stretch.key = random.below(series_count);
    const auto first = static_cast<Timestamp>(random.below(ticks - size + 1));
    stretch.from = first_ts + first * step.count();  // Jitter only delays, by less than a step.
    stretch.to = stretch.from + static_cast<Timestamp>(size) * step.count();
    by_key[stretch.key].push_back(&stretch);
  }
  for (const Reading& reading : input.readings) {
    for (Stretch* stretch : by_key[reading.key()]) {
      if (reading.ts() >= stretch->from && reading.ts() < stretch->to) {
        stretch->wanted.add(input.all(), reading);
      }
    }
  }
  for (const Stretch& stretch : stretches) {
    Run::expect(stretch.wanted.records == size, "a stretch of the input itself");
  }
  return stretches;
}

void time_scans(Run& run, Reader& reader, const Input& input, double seconds) {
  const auto records = static_cast<double>(input.readings.size());
  const Answer wanted = input.expected();
  const double one_by_one = seconds_per_call(
      seconds, 1, [&](std::size_t) { Run::expect(reader.scan(), wanted, "full scan"); });
  run.set("scan_records_per_s", records / one_by_one);
  if (!reader.scan_columns()) return;
  const double by_columns = seconds_per_call(seconds, 1, [&](std::size_t) {
    Run::expect(*reader.scan_columns(), wanted, "full scan by columns");
  });
  run.set("scan_columns_records_per_s", records / by_columns);
}

void time_points(Run& run, Reader& reader, const Input& input, double seconds) {
  Random random(7);
  std::vector<Reading> probes;
  for (int i = 0; i < 1'000; ++i) {
    probes.push_back(
        input.readings[random.below(static_cast<std::uint32_t>(input.readings.size()))]);
  }
  const double getting = seconds_per_call(seconds, probes.size(), [&](std::size_t i) {
    const auto found = reader.get(input.keys[probes[i].key()], probes[i].ts());
    if (!found || *found != digest(probes[i])) throw Failure("wrong answer: get");
  });
  run.set("get_us", getting * 1e6);

  std::vector<Answer> newest(series_count);
  for (const Reading& reading : input.readings) {
    newest[reading.key()] = {};  // In time order, so the last of each key stays.
    newest[reading.key()].add(input.all(), reading);
  }
  const double latest = seconds_per_call(seconds, newest.size(), [&](std::size_t i) {
    if (reader.latest(input.keys[i]) != newest[i]) throw Failure("wrong answer: latest");
  });
  run.set("latest_us", latest * 1e6);
}

void read_back(Run& run, std::uint32_t jitter_ms) {
  const double seconds = run.plan().choose(0.05, 0.5);
  const auto ticks = run.plan().choose<std::size_t>(100, 2'000);
  const Plant::Shape shape{.series = series_count, .jitter_ms = jitter_ms};
  const Input input = Plant::in_order(shape, series_count * ticks);
  const auto store = run.open({.dir = {}, .cache_bytes = std::size_t{1} << 30});
  store->announce(input.keys);
  write_all(*store, input, 20'000);  // Large batches, since this is not what is timed.
  {
    const auto reader = store->reader();
    run.set("latest_us_unflushed", seconds_per_call(seconds, series_count, [&](std::size_t i) {
                                     if (reader->latest(input.keys[i]).records != 1) {
                                       throw Failure("wrong answer: latest");
                                     }
                                   }) * 1e6);
  }
  store->settle();
  {
    const auto reader = store->reader();
    time_scans(run, *reader, input, seconds);
    time_points(run, *reader, input, seconds);
    Random random(9);
    const auto stretches = choose_stretches(input, shape.step, random);
    const double ranging = seconds_per_call(seconds, stretches.size(), [&](std::size_t i) {
      const Stretch& stretch = stretches[i];
      Run::expect(reader->range(input.keys[stretch.key], stretch.from, stretch.to), stretch.wanted,
                  "range of one series");
    });
    run.set("range_us", ranging * 1e6);
    run.set("range_records", static_cast<double>(stretches.front().wanted.records));
  }
  run.set_engine_counters(*store);
  store->close();

  const double entropy = Plant(shape).entropy_bits() / 8;
  const double disk =
      static_cast<double>(disk_bytes(run.dir())) / static_cast<double>(input.readings.size());
  run.set("disk_bytes_per_record", disk);
  run.set("entropy_bytes_per_record", entropy);
  run.set("disk_per_entropy", disk / entropy);
}

}  // namespace

void register_reads(const Plan& plan) {
  using Jitters = std::vector<std::uint32_t>;
  for (const std::uint32_t jitter_ms : plan.choose<Jitters>({20}, {0, 20})) {
    add_cases(
        plan, "reads/appended/jitter_ms:" + std::to_string(jitter_ms),
        [=](Run& run) { read_back(run, jitter_ms); }, false);
  }
}

}  // namespace varve::bench
