#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/formats/choices.hpp"
#include "tools/formats/series_name.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/csv_options.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/ndjson_options.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/commands/time_options.hpp"
#include "tools/varve/import/csv_reader.hpp"
#include "tools/varve/import/dry_run.hpp"
#include "tools/varve/import/importer.hpp"
#include "tools/varve/import/input_format.hpp"
#include "tools/varve/import/line_formats.hpp"
#include "tools/varve/import/measurement_notes.hpp"
#include "tools/varve/terminal/interruption.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer = R"(Formats, found by the file's name or its first line:
  csv        any table: delimiter, header, times, and whether a row has one series or several, are
             found out. --dry-run shows how it is understood, and the options of csv say otherwise.
             What export wrote needs none of them.
  lp         Influx line protocol. Measurement, field and tags name a series:
             cpu,host=a usage=5 is cpu_usage,host=a, with these labels.
  ndjson     one object per line: {"key":"a","time":"2024-05-01T12:00:00Z","value":22.5}, and
             optionally "expires_at". 22 is an int64, 22.0 a double, a text bytes.
             {"key":"a","labels":{"room":"hall 2"}} on a line gives the series these labels in place
             of all it had. Of other programs' objects --map says what their members are.
  prom       Prometheus' text format and OpenMetrics.
  annotated  Influx' csv with #datatype lines.

A batch is written when it is full, after a second, and whenever a pipe has nothing more at the
moment. SIGINT, SIGTERM and SIGHUP end the reading: what came whole is stored, the line behind which
it stopped is told, and the command ends by that signal. Counted as replaced are records of this
import alone; where a series had records before, only those behind the last of them.

Examples:
  varve import --db plant --dry-run meters.csv              how it is understood; writes nothing
  varve import --db plant --key room/temp temp.csv          timestamp,value under one key
  varve import --db plant --key 'site/{stem}' *.csv         site/NAME for NAME.csv
  varve import --db plant --prefix plant/ wide.csv          time,t1,t2: plant/t1 and plant/t2
  varve import --db plant --key k --start 2024-05-01 --step 1s values.txt
  varve import --db plant --follow /var/log/meter.csv       and what is added to it
  telegraf --test | varve import --db plant -)";

struct Arguments {
  std::string db;
  std::vector<std::string> files;
  std::optional<std::string> format;
  CsvOptionTexts csv;
  NdjsonOptionTexts ndjson;
  TimeOptions time;
  std::string prefix;
  std::optional<std::string> ttl, durability;
  std::size_t batch = 1'000;
  std::string on_error = "fail";
  bool follow = false;
  bool dry_run = false;
  std::vector<const CLI::Option*> of_csv, of_ndjson;  // The options of one format.
};

struct Plan {
  std::optional<InputFormat> format;  // None: it is found out.
  CsvOptions csv;                     // Its key is a template still.
  std::optional<JsonMap> map;
  TimeOptions time;
  Timestamp now = 0;
  std::string prefix;
  std::optional<Durability> durability;
  ImporterOptions importer;
};

const CLI::Option* first_given(const std::vector<const CLI::Option*>& options) {
  for (const CLI::Option* option : options) {
    if (option->count() != 0) return option;
  }
  return nullptr;
}

/// The one that was asked for, or whose options were given.
Outcome<std::optional<InputFormat>> format_of(const Arguments& arguments) {
  std::optional<InputFormat> format;
  if (arguments.format) {
    VARVE_TRY(format, option_value("--format", parse_input_format(*arguments.format)));
  }
  const std::array owned = {std::pair(InputFormat::csv, &arguments.of_csv),
                            std::pair(InputFormat::ndjson, &arguments.of_ndjson)};
  for (const auto& [owner, options] : owned) {
    const CLI::Option* const given = first_given(*options);
    if (given == nullptr) continue;
    if (format && *format != owner) {
      return usage(given->get_name() + " is an option of " + std::string(name_of(owner)) +
                   ", and not of " + std::string(name_of(*format)));
    }
    format = owner;
  }
  return format;
}

Outcome<Plan> make_plan(const Arguments& arguments) {
  Plan plan;
  plan.now = wall_clock();
  plan.time = arguments.time;
  plan.prefix = arguments.prefix;
  VARVE_TRY(plan.format, format_of(arguments));
  // Whether it is valid does not depend on the format, which is not known yet.
  const auto times = time_form(arguments.time, TimeUnit::microseconds);
  if (!times) return usage(times.error().text);
  VARVE_TRY(plan.csv, csv_options_of(arguments.csv, *times, arguments.prefix, plan.now));
  VARVE_TRY(plan.map, json_map_of(arguments.ndjson));
  if (arguments.ttl) {
    VARVE_TRY(plan.importer.ttl, option_value("--ttl", parse_positive_duration(*arguments.ttl)));
  }
  if (arguments.durability) {
    VARVE_TRY(plan.durability,
              option_value("--durability", parse_durability(*arguments.durability)));
  }
  plan.importer.batch_records = arguments.batch;
  if (std::ranges::find(on_error_words, arguments.on_error) == on_error_words.end()) {
    return usage("--on-error: " + quote(arguments.on_error) + " is " + neither_of(on_error_words));
  }
  plan.importer.skip_bad_lines = arguments.on_error == "skip";
  if (arguments.db.empty() && !arguments.dry_run) return usage("--db is required");
  const bool is_one_file = arguments.files.size() == 1 && arguments.files.front() != "-";
  if (arguments.follow && !is_one_file) return usage("--follow needs one FILE");
  return plan;
}

