#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tools/formats/ndjson.hpp"
#include "tools/formats/record_printer.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer =
    R"(Everything is exported where no series are chosen, by key and then by time.
Doubles are written in the shortest form that reads back to the same bits. What a format cannot
carry: csv has no types (--with-type adds a column for them, import --type auto guesses), no labels
and no expiries, and of a NaN it keeps only the sign; lp has no expiries, and no labels but the tags
that stand in keys; ndjson has everything. It writes a series' labels, and whether they leave with
its last record, before its records; series that have labels and no records are left out.
Years beyond 0000 to 9999 are written with a sign and six digits, and read back.
With -o a file is replaced once all is written; a pipe, a device or /dev/stdout is written at once.

Examples:
  varve export --db plant > all.csv
  varve export --db plant --prefix press1/ --from 2024-05-01 --to 2024-06-01 -o may.csv
  varve export --db plant --format ndjson | varve import --db copy --format ndjson)";

struct Arguments {
  std::string db;
  std::string format = "csv";
  Selection selection;
  std::string time = "rfc3339";
  bool with_type = false;
  bool skip_damaged = false;
  std::optional<std::string> file;
};

/// `reads` has the snapshot that records and labels are of.
Outcome<void> print_all(Engine& engine, const Query& query, const ReadOptions& reads,
                        Output& output, const PrintOptions& options) {
  VARVE_TRY(Scan scan, engine.scan(query, ReadOptions(reads).fill_cache(false)));
  append_header(output.text(), options);
  std::string key;
  while (true) {
    VARVE_TRY(const std::optional<Block> block, scan.next_block());
    if (!block) return output.finish();
    if (options.format == RecordFormat::ndjson && key != block->key()) {
      key = block->key();
      VARVE_TRY(const Labels labels, engine.labels(key, reads));
      if (!labels.empty()) {
        append_ndjson_labels(output.text(), key, labels);
        output.text() += '\n';
      }
    }
    for (std::size_t i = 0; i < block->size(); ++i) {
      append_record(output.text(), block->record(i), options);
      VARVE_CHECK(output.drain());
    }
  }
}

Outcome<int> run(const Arguments& arguments) {
  PrintOptions options;
  VARVE_TRY(options.format, option_value("--format", parse_record_format(arguments.format)));
  if (arguments.time != "rfc3339" && arguments.time != "epoch") {
    return usage("--time: " + quote(arguments.time) + " is neither rfc3339 nor epoch");
  }
  options.epoch_times = arguments.time == "epoch";
  options.with_type = arguments.with_type;
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
                       print_all(engine, query, reads, output, options));
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
  command->add_flag("--with-type", arguments->with_type, "csv: a fourth column, type");
  command->add_option("-o,--output", arguments->file, "Instead of standard output")
      ->type_name("FILE");
  add_skip_damaged_option(*command, arguments->skip_damaged);
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
