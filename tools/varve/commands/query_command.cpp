#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/varve/answers/calendar_query.hpp"
#include "tools/varve/commands/aggregation_options.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/commands/time_options.hpp"
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
  varve query --db plant --key meter/kwh --aggregate increase --every 1mo --time-zone Europe/Berlin
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
  std::optional<std::string> time_zone;
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

/// What is computed: by the engine, or in buckets of a calendar with its help.
struct Computed {
  std::optional<Aggregation> aggregation;
  std::optional<CalendarBuckets> calendar;

  bool in_buckets() const { return calendar || (aggregation && aggregation->every()); }
};

/// The buckets of --every in a zone.
Outcome<CalendarBuckets> calendar_of(const Arguments& arguments, const TimeZone& zone) {
  const AggregationOptions& options = arguments.aggregation;
  CalendarBuckets buckets;
  buckets.zone = &zone;
  VARVE_TRY(buckets.step, option_value("--every", parse_calendar_step(*options.every)));
  if (options.fill) {
    VARVE_TRY(buckets.fill, option_value("--fill", parse_fill(*options.fill)));
  }
  if (options.offset) return usage("--offset does not go with --every in a --time-zone");
  if (arguments.limit || arguments.per_series) {
    return usage("--limit and --per-series do not go with --every in a --time-zone");
  }
  buckets.newest_first = arguments.newest_first;
  return buckets;
}

Outcome<Computed> computed_of(const Arguments& arguments, const TimeZone* zone) {
  Computed computed;
  AggregationOptions options = arguments.aggregation;
  if (zone != nullptr && options.every) {
    VARVE_TRY(computed.calendar, calendar_of(arguments, *zone));
    options.every.reset();
    options.fill.reset();
  }
  VARVE_TRY(computed.aggregation, aggregation_of(options));
  return computed;
}

Outcome<std::vector<Aggregate>> compute(Engine& engine, const Query& query,
                                        const Computed& computed, const ReadOptions& options) {
  if (computed.calendar) {
    return aggregate_by_calendar(engine, query, *computed.aggregation, *computed.calendar, options);
  }
  VARVE_TRY(std::vector<Aggregate> answer, engine.aggregate(query, *computed.aggregation, options));
  return answer;
}

Outcome<void> print_aggregates(Engine& engine, const Query& query, const Computed& computed,
                               const ReadOptions& options, AnswerPrinter& printer) {
  VARVE_TRY(const std::vector<Aggregate> answer, compute(engine, query, computed, options));
  for (const Aggregate& aggregate : answer) VARVE_CHECK(printer.add(aggregate));
  return printer.finish();
}

Outcome<std::string> plotted(Engine& engine, const Query& query, const Computed& computed,
                             const ReadOptions& options, const TimeZone* zone) {
  const Terminal terminal = terminal_of(STDOUT_FILENO);
  if (!computed.aggregation) return plot_query(engine, query, options, terminal, zone);
  VARVE_TRY(std::vector<Aggregate> answer, compute(engine, query, computed, options));
  return plot_buckets(std::move(answer), terminal, zone);
}

Outcome<void> print_plot(Engine& engine, const Query& query, const Computed& computed,
                         const ReadOptions& options, const TimeZone* zone, Output& output) {
  VARVE_TRY(const std::string text, plotted(engine, query, computed, options, zone));
  if (text.empty()) say("no numbers to draw");
  output.text() += text;
  return output.finish();
}

Outcome<int> run(const Arguments& arguments) {
  VARVE_TRY(const TimeZone* const zone,
            option_value("--time-zone", time_zone_of(arguments.time_zone)));
  VARVE_TRY(Query query, query_of(arguments.selection, wall_clock(), zone));
  VARVE_TRY(const Computed computed, computed_of(arguments, zone));
  if (arguments.limit) query.limit(*arguments.limit);
  if (arguments.per_series) query.per_series(*arguments.per_series);
  if (arguments.newest_first && !computed.calendar) query.newest_first();
  VARVE_TRY(const AnswerFormat format,
            option_value("--format", parse_answer_format(arguments.format)));
  const std::optional<Aggregation>& aggregation = computed.aggregation;
  if (arguments.plot && aggregation && !computed.in_buckets()) {
    return usage("--plot of an aggregate needs --every");
  }
  if (arguments.wide && aggregation && !computed.in_buckets()) {
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
    return after_reading(engine, skip, print_plot(engine, query, computed, options, zone, output));
  }
  const AnswerKind kind = !aggregation            ? AnswerKind::records
                          : computed.in_buckets() ? AnswerKind::buckets
                                                  : AnswerKind::aggregates;
  const auto printer =
      arguments.wide ? make_wide_printer(output) : make_answer_printer(format, kind, output, zone);
  return after_reading(engine, skip,
                       aggregation ? print_aggregates(engine, query, computed, options, *printer)
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
  command
      ->add_option(
          "--time-zone", arguments->time_zone,
          "Of --from and --to that say no offset, of a table's or chart's times, and of the days, "
          "weeks, months and years of --every; as Europe/Berlin or +01:00")
      ->type_name("ZONE");
  auto* const format = command->add_option("--format", arguments->format, "table, csv or json")
                           ->capture_default_str()
                           ->type_name("FORMAT");
  auto* const plot =
      command->add_flag("--plot", arguments->plot, "A chart of the numbers over time");
  plot->excludes(format);
  command->add_flag("--wide", arguments->wide, "csv: a row for each time, a column for each series")
      ->excludes(plot);
  add_skip_damaged_option(*command, arguments->skip_damaged);
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
