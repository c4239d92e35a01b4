// The demo, in five sections: a plant's day is written, read, drawn; a writer is killed; and the
// bytes on the disk are counted.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/demo/demo_crash.hpp"
#include "tools/varve/demo/demo_machine.hpp"
#include "tools/varve/demo/demo_plant.hpp"
#include "tools/varve/terminal/answer_printer.hpp"
#include "tools/varve/terminal/output.hpp"
#include "tools/varve/terminal/plot.hpp"
#include "tools/varve/terminal/plot_query.hpp"
#include "tools/varve/terminal/terminal.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr Duration tick = std::chrono::minutes(1);

struct Arguments {
  std::string db;
  std::size_t sensors = 1'000;
  std::size_t hours = 24;
};

/// A directory of the demo's own, gone with this.
class TemporaryDirectory {
 public:
  static Outcome<TemporaryDirectory> make() {
    std::error_code error;
    std::string name = std::filesystem::temp_directory_path(error).string() + "/varve-demo-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) return failed(name + ": cannot be made");
    return TemporaryDirectory(std::move(name));
  }
  TemporaryDirectory(TemporaryDirectory&& other) noexcept
      : path_(std::exchange(other.path_, std::string())) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }
  std::string text() const {
    const double now = seconds();
    return now < 1 ? format_fixed(now * 1e3, now < 0.01 ? 2 : 0) + " ms"
                   : format_fixed(now, 1) + " s";
  }
  std::string rate(std::uint64_t count) const {
    return grouped(static_cast<std::uint64_t>(static_cast<double>(count) / seconds()));
  }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

class Demo {
 public:
  Demo(std::string dir, bool kept, const Arguments& arguments)
      : dir_(std::move(dir)),
        kept_(kept),
        ticks_(arguments.hours * 60),
        plant_(arguments.sensors),
        end_(wall_clock() / tick.count() * tick.count()),
        begin_(end_ - static_cast<std::int64_t>(ticks_) * tick.count()) {}

  Outcome<int> run() {
    line(bold(terminal_, "Varve demo") + ": an embedded time-series database in " + dir_ +
         (kept_ ? "" : ", removed at the end"));
    VARVE_CHECK(open());
    VARVE_CHECK(write_plant());
    VARVE_CHECK(read_back());
    VARVE_CHECK(draw());
    VARVE_TRY(const bool survived, crash());
    VARVE_CHECK(count_bytes());
    VARVE_CHECK(engine_->close());
    engine_.reset();
    if (kept_) line("\nThe database stays. Try: varve query --db " + dir_ + " --prefix machine/");
    VARVE_CHECK(output_.finish());
    return survived ? exit_ok : exit_failed;
  }

 private:
  /// A record that arrives after younger ones.
  struct Late {
    std::size_t due;  // The tick at which it arrives.
    std::size_t sensor;
    Timestamp ts;
    Value value;
  };

  void line(const std::string& text) { output_.text() += text + '\n'; }
  Outcome<void> section(const std::string& title) {
    line("\n" + bold(terminal_, std::to_string(++sections_) + ". " + title));
    return output_.flush();
  }

  Outcome<void> open() {
    VARVE_TRY(Engine engine, open_database(dir_, Access::create));
    engine_ = std::make_unique<Engine>(std::move(engine));
    return {};
  }

  Outcome<void> write_plant();
  Outcome<void> write_tick(std::size_t number, const std::vector<Series>& series);
  void put(WriteBatch& batch, const Series& series, std::size_t sensor, Timestamp ts,
           const Value& value);
  Outcome<void> read_back();
  Outcome<void> draw();
  Outcome<bool> crash();
  Outcome<void> count_bytes();

  const std::string dir_;
  const bool kept_;
  const std::size_t ticks_;
  DemoPlant plant_;
  const Timestamp end_;
  const Timestamp begin_;
  const Terminal terminal_ = terminal_of(STDOUT_FILENO);
  Output output_ = Output::standard();
  std::unique_ptr<Engine> engine_;
  int sections_ = 0;

  DemoRandom random_{1};
  DemoMachine machine_;
  std::vector<Late> late_;
  std::uint64_t late_count_ = 0;
};