TimeForm times_of(const Plan& plan, TimeUnit unit) {
  return time_form(plan.time, unit).value_or(TimeForm{});  // make_plan() has seen that it is one.
}

std::unique_ptr<RecordReader> make_reader(const Plan& plan, InputFormat format, Input& input,
                                          MeasurementNames& names) {
  switch (format) {
    case InputFormat::csv: {
      CsvOptions options = plan.csv;
      if (options.key) options.key = with_file_name(*options.key, input.name());
      for (auto& label : options.labels) label.value = with_file_name(label.value, input.name());
      return make_csv_reader(input, std::move(options));
    }
    case InputFormat::line_protocol: {
      LineProtocolOptions options;
      options.time = times_of(plan, TimeUnit::nanoseconds);
      options.now = plan.now;
      options.prefix = plan.prefix;
      options.names = &names;
      return make_line_protocol_reader(input, std::move(options));
    }
    case InputFormat::prometheus: {
      PrometheusOptions options;
      options.time = times_of(plan, TimeUnit::milliseconds);
      options.now = plan.now;
      options.prefix = plan.prefix;
      return make_prometheus_reader(input, std::move(options));
    }
    case InputFormat::annotated_csv: {
      AnnotatedCsvOptions options;
      options.time = times_of(plan, TimeUnit::nanoseconds);
      options.prefix = plan.prefix;
      options.names = &names;
      return make_annotated_csv_reader(input, std::move(options));
    }
    case InputFormat::ndjson: break;
  }
  NdjsonOptions options;
  options.time = times_of(plan, TimeUnit::microseconds);
  options.prefix = plan.prefix;
  options.map = plan.map;
  return make_ndjson_reader(input, std::move(options));
}

Outcome<FoundFormat> format_of(const Plan& plan, Input& input) {
  if (plan.format) return FoundFormat{*plan.format, "as was said"};
  return find_format(input);
}

std::string taken_for(const FoundFormat& found) {
  return "format " + std::string(name_of(found.format)) + ", " + found.by;
}

/// Every file is opened before the database is: a wrong name changes nothing.
Outcome<std::vector<Input>> open_inputs(const Arguments& arguments, ImporterOptions& options) {
  std::vector<std::string> names = arguments.files;
  if (names.empty()) names.emplace_back("-");
  std::vector<Input> inputs;
  std::uint64_t bytes = 0;
  bool bytes_known = !arguments.follow;
  for (const std::string& name : names) {
    VARVE_TRY(Input input, Input::open(name));
    bytes_known = bytes_known && input.size().has_value();
    bytes += input.size().value_or(0);
    if (arguments.follow) {
      if (!input.size()) return usage("--follow: " + name + " is no file that could grow");
      input.follow();
    }
    inputs.push_back(std::move(input));
  }
  if (bytes_known) options.bytes_total = bytes;
  return inputs;
}

/// What a reading that was stopped, or failed, comes to.
int stopped(const Failure& failure, const std::string& summary) {
  if (!is_interruption(failure)) {
    // Nothing is said of a reader of the output who has gone.
    if (!failure.message.empty()) say(failure.message);
    say("stopped; before that: " + summary);
    return failure.exit_code;
  }
  const int number = Interruption::number();
  say(failure.message.empty() ? "stopped by " + std::string(signal_name(number)) : failure.message);
  say(summary);
  return end_by_signal(number);
}

Outcome<void> read(const Plan& plan, Input& input, MeasurementNames& names, Importer& importer) {
  VARVE_TRY(const FoundFormat found, format_of(plan, input));
  const std::uint64_t before = importer.records();
  const auto reader = make_reader(plan, found.format, input, names);
  Outcome<void> outcome = importer.read(input, *reader);
  // A column may have been taken for text until its first number came.
  for (const std::string& decision : reader->decisions()) {
    if (decision.starts_with(left_out_mark)) say(input.name() + ": " + decision);
  }
  const bool is_doubtful = !plan.format && importer.records() == before && !importer.was_refused();
  if (!outcome && is_doubtful && !is_interruption(outcome.error())) {
    outcome.error().message += "; " + taken_for(found) + " (--format says otherwise)";
  }
  return outcome;
}

