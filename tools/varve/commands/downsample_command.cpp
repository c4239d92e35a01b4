#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/formats/record_limits.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/aggregation_options.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer =
    R"(Each value becomes a record at the beginning of its span, in a series that is called TARGET, the
source's key (or its group), a slash and the function: hourly/press1/temp/mean, or p99 for a
percentile; where that has no labels it gets the source's, or its group's. Running it again writes
the same records again, so it can be run as often as is wanted. For that all spans are whole: --from
moves back to the beginning of its span, --to on to the end. With --from, increase and rate miss the
step into their first span. The source stays as it is; see varve delete.

Examples:
  varve downsample --db plant --prefix press --every 5m --aggregate mean,min,max --into 5m/
  varve downsample --db plant --prefix press --every 1h --aggregate mean --from -3h --into hourly/
  varve downsample --db plant --prefix press --every 1d --offset -2h --aggregate p99 --into daily/
  varve downsample --db plant --prefix press --match unit=W --group-by room --every 15m \
      --aggregate sum --ttl 52w --into rooms/)";

struct Arguments {
  std::string db;
  Selection selection;
  AggregationOptions aggregation;
  std::string into;
  std::optional<std::string> ttl;
};

struct Plan {
  Plan(Query what, Duration width, std::vector<Aggregation> wanted, const WriteOptions& how)
      : query(std::move(what)), every(width), functions(std::move(wanted)), write_options(how) {}

  Query query;
  Duration every;
  std::vector<Aggregation> functions;
  WriteOptions write_options;
};

Outcome<void> check_target(const Selection& selection, const std::string& into) {
  VARVE_CHECK(option_value("--into", check_key(into)));
  const std::string_view read = selection.key ? *selection.key : *selection.prefix;
  const bool meets = read.starts_with(into) || (!selection.key && into.starts_with(read));
  if (!meets) return {};
  return usage("--into " + quote(into) + " and " + (selection.key ? "--key " : "--prefix ") +
               quote(read) + " meet: what is written would be read again");
}

/// Its edges moved outwards, to where spans begin and end: a value of a part of a span would
/// replace one of the whole.
TimeRange whole_spans(const TimeRange& range, const Aggregation& spans) {
  std::optional<Timestamp> from = range.from();
  std::optional<Timestamp> to = range.to();
  if (from) from = spans.bucket_of(*from).from();
  if (to && spans.bucket_of(*to).from() != *to) to = spans.bucket_of(*to).to();
  if (from != range.from()) {
    say("--from moved back to " + format_time_short(*from) + ", where its span begins");
  }
  if (to && to != range.to()) {
    say("--to moved on to " + format_time_short(*to) + ", where its span ends");
  }
  return {from, to};
}

Outcome<Plan> plan_of(const Arguments& arguments) {
  const Selection& selection = arguments.selection;
  if (!selection.key && !selection.prefix) {
    return usage("downsample needs --key or --prefix: else it would read what it writes");
  }
  const Timestamp now = wall_clock();
  VARVE_TRY(Query query, query_of(selection, now));
  VARVE_CHECK(check_target(selection, arguments.into));
  VARVE_TRY(std::vector<Aggregation> functions, aggregations_of(arguments.aggregation));
  VARVE_TRY(const Duration every, width_of(arguments.aggregation));
  const Aggregation& first = functions.front();
  if (first.fill() == Fill::null) {
    return usage("--fill null: there is no record without a value; leave it out");
  }
  WriteOptions write_options;
  if (arguments.ttl) {
    VARVE_TRY(const Duration ttl, option_value("--ttl", parse_positive_duration(*arguments.ttl)));
    write_options.ttl(ttl);
  }
  query.between(whole_spans(query.range(), first.every(every)));
  return Plan(std::move(query), every, std::move(functions), write_options);
}

/// The keys, or what they are grouped by.
Outcome<std::vector<std::string>> sources_of(Engine& engine, const Plan& plan) {
  const Aggregation& first = plan.functions.front();
  std::vector<std::string> sources;
  if (!first.group_label() && !first.group_parts()) {
    VARVE_TRY(sources, engine.series_list(plan.query));
    return sources;
  }
  const Aggregation groups = first.group_label()
                                 ? Aggregation::count.group_by_label(*first.group_label())
                                 : Aggregation::count.group_by_prefix(*first.group_parts());
  VARVE_TRY(const auto counts, engine.aggregate(plan.query, groups));
  for (const Aggregate& count : counts) sources.push_back(count.key);
  return sources;
}

/// How many series of the target there are, of those that the plan names.
Outcome<std::uint64_t> targets_of(Engine& engine, const Plan& plan, const std::string& into,
                                  const std::vector<std::string>& sources) {
  VARVE_TRY(const auto targets, engine.series_list(Query::prefix(into)));
  std::uint64_t count = 0;
  for (const std::string& source : sources) {
    for (const Aggregation& function : plan.functions) {
      const std::string key = into + source + '/' + function.name();
      if (std::ranges::binary_search(targets, key)) ++count;
    }
  }
  return count;
}

Outcome<int> run(const Arguments& arguments) {
  VARVE_TRY(const Plan plan, plan_of(arguments));
  VARVE_TRY(Engine engine, open_database(arguments.db, Access::write));
  VARVE_TRY(const std::vector<std::string> sources, sources_of(engine, plan));
  if (sources.empty()) {
    say("nothing to downsample: no records");
    return exit_ok;
  }
  const auto records =
      engine.downsample(plan.query, plan.every, plan.functions, arguments.into, plan.write_options);
  if (!records) {
    say(records.error().message());
    say("stopped; a part may have been written, and running it again replaces that");
    return Failure(records.error()).exit_code;
  }
  VARVE_TRY(const std::uint64_t targets, targets_of(engine, plan, arguments.into, sources));
  VARVE_CHECK(close_database(engine));
  say("wrote " + counted(*records, "record") + " to " + grouped(targets) + " series under " +
      quote(arguments.into) +
      (*records != 0 && targets == 0 ? ": by --ttl all of them have expired" : ""));
  return exit_ok;
}

}  // namespace

void add_downsample(CLI::App& app, Action& action) {
  auto* const command =
      app.add_subcommand("downsample", "Write aggregates of records as records of other series");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  add_database_option(*command, arguments->db);
  add_selection_options(*command, arguments->selection);
  add_match_option(*command, arguments->selection);
  add_aggregation_options(*command, arguments->aggregation, AggregationUse::downsample);
  command->add_option("--into", arguments->into, "What the keys of the written series begin with")
      ->required()
      ->type_name("TARGET");
  command->add_option("--ttl", arguments->ttl, "Written records expire so long after their time")
      ->type_name("DURATION");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