Outcome<void> Demo::write_plant() {
  const std::uint64_t records = std::uint64_t{plant_.sensors()} * ticks_;
  VARVE_CHECK(section("Writing: " + grouped(plant_.sensors()) +
                      " sensors, a record a minute, for " + std::to_string(ticks_ / 60) +
                      " hours"));
  std::vector<Series> series;
  for (std::size_t i = 0; i < plant_.sensors(); ++i) {
    VARVE_TRY(Series one, engine_->series(plant_.key(i)));
    series.push_back(std::move(one));
  }
  const Stopwatch watch;
  for (std::size_t number = 0; number < ticks_; ++number) {
    VARVE_CHECK(write_tick(number, series));
  }
  WriteBatch rest;
  for (const Late& late : late_) put(rest, series[late.sensor], late.sensor, late.ts, late.value);
  late_.clear();
  VARVE_CHECK(engine_->write(std::move(rest)));
  const std::string took = watch.text();
  const std::string rate = watch.rate(records);
  VARVE_CHECK(engine_->sync());

  line("   " + grouped(records) + " records in " + took + ": " + rate + " records/s");
  line("   doubles, counters, bools and texts, in " + grouped(engine_->stats().batches_written) +
       " batches");
  line("   " + grouped(late_count_) +
       " came late and out of order; power readings expire after 7 days");
  line("   beside it " + grouped(machine_.samples()) +
       " samples of this machine's own load, memory and CPU");
  return {};
}

/// One minute, a hundred sensors to a batch. Every twentieth record is held back for up to an hour.
Outcome<void> Demo::write_tick(std::size_t number, const std::vector<Series>& series) {
  constexpr std::size_t batch_records = 100;
  const Timestamp ts = begin_ + static_cast<std::int64_t>(number) * tick.count();
  WriteBatch batch;
  std::erase_if(late_, [&](const Late& late) {
    if (late.due > number) return false;
    put(batch, series[late.sensor], late.sensor, late.ts, late.value);
    return true;
  });
  for (std::size_t sensor = 0; sensor < plant_.sensors(); ++sensor) {
    const Value value = plant_.read(sensor);
    if (random_.one_in(20)) {
      late_.push_back(
          {number + 1 + static_cast<std::size_t>(random_.below(60)), sensor, ts, value});
      ++late_count_;
    } else {
      put(batch, series[sensor], sensor, ts, value);
    }
    if (batch.size() < batch_records && sensor + 1 < plant_.sensors()) continue;
    machine_.sample(batch);
    VARVE_CHECK(engine_->write(std::move(batch)));
    batch = WriteBatch();
  }
  return {};
}

void Demo::put(WriteBatch& batch, const Series& series, std::size_t sensor, Timestamp ts,
               const Value& value) {
  const Duration ttl = plant_.ttl(sensor);
  batch.put(series, ts, value.view(),
            ttl.count() == 0 ? std::nullopt : std::optional<Duration>(ttl));
}

Outcome<void> Demo::read_back() {
  VARVE_CHECK(section("Reading"));
  const std::string machine = plant_.key(plant_.sensors() / 2);
  const std::string prefix = machine.substr(0, machine.rfind('/') + 1);
  const Timestamp hour_ago = end_ - Duration(std::chrono::hours(1)).count();

  const Stopwatch by_prefix;
  VARVE_TRY(const std::vector<Record> records,
            engine_->query(Query::prefix(prefix).between(hour_ago, std::nullopt)));
  line("   by prefix and time: the last hour of " + prefix + "*");
  line("      " + grouped(records.size()) + " records in " + by_prefix.text());

  const Stopwatch by_time;
  const Timestamp middle = begin_ + (end_ - begin_) / 2;
  const Timestamp later = middle + 10 * tick.count();
  VARVE_TRY(const std::uint64_t between, engine_->count(Query::all().between(middle, later)));
  line("   by time: ten minutes in the middle of the day, over all series");
  line("      " + grouped(between) + " records in " + by_time.text());

  const Stopwatch by_aggregate;
  VARVE_TRY(const std::vector<Aggregate> means,
            engine_->aggregate(Query::prefix("plant/line01/"), Aggregation::mean));
  line("   aggregates: the mean of every series under plant/line01/*");
  line("      " + grouped(means.size()) + " series in " + by_aggregate.text());
  line("   latest values of " + prefix + "*\n");
  VARVE_CHECK(output_.flush());
  const auto printer = make_answer_printer(AnswerFormat::table, AnswerKind::records, output_);
  VARVE_TRY(const std::vector<std::string> keys, engine_->series_list(Query::prefix(prefix)));
  for (const std::string& key : keys) {
    VARVE_TRY(const std::optional<Record> latest, engine_->latest(key));
    if (latest) VARVE_CHECK(printer->add(latest->view()));
  }
  return printer->finish();
}

Outcome<void> Demo::draw() {
  VARVE_CHECK(section("A series, drawn in the terminal"));
  if (terminal_.interactive && terminal_.columns < Plot::columns_min) {
    line("   the terminal is too narrow for a chart");
    return output_.flush();
  }
  VARVE_TRY(const std::string chart,
            plot_query(*engine_, Query::key(plant_.key(0)), {}, terminal_));
  output_.text() += chart;
  return output_.flush();
}

