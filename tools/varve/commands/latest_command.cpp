#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/terminal/answer_printer.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer = R"(Fails (exit 1) where --key names a series without records.

Examples:
  varve latest --db plant --key press1/temp
  varve latest --db plant --prefix press1/ -n 3 --format json)";

struct Arguments {
  std::string db;
  Selection selection;
  std::size_t count = 1;
  std::string format = "table";
  bool skip_damaged = false;
};

Outcome<void> print_latest(Engine& engine, const Query& query, const Arguments& arguments,
                           AnswerPrinter& printer) {
  const ReadOptions options = ReadOptions().skip_damaged(arguments.skip_damaged);
  const bool is_one = arguments.selection.key.has_value();
  std::vector<std::string> keys;
  if (is_one) {
    keys.push_back(*arguments.selection.key);
  } else {
    VARVE_TRY(keys, engine.series_list(query, options));
  }
  for (const std::string& key : keys) {
    VARVE_TRY(const std::vector<Record> records, engine.latest_n(key, arguments.count, options));
    // Where some were left out, or lost, there may have been some.
    const bool is_known_empty =
        records.empty() && engine.stats().damage_left_out == 0 && !found_damage();
    if (is_known_empty && is_one) return failed(quote(key) + ": no records");
    for (const Record& record : records) VARVE_CHECK(printer.add(record.view()));
  }
  return printer.finish();
}

Outcome<int> run(const Arguments& arguments) {
  if (!arguments.selection.key && !arguments.selection.prefix) {
    return usage("latest needs --key or --prefix");
  }
  VARVE_TRY(const Query query, query_of(arguments.selection, wall_clock()));
  VARVE_TRY(const AnswerFormat format,
            option_value("--format", parse_answer_format(arguments.format)));
  VARVE_TRY(Engine engine, open_database(arguments.db, Access::read));
  Output output = Output::standard();
  const auto printer = make_answer_printer(format, AnswerKind::records, output);
  return after_reading(engine, arguments.skip_damaged,
                       print_latest(engine, query, arguments, *printer));
}

}  // namespace

void add_latest(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand("latest", "Show the newest records of series");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  add_database_option(*command, arguments->db);
  add_series_options(*command, arguments->selection);
  take_count(
      command->add_option("-n,--count", arguments->count, "So many of each series, newest first"))
      ->capture_default_str();
  command->add_option("--format", arguments->format, "table, csv or json")
      ->capture_default_str()
      ->type_name("FORMAT");
  add_skip_damaged_option(*command, arguments->skip_damaged);
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
