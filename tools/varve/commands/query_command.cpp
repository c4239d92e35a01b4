#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "tools/varve/commands/aggregation_options.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/terminal/answer_printer.hpp"
#include "tools/varve/terminal/plot_query.hpp"
#include "tools/varve/terminal/wide_printer.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer = R"(Without --key and --prefix it is about every series.

Examples:
  varve query --db plant --prefix press1/ --from -1h
  varve query --db plant --key press1/temp --from 2024-05-01 --to 2024-05-02 --format csv
  varve query --db plant --prefix press1/ --newest-first --per-series 1
  varve query --db plant --prefix press1/ --aggregate mean --from -7d
  varve query --db plant --key press1/temp --from -1d --aggregate max --every 5m --fill previous
  varve query --db plant --prefix press --from -1d --aggregate p99 --every 1h --group-by-prefix 1
  varve query --db plant --match 'room=hall 2' --from -1h
  varve query --db plant --prefix press1/ --from -1d --aggregate mean --every 1h --wide
  varve query --db plant --key press1/temp --from -1d --plot

A chart joins points by lines, but not over a time that is several times as long as the usual one
between two of them, nor over a span without a value (--fill null). Up to three values of a series,
and no more than one in a hundred, that are so far off that the others would fill less than a tenth
of the height are drawn at its edge, and counted above it.)";

struct Arguments {
  std::string db;
  Selection selection;
  std::optional<std::size_t> limit, per_series;
  bool newest_first = false;
  AggregationOptions aggregation;
  std::string format = "table";
  bool plot = false;
  bool wide = false;
  bool skip_damaged = false;
};

Outcome<void> print_records(Engine& engine, const Query& query, const ReadOptions& options,
                            AnswerPrinter& printer) {
  VARVE_TRY(Scan scan, engine.scan(query, options));
  while (true) {
    VARVE_TRY(const std::optional<Block> block, scan.next_block());
    if (!block) return printer.finish();
    for (std::size_t i = 0; i < block->size(); ++i) {
      VARVE_CHECK(printer.add(block->record(i)));
    }
  }
}

Outcome<void> print_aggregates(Engine& engine, const Query& query, const Aggregation& aggregation,
                               const ReadOptions& options, AnswerPrinter& printer) {
  VARVE_TRY(const std::vector<Aggregate> answer, engine.aggregate(query, aggregation, options));
  for (const Aggregate& aggregate : answer) VARVE_CHECK(printer.add(aggregate));
  return printer.finish();
}

Outcome<void> print_plot(Engine& engine, const Query& query,
                         const std::optional<Aggregation>& aggregation, const ReadOptions& options,
                         Output& output) {
  const Terminal terminal = terminal_of(STDOUT_FILENO);
  VARVE_TRY(const std::string text,
            aggregation ? plot_aggregates(engine, query, *aggregation, options, terminal)
                        : plot_query(engine, query, options, terminal));
  if (text.empty()) say("no numbers to draw");
  output.text() += text;
  return output.finish();
}

Outcome<int> run(const Arguments& arguments) {
  VARVE_TRY(Query query, query_of(arguments.selection, wall_clock()));
  if (arguments.limit) query.limit(*arguments.limit);
  if (arguments.per_series) query.per_series(*arguments.per_series);
  if (arguments.newest_first) query.newest_first();
  VARVE_TRY(const AnswerFormat format,
            option_value("--format", parse_answer_format(arguments.format)));
  VARVE_TRY(const std::optional<Aggregation> aggregation, aggregation_of(arguments.aggregation));
  if (arguments.plot && aggregation && !aggregation->every()) {
    return usage("--plot of an aggregate needs --every");
  }
  if (arguments.wide && aggregation && !aggregation->every()) {
    return usage("--wide of an aggregate needs --every: it has a row for each time");
  }
  if (arguments.wide && format == AnswerFormat::json) {
    return usage("--wide is a form of csv, and not of json");
  }

  VARVE_TRY(Engine engine, open_database(arguments.db, Access::read));
  const bool skip = arguments.skip_damaged;
  const ReadOptions options = ReadOptions().skip_damaged(skip);
  Output output = Output::standard();
  if (arguments.plot) {
    return after_reading(engine, skip, print_plot(engine, query, aggregation, options, output));
  }
  const AnswerKind kind = !aggregation           ? AnswerKind::records
                          : aggregation->every() ? AnswerKind::buckets
                                                 : AnswerKind::aggregates;
  const auto printer =
      arguments.wide ? make_wide_printer(output) : make_answer_printer(format, kind, output);
  return after_reading(engine, skip,
                       aggregation
                           ? print_aggregates(engine, query, *aggregation, options, *printer)
                           : print_records(engine, query, options, *printer));
}

}  // namespace

void add_query(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand("query", "Show records, aggregates or a chart");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  add_database_option(*command, arguments->db);
  add_selection_options(*command, arguments->selection);
  add_match_option(*command, arguments->selection);
  take_count(command->add_option("--limit", arguments->limit, "At most so many records in all"));
  take_count(
      command->add_option("--per-series", arguments->per_series, "At most so many of each series"));
  command->add_flag("--newest-first", arguments->newest_first, "Within each series");
  add_aggregation_options(*command, arguments->aggregation);
  auto* const format = command->add_option("--format", arguments->format, "table, csv or json")
                           ->capture_default_str()
                           ->type_name("FORMAT");
  auto* const plot =
      command->add_flag("--plot", arguments->plot, "A chart of the numbers over time");
  plot->excludes(format);
  command
      ->add_flag("--wide", arguments->wide, "csv: a row for each time, a column for each series")
      ->excludes(plot);
  add_skip_damaged_option(*command, arguments->skip_damaged);
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
