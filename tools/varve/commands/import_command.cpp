#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/formats/durability_text.hpp"
#include "tools/formats/record_limits.hpp"
#include "tools/formats/record_printer.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/import/csv_reader.hpp"
#include "tools/varve/import/importer.hpp"
#include "tools/varve/import/line_formats.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer = R"(Formats:
  csv     a header is recognised. The columns key, time (or timestamp, ts, date, datetime) and
          value are found by name; others are named by --key-column and so on, by header or by
          number. What export wrote needs no options. Quotes as in RFC 4180.
  lp      Influx line protocol; every field becomes a series: cpu,host=a usage=5 has the labels
          {__name__="cpu_usage", host="a"} and the key cpu_usage,host=a that they make. Times are
          nanoseconds, cut to microseconds.
  ndjson  one object per line: {"key":"a","time":"2024-05-01T12:00:00Z","value":22.5}, and
          optionally "expires_at". 22 is an int64, 22.0 a double, a text bytes; bytes that are
          not UTF-8 are {"base64":"..."}. {"key":"a","labels":{"room":"hall 2"}} on a line gives
          the series these labels in place of all it had, {} none; with
          "leave_with_records":true they go with the last record. csv has no labels.

Examples:
  varve import --db plant --key room/temp temp.csv          timestamp,value under one key
  varve import --db plant --key 'site/{stem}' *.csv         site/NAME for NAME.csv
  varve import --db plant --wide --prefix plant/ wide.csv   time,t1,t2: plant/t1 and plant/t2
  varve import --db plant --key k --start 2024-05-01 --step 1s values.txt
  telegraf --test | varve import --db plant --format lp -)";

struct Arguments {
  std::string db;
  std::string format = "csv";
  std::vector<std::string> files;
  CsvOptions csv;  // Its key is a template still.
  std::optional<std::string> type, time_unit, start, step, ttl, durability;
  std::string delimiter = ",";
  std::size_t batch = 1'000;
  std::string on_error = "fail";
};

struct Plan {
  RecordFormat format = RecordFormat::csv;
  CsvOptions csv;
  std::optional<TimeUnit> time_unit;
  std::optional<Durability> durability;
  ImporterOptions importer;
};

Outcome<void> plan_csv(const Arguments& arguments, Timestamp now, CsvOptions& csv) {
  if (arguments.type) {
    VARVE_TRY(csv.type, option_value("--type", parse_column_type(*arguments.type)));
  }
  if (arguments.start.has_value() != arguments.step.has_value()) {
    return usage("--start and --step go together");
  }
  if (arguments.start) {
    if (csv.time_column) return usage("--start and --time-column exclude each other");
    VARVE_TRY(csv.start, option_value("--start", parse_moment(*arguments.start, now)));
    VARVE_TRY(csv.step, option_value("--step", parse_positive_duration(*arguments.step)));
  }
  const bool tab = arguments.delimiter == "tab" || arguments.delimiter == "\\t";
  if (!tab && arguments.delimiter.size() != 1) {
    return usage("--delimiter: " + quote(arguments.delimiter) + " is not one character, or tab");
  }
  csv.delimiter = tab ? '\t' : arguments.delimiter[0];
  if (csv.delimiter == '"' || csv.delimiter == '\n') return usage("--delimiter: not this one");
  if (csv.key) VARVE_CHECK(option_value("--key", check_key(csv.prefix + *csv.key)));
  if (csv.wide && (csv.key || csv.key_column || csv.value_column)) {
    return usage("--wide takes its keys from the header: no --key, --key-column, --value-column");
  }
  return {};
}

Outcome<Plan> make_plan(const Arguments& arguments, Timestamp now) {
  Plan plan;
  VARVE_TRY(plan.format, option_value("--format", parse_record_format(arguments.format)));
  plan.csv = arguments.csv;
  VARVE_CHECK(plan_csv(arguments, now, plan.csv));
  if (arguments.time_unit) {
    VARVE_TRY(plan.time_unit, option_value("--time-unit", parse_time_unit(*arguments.time_unit)));
    plan.csv.time_unit = *plan.time_unit;
  }
  if (arguments.ttl) {
    VARVE_TRY(plan.importer.ttl, option_value("--ttl", parse_positive_duration(*arguments.ttl)));
  }
  if (arguments.durability) {
    VARVE_TRY(plan.durability,
              option_value("--durability", parse_durability(*arguments.durability)));
  }
  plan.importer.batch_records = arguments.batch;
  if (arguments.on_error != "skip" && arguments.on_error != "fail") {
    return usage("--on-error: " + quote(arguments.on_error) + " is neither skip nor fail");
  }
  plan.importer.skip_bad_lines = arguments.on_error == "skip";
  return plan;
}

/// {file} and {stem} in --key.
std::string key_for(std::string key, const std::string& file) {
  const auto replace = [&key](std::string_view name, const std::string& text) {
    for (std::size_t at = key.find(name); at != std::string::npos;
         at = key.find(name, at + text.size())) {
      key.replace(at, name.size(), text);
    }
  };
  replace("{file}", file);
  replace("{stem}", std::filesystem::path(file).stem().string());
  return key;
}