/// Of a file that is followed: also those that take its name, one after the other.
Outcome<void> read_on(const Plan& plan, Input& input, MeasurementNames& names, Importer& importer) {
  while (true) {
    VARVE_CHECK(read(plan, input, names, importer));
    if (!input.was_replaced()) return {};
    VARVE_TRY(Input next, Input::open(input.name()));
    if (!next.size()) return failed(input.name() + ": is no file that could grow any more");
    next.follow();
    say(input.name() + ": is another file; it is read from its beginning");
    input = std::move(next);
  }
}

Outcome<int> import_all(const Arguments& arguments, Plan& plan, std::vector<Input>& inputs) {
  VARVE_TRY(Engine engine, open_database(arguments.db, Access::create, plan.durability));
  // What measurements and fields the names of series stand for, in the notes of the database.
  MeasurementNames names;
  VARVE_CHECK(load_measurement_names(engine, names));
  plan.importer.complete = [&names](WriteBatch& batch) {
    return add_measurement_notes(batch, names);
  };
  Importer importer(engine, plan.importer);
  Outcome<void> outcome;
  for (Input& input : inputs) {
    outcome = read_on(plan, input, names, importer);
    if (!outcome) break;
  }
  const Outcome<void> closed = close_database(engine);
  for (const std::string& message : names.take_messages()) say(message);
  if (!closed) say(closed.error().message);
  if (!closed && (outcome || is_interruption(outcome.error()))) {
    say(importer.summary());
    return closed.error().exit_code;
  }
  if (!outcome) return stopped(outcome.error(), importer.summary());
  say(importer.summary());
  if (found_damage()) return exit_damaged;  // That outweighs bad lines.
  return importer.left_out() == 0 ? exit_ok : exit_partial;
}

Outcome<int> look_at_all(const Plan& plan, std::vector<Input>& inputs) {
  Output output = Output::standard();
  DryRun dry_run(plan.importer.skip_bad_lines, output);
  MeasurementNames names;
  for (Input& input : inputs) {
    const auto found = format_of(plan, input);
    if (!found) return stopped(found.error(), dry_run.summary());
    const auto reader = make_reader(plan, found->format, input, names);
    if (const auto outcome = dry_run.read(input, *reader, {taken_for(*found)}); !outcome) {
      return stopped(outcome.error(), dry_run.summary());
    }
    if (Interruption::number() != 0) break;
  }
  VARVE_CHECK(output.finish());
  say(dry_run.summary());
  if (const int number = Interruption::number(); number != 0) return end_by_signal(number);
  return dry_run.left_out() == 0 ? exit_ok : exit_partial;
}

Outcome<int> run(const Arguments& arguments) {
  VARVE_TRY(Plan plan, make_plan(arguments));
  VARVE_TRY(std::vector<Input> inputs, open_inputs(arguments, plan.importer));
  const Interruption interruption;
  return arguments.dry_run ? look_at_all(plan, inputs) : import_all(arguments, plan, inputs);
}

/// What `add` adds, in a group of its own in the help.
template <class Add>
std::vector<const CLI::Option*> in_group(CLI::App& command, const char* group, Add add) {
  const std::size_t before = command.get_options().size();
  add();
  std::vector<const CLI::Option*> added;
  const std::vector<CLI::Option*> all = command.get_options();
  for (std::size_t i = before; i < all.size(); ++i) {
    all[i]->group(group);
    added.push_back(all[i]);
  }
  return added;
}

}  // namespace

void add_import(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand("import", "Read records from files or standard input");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  // Not required here: a dry run has none.
  command->add_option("--db", arguments->db, "The database's directory, made where there is none")
      ->type_name("DIR");
  command->add_option("files", arguments->files, "Files to read; none or -: standard input")
      ->type_name("FILE");
  command
      ->add_option("--format", arguments->format,
                   "csv, lp, ndjson, prom or annotated; found by name or content where not given")
      ->type_name("FORMAT");
  command->add_flag("--dry-run", arguments->dry_run,
                    "Show how the input is understood, and its first records; write nothing");
  command->add_flag("--follow", arguments->follow, "Go on as the file grows, until a signal comes");
  command->add_option("--prefix", arguments->prefix, "Put before every key")->type_name("TEXT");
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
                   "With a bad line or cell: skip it (exit 3), or fail (exit 1; what was before it "
                   "is in)")
      ->capture_default_str()
      ->type_name("ACTION");
  in_group(*command, "Times", [&] { add_time_options(*command, arguments->time); });
  arguments->of_csv = in_group(*command, "csv", [&] { add_csv_options(*command, arguments->csv); });
  arguments->of_ndjson =
      in_group(*command, "ndjson", [&] { add_ndjson_options(*command, arguments->ndjson); });
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
