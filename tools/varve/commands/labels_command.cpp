#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/formats/matcher_text.hpp"
#include "tools/formats/record_limits.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/terminal/output.hpp"
#include "tools/varve/terminal/table_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer =
    R"(The names of labels, and how many values each has; with --values the values of one. labels set
changes what a series has: NAME=VALUE gives it a label, NAME= takes it away, the others stay. labels
forget collects garbage, and takes all labels of series that have no records left.

Examples:
  varve labels --db plant
  varve labels --db plant --values room --match unit=C
  varve labels set --db plant press1/temp room='hall 2' unit=C
  varve labels forget --db plant --prefix pod/)";

struct Arguments {
  std::string db;
  Selection selection;
  std::optional<std::string> values;
  bool skip_damaged = false;
};

struct ForgetArguments {
  std::string db;
  Selection selection;
};

struct SetArguments {
  std::string db;
  std::string key;
  std::vector<std::string> labels;
  bool replace = false;
  bool leave = false;
};

Outcome<void> print_labels(Engine& engine, const Query& query, const Arguments& arguments) {
  const ReadOptions options = ReadOptions().skip_damaged(arguments.skip_damaged);
  Output output = Output::standard();
  if (arguments.values) {
    VARVE_TRY(const auto values, engine.label_values(*arguments.values, query, options));
    for (const std::string& value : values) {
      output.text() += printable(value) + '\n';
      VARVE_CHECK(output.drain());
    }
    if (values.empty()) say("no series has a label " + quote(*arguments.values));
  } else {
    VARVE_TRY(const auto names, engine.label_names(query, options));
    TableText table({{"label"}, {"values", Align::right}});
    for (const std::string& name : names) {
      VARVE_TRY(const auto values, engine.label_values(name, query, options));
      table.add({printable(name), grouped(values.size())});
    }
    if (names.empty()) {
      say("no labels");
    } else {
      table.print(output.text());
    }
  }
  return output.finish();
}

Outcome<int> run(const Arguments& arguments) {
  if (arguments.db.empty()) return usage("--db is required");
  VARVE_TRY(const Query query, query_of(arguments.selection, wall_clock()));
  VARVE_TRY(Engine engine, open_database(arguments.db, Access::read));
  return after_reading(engine, arguments.skip_damaged, print_labels(engine, query, arguments));
}

Outcome<int> run_forget(const ForgetArguments& arguments) {
  VARVE_TRY(const Query query, query_of(arguments.selection, wall_clock()));
  VARVE_TRY(Engine engine, open_database(arguments.db, Access::write));
  const Query without_records = Query(query).without_records();
  VARVE_TRY(const auto before, engine.series_list(without_records));
  VARVE_CHECK(engine.collect_garbage(CollectOptions().labels_without_records(query)));
  VARVE_TRY(const auto after, engine.series_list(without_records));
  VARVE_CHECK(close_database(engine));
  const std::size_t gone = before.size() - std::min(before.size(), after.size());
  std::string outcome = grouped(gone) + " series without records lost their labels";
  if (!after.empty()) {
    outcome += "; " + grouped(after.size()) + " more wait for a clock that is known to be right";
  }
  say(outcome);
  return exit_ok;
}

Outcome<int> run_set(const SetArguments& arguments) {
  VARVE_CHECK(option_value("labels set", check_key(arguments.key)));
  std::vector<Label> changes;
  for (const std::string& text : arguments.labels) {
    VARVE_TRY(Label label, option_value("labels set", parse_label(text)));
    changes.push_back(std::move(label));
  }
  if (changes.empty() && !arguments.replace) {
    return usage("labels set needs NAME=VALUE, or --replace");
  }
  VARVE_TRY(Engine engine, open_database(arguments.db, Access::write));
  VARVE_TRY(const Labels before, engine.labels(arguments.key));
  Labels given;
  for (const Label& change : changes) given.set(change.name(), change.value());
  std::vector<Label> after;
  if (!arguments.replace) {
    for (const Label& label : before) {
      bool changed = false;
      for (const Label& change : given) changed = changed || change.name() == label.name();
      if (!changed) after.push_back(label);
    }
  }
  for (const Label& change : given) {
    if (!change.value().empty()) after.push_back(change);
  }
  Labels labels(std::move(after));
  labels.leave_with_records(arguments.leave ||
                            (!arguments.replace && before.leaves_with_records()));
  VARVE_CHECK(engine.describe(arguments.key, labels));
  VARVE_CHECK(close_database(engine));
  say(printable(arguments.key) + ": " + (labels.empty() ? "no labels" : labels_text(labels)));
  return exit_ok;
}

}  // namespace

void add_labels(CLI::App& app, Action& action) {
  auto* const command =
      app.add_subcommand("labels", "List labels, give some to a series, or forget those of no use");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  // Not required here: labels set has its own.
  command->add_option("--db", arguments->db, "The database's directory")->type_name("DIR");
  add_series_options(*command, arguments->selection);
  add_match_option(*command, arguments->selection);
  command->add_option("--values", arguments->values, "The values of this label")->type_name("NAME");
  add_skip_damaged_option(*command, arguments->skip_damaged);

  auto* const set = command->add_subcommand("set", "Give labels to a series");
  const auto to_set = std::make_shared<SetArguments>();
  set->footer(footer);
  add_database_option(*set, to_set->db);
  set->add_option("key", to_set->key, "The series")->required();
  set->add_option("labels", to_set->labels, "NAME=VALUE, or NAME= to take one away");
  set->add_flag("--replace", to_set->replace, "Take away all others");
  set->add_flag("--leave-with-records", to_set->leave,
                "They go when the last record of the series has gone");
  set->callback([to_set, &action] { action = [to_set] { return run_set(*to_set); }; });

  auto* const forget =
      command->add_subcommand("forget", "Take the labels of series without records away");
  const auto to_forget = std::make_shared<ForgetArguments>();
  forget->footer(footer);
  add_database_option(*forget, to_forget->db);
  add_series_options(*forget, to_forget->selection);
  add_match_option(*forget, to_forget->selection);
  forget->callback(
      [to_forget, &action] { action = [to_forget] { return run_forget(*to_forget); }; });
  command->callback([arguments, set, forget, &action] {
    const bool is_plain = !set->parsed() && !forget->parsed();
    if (is_plain) action = [arguments] { return run(*arguments); };
  });
}

}  // namespace varve::tools