Outcome<bool> Demo::crash() {
  VARVE_CHECK(section("A crash: another process writes, and is killed with SIGKILL in the middle"));
  VARVE_CHECK(engine_->close());
  engine_.reset();
  VARVE_TRY(const std::uint64_t acknowledged, kill_a_writer(dir_, std::chrono::milliseconds(700)));
  VARVE_CHECK(open());
  line("   reopened; the recovery report says:");
  std::string report = engine_->recovery_report().to_string();
  while (report.ends_with('\n')) report.pop_back();
  for (std::size_t at = 0; at != std::string::npos; at = report.find('\n', at + 1)) {
    report.insert(at == 0 ? 0 : at + 1, "      ");
  }
  line(report);
  VARVE_TRY(const CrashFindings findings, check_after_crash(*engine_, acknowledged));
  line("   batches of " + std::to_string(crash_batch_records) + " records");
  line("      acknowledged before the kill  " + grouped(findings.acknowledged));
  line("      found whole                   " + grouped(findings.whole));
  line("      acknowledged and missing      " + grouped(findings.missing));
  line("      there in part                 " + grouped(findings.in_part));
  line(findings.good() ? "   Nothing that was acknowledged is gone."
                       : "   ACKNOWLEDGED RECORDS ARE GONE, or batches are there in part.");
  VARVE_CHECK(output_.flush());
  return findings.good();
}

Outcome<void> Demo::count_bytes() {
  VARVE_CHECK(section("On disk, after flush and compaction"));
  // The crash's counters would flatter the numbers.
  VARVE_CHECK(engine_->erase_prefix(crash_prefix));
  const Stopwatch watch;
  VARVE_CHECK(engine_->flush());
  VARVE_CHECK(engine_->compact());
  VARVE_CHECK(engine_->collect_garbage());
  const std::string took = watch.text();

  std::uint64_t records = 0, raw = 0;
  VARVE_TRY(Scan scan, engine_->scan(Query::all(), ReadOptions().fill_cache(false)));
  for (const RecordView& record : scan) {
    ++records;
    const ValueView& value = record.value();
    raw += record.key().size() + sizeof(Timestamp);
    raw += value.type() == ValueType::bytes   ? value.as_bytes().size()
           : value.type() == ValueType::bool_ ? 1
                                              : sizeof(double);
  }
  if (!scan.status()) return std::unexpected(Failure(scan.status().error()));
  const Stats stats = engine_->stats();
  const auto per_record = [records](std::uint64_t bytes) {
    return format_fixed(static_cast<double>(bytes) / static_cast<double>(records), 2);
  };
  line("   " + grouped(records) + " records in " + counted(stats.tables, "table") +
       ", compacted in " + took);
  line("   raw (key, time, value)  " + format_bytes(raw) + ", " + per_record(raw) +
       " bytes per record");
  line("   tables                  " + format_bytes(stats.table_bytes) + ", " +
       per_record(stats.table_bytes) + " bytes per record: " +
       format_fixed(static_cast<double>(raw) / static_cast<double>(stats.table_bytes), 1) +
       " times smaller");
  return output_.flush();
}

Outcome<int> run(const Arguments& arguments) {
  if (arguments.sensors < 10 || arguments.sensors > 9'900) {
    return usage("--sensors: from 10 to 9900");
  }
  if (arguments.hours > 720) return usage("--hours: from 1 to 720");
  if (!arguments.db.empty()) {
    std::error_code error;
    if (std::filesystem::exists(arguments.db, error)) {
      return failed(arguments.db + ": exists already; the demo wants a directory of its own");
    }
    return Demo(arguments.db, true, arguments).run();
  }
  VARVE_TRY(const TemporaryDirectory directory, TemporaryDirectory::make());
  return Demo(directory.path(), false, arguments).run();
}

}  // namespace

void add_demo(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand("demo", "See what it does, in a few seconds");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(
      "Exit code 1 says that something acknowledged was gone after the crash.\n\n"
      "Examples:\n"
      "  varve demo\n"
      "  varve demo --db plant --hours 2     keeps the database, to play with");
  command->add_option("--db", arguments->db, "Keep the database here; it must not exist yet")
      ->type_name("DIR");
  take_count(command->add_option("--sensors", arguments->sensors, "How many"))
      ->capture_default_str();
  take_count(command->add_option("--hours", arguments->hours, "How much of their time"))
      ->capture_default_str();
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });

  // The process that is to be killed. In no help text: it is of no use to anybody else.
  auto* const writer = app.add_subcommand("demo-writer")->group("");
  const auto dir = std::make_shared<std::string>();
  add_database_option(*writer, *dir);
  writer->callback([dir, &action] { action = [dir] { return run_crash_writer(*dir); }; });
}

}  // namespace varve::tools