std::unique_ptr<RecordReader> make_reader(const Plan& plan, Input& input, Timestamp now) {
  switch (plan.format) {
    case RecordFormat::csv: {
      CsvOptions options = plan.csv;
      if (options.key) options.key = key_for(*options.key, input.name());
      return make_csv_reader(input, std::move(options));
    }
    case RecordFormat::line_protocol: {
      LineProtocolOptions options;
      options.time.unit = plan.time_unit;
      options.now = now;
      options.prefix = plan.csv.prefix;
      return make_line_protocol_reader(input, std::move(options));
    }
    case RecordFormat::ndjson: break;
  }
  NdjsonOptions options;
  options.time_unit = plan.time_unit.value_or(TimeUnit::microseconds);
  options.prefix = plan.csv.prefix;
  return make_ndjson_reader(input, std::move(options));
}

Outcome<int> run(const Arguments& arguments) {
  const Timestamp now = wall_clock();
  VARVE_TRY(Plan plan, make_plan(arguments, now));
  // Every file is opened before the database is: a wrong name changes nothing.
  std::vector<std::string> names = arguments.files;
  if (names.empty()) names.emplace_back("-");
  std::vector<Input> inputs;
  std::uint64_t bytes = 0;
  bool bytes_known = true;
  for (const std::string& name : names) {
    VARVE_TRY(Input input, Input::open(name));
    bytes_known = bytes_known && input.size().has_value();
    bytes += input.size().value_or(0);
    inputs.push_back(std::move(input));
  }
  if (bytes_known) plan.importer.bytes_total = bytes;

  VARVE_TRY(Engine engine, open_database(arguments.db, Access::create, plan.durability));
  Importer importer(engine, plan.importer);
  Outcome<void> outcome;
  for (Input& input : inputs) {
    outcome = importer.read(input, *make_reader(plan, input, now));
    if (!outcome) break;
  }
  const Outcome<void> closed = close_database(engine);
  if (!outcome) {
    say(outcome.error().message);
    say("stopped; before that: " + importer.summary());
    return outcome.error().exit_code;
  }
  VARVE_CHECK(closed);
  say(importer.summary());
  if (found_damage()) return exit_damaged;  // That outweighs bad lines.
  return importer.bad_lines() == 0 ? exit_ok : exit_partial;
}

}  // namespace

void add_import(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand("import", "Read records from files or standard input");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  add_database_option(*command, arguments->db);
  command->add_option("files", arguments->files, "Files to read; none or -: standard input")
      ->type_name("FILE");
  command->add_option("--format", arguments->format, "csv, lp or ndjson")
      ->capture_default_str()
      ->type_name("FORMAT");
  command
      ->add_option("--key", arguments->csv.key,
                   "csv: the key of every row; {file} and {stem} stand for the file's name")
      ->type_name("KEY");
  command->add_option("--prefix", arguments->csv.prefix, "Put before every key")->type_name("TEXT");
  command->add_option("--key-column", arguments->csv.key_column, "csv: name or number from 1")
      ->type_name("COLUMN");
  command->add_option("--time-column", arguments->csv.time_column, "csv: name or number from 1")
      ->type_name("COLUMN");
  command->add_option("--value-column", arguments->csv.value_column, "csv: name or number from 1")
      ->type_name("COLUMN");
  command
      ->add_option("--type", arguments->type,
                   "csv: double, int64, bool, bytes or auto (each value by its look); double "
                   "where no column named type says otherwise")
      ->type_name("TYPE");
  command->add_flag("--wide", arguments->csv.wide,
                    "csv: one series per column, named by the header");
  command->add_flag("--no-header", arguments->csv.no_header, "csv: the first row is data");
  command->add_option("--delimiter", arguments->delimiter, "csv: one character, or tab")
      ->capture_default_str()
      ->type_name("CHAR");
  command
      ->add_option("--time-unit", arguments->time_unit,
                   "Of numbers as times: s, ms, us or ns (lp: ns, else us)")
      ->type_name("UNIT");
  command->add_option("--start", arguments->start, "csv without times: of the first row")
      ->type_name("TIME");
  command->add_option("--step", arguments->step, "csv without times: from row to row")
      ->type_name("DURATION");
  command->add_option("--ttl", arguments->ttl, "Records expire so long after their time")
      ->type_name("DURATION");
  take_count(command->add_option("--batch", arguments->batch, "Records written at once"))
      ->capture_default_str();
  command
      ->add_option("--durability", arguments->durability,
                   "none, appended, interval:1s (the default), every:100 or always")
      ->type_name("D");
  command
      ->add_option("--on-error", arguments->on_error,
                   "With a bad line: skip it (exit 3), or fail (exit 1; what was before it is in)")
      ->capture_default_str()
      ->type_name("ACTION");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
