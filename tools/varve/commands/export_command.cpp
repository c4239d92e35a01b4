#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tools/formats/choices.hpp"
#include "tools/formats/record_printer.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/export/line_protocol_export.hpp"
#include "tools/varve/export/record_export.hpp"
#include "tools/varve/export/wide_export.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer =
    R"(Everything is exported where no series are chosen, by key and then by time. What it writes
comes back by varve import, without an option (ndjson with --time epoch: --time-unit us where it
begins before 1980 or from 2100 on).

Formats:
  csv     key,time,value,type,expires_at,labels. Labels stand in the first row of a series. Doubles
          have the shortest form that reads back to the same bits. With --wide a row for each time
          and a column for each series, for spreadsheets: without expiries and labels.
  ndjson  the same, an object per line; labels are a line before the records of their series.
  lp      Influx line protocol: the fields of one time on one line. It has no expiries, and no
          labels but tags.

Labels of series that have no records are exported where neither --from nor --to is given. Years
beyond 0000 to 9999 are written with a sign and six digits, and read back. With -o a file is
replaced once all is written; a pipe, a device or /dev/stdout is written at once.

Examples:
  varve export --db plant > all.csv
  varve export --db plant --prefix press1/ --from 2024-05-01 --to 2024-06-01 --wide -o may.csv
  varve export --db plant --format ndjson | varve import --db copy)";

struct Arguments {
  std::string db;
  std::string format = "csv";
  Selection selection;
  std::string time = "rfc3339";
  bool wide = false;
  bool skip_damaged = false;
  std::optional<std::string> file;
};

/// `reads` has the snapshot that records and labels are of.
Outcome<void> print_all(Engine& engine, const Query& query, const ReadOptions& reads,
                        const Arguments& arguments, const PrintOptions& options, Output& output) {
  if (options.format == RecordFormat::line_protocol) {
    return export_line_protocol(engine, query, reads, output);
  }
  if (arguments.wide) {
    VARVE_CHECK(export_wide(engine, query, reads, options.epoch_times, output));
  } else {
    VARVE_CHECK(export_records(engine, query, reads, options, output));
  }
  return output.finish();
}

Outcome<int> run(const Arguments& arguments) {
  PrintOptions options;
  VARVE_TRY(options.format, option_value("--format", parse_record_format(arguments.format)));
  if (arguments.time != "rfc3339" && arguments.time != "epoch") {
    return usage("--time: " + quote(arguments.time) + " is " + neither_of(time_form_words));
  }
  options.epoch_times = arguments.time == "epoch";
  options.is_whole = true;
  if (arguments.wide && options.format != RecordFormat::csv) {
    return usage("--wide is a form of csv: leave --format out");
  }
  VARVE_TRY(const Query query, query_of(arguments.selection, wall_clock()));
  if (arguments.file && arguments.file->empty()) return usage("-o: the name of the file is empty");

  const bool to_file = arguments.file && *arguments.file != "-";
  VARVE_TRY(Output output, to_file ? Output::create(*arguments.file, arguments.db)
                                   : Outcome<Output>(Output::standard()));
  VARVE_TRY(Engine engine, open_database(arguments.db, Access::read));
  VARVE_TRY(const Snapshot snapshot, engine.snapshot());
  const ReadOptions reads = ReadOptions().snapshot(snapshot).skip_damaged(arguments.skip_damaged);
  if (to_file && found_damage() && !arguments.skip_damaged) {
    return damaged(*arguments.file +
                   ": not written, since records are lost (--skip-damaged writes "
                   "what there is)");
  }
  return after_reading(engine, arguments.skip_damaged,
                       print_all(engine, query, reads, arguments, options, output));
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand("export", "Write records to a file or standard output");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  add_database_option(*command, arguments->db);
  command->add_option("--format", arguments->format, "csv, lp or ndjson")
      ->capture_default_str()
      ->type_name("FORMAT");
  add_selection_options(*command, arguments->selection);
  add_match_option(*command, arguments->selection);
  command->add_option("--time", arguments->time, "rfc3339, or epoch: microseconds since 1970")
      ->capture_default_str()
      ->type_name("FORM");
  command->add_flag("--wide", arguments->wide,
                    "csv: a row for each time, a column for each series");
  command->add_option("-o,--output", arguments->file, "Instead of standard output")
      ->type_name("FILE");
  add_skip_damaged_option(*command, arguments->skip_damaged);
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
