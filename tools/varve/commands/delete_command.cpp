#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer =
    R"(It says what it will delete and asks; without a terminal to ask on it needs --yes. Before the
answer it only reads. Where the records are others after it, nothing is deleted.
--prefix "" is every series. With --match it asks of all series that match, at this moment; their
labels stay, but for those that leave with the last record.

Examples:
  varve delete --db plant --key press1/temp --time 2024-05-01T12:00:00Z
  varve delete --db plant --key press1/temp --to -30d --yes
  varve delete --db plant --prefix press1/
  varve delete --db plant --match 'room=hall 2' --to -52w)";

struct Arguments {
  std::string db;
  Selection selection;
  std::optional<std::string> time;
  bool yes = false;
};

/// What is to go, in words and as a query.
struct Target {
  std::string words;
  Query query;
  TimeRange range;
  std::optional<Timestamp> time;
};

std::string words_of(const Selection& selection, const TimeRange& range) {
  std::string words = selection.key ? "of " + quote(*selection.key)
                      : selection.prefix.value_or("").empty()
                          ? "of every series"
                          : "of every series under " + quote(*selection.prefix);
  std::string_view where = " where ";
  for (const std::string& matcher : selection.matchers) {
    (words += where) += quote(matcher);
    where = " and ";
  }
  if (range.from()) words += ", from " + format_time_short(*range.from());
  if (range.to()) words += ", before " + format_time_short(*range.to());
  return words;
}

Outcome<Target> target_of(const Arguments& arguments, Timestamp now) {
  const Selection& selection = arguments.selection;
  if (!selection.key && !selection.prefix && selection.matchers.empty()) {
    return usage("delete needs --key or --prefix, or --match");
  }
  if (arguments.time &&
      (!selection.key || selection.from || selection.to || !selection.matchers.empty())) {
    return usage("--time goes with --key, and without --from, --to and --match");
  }
  VARVE_TRY(Query query, query_of(selection, now));
  VARVE_TRY(const TimeRange range, range_of(selection, now));
  Target target{words_of(selection, range), std::move(query), range, {}};
  if (arguments.time) {
    VARVE_TRY(target.time, option_value("--time", parse_moment(*arguments.time, now)));
    target.words += " at " + format_time_short(*target.time);
  }
  return target;
}

Outcome<std::uint64_t> count(Engine& engine, const Arguments& arguments, const Target& target) {
  if (target.time) {
    VARVE_TRY(const auto record, engine.get(*arguments.selection.key, *target.time));
    return record ? 1U : 0U;
  }
  VARVE_TRY(const std::uint64_t records, engine.count(target.query));
  return records;
}

/// What is there of the target.
struct Found {
  std::uint64_t records = 0;
  std::vector<std::string> keys;  // That matchers choose.
  std::string words;

  friend bool operator==(const Found&, const Found&) = default;
};

Outcome<Found> find(Engine& engine, const Arguments& arguments, const Target& target) {
  Found found;
  VARVE_TRY(found.records, count(engine, arguments, target));
  found.words = counted(found.records, "record") + ' ' + target.words;
  if (!target.query.matchers().empty()) {
    VARVE_TRY(found.keys, engine.series_list(target.query));
    found.words += " (" + grouped(found.keys.size()) + " series)";
  }
  return found;
}

/// The same, and changes nothing.
Outcome<Found> look(const Arguments& arguments, const Target& target) {
  VARVE_TRY(Engine engine, open_database(arguments.db, Access::read));
  return find(engine, arguments, target);
}

/// Series by series, as matchers choose them.
Outcome<void> erase_all(Engine& engine, const std::vector<std::string>& keys,
                        const TimeRange& range) {
  constexpr std::size_t batch_bytes = std::size_t{16} << 10;  // What any log and memtable take.
  WriteBatch batch;
  std::size_t bytes = 0;
  for (const std::string& key : keys) {
    const Query one = Query::key(key);
    batch.erase_range(one.first_key(), one.end_key(), range);
    bytes += 2 * key.size() + 64;
    if (bytes < batch_bytes && &key != &keys.back()) continue;
    VARVE_CHECK(engine.write(std::move(batch)));
    batch = WriteBatch();
    bytes = 0;
  }
  return {};
}

Outcome<bool> agreed(const std::string& question) {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) {
    return usage(question + " There is no terminal to ask on: say --yes");
  }
  std::fputs((question + " Delete them? [y/N] ").c_str(), stderr);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int nothing_to_delete(const Found& found) {
  say("nothing to delete: " + found.words);
  return exit_ok;
}

Outcome<int> run(const Arguments& arguments) {
  VARVE_TRY(const Target target, target_of(arguments, wall_clock()));
  std::optional<Found> agreed_to;
  if (!arguments.yes) {
    VARVE_TRY(agreed_to, look(arguments, target));
    if (agreed_to->records == 0) return nothing_to_delete(*agreed_to);
    VARVE_TRY(const bool yes, agreed(agreed_to->words + '.'));
    if (!yes) return failed("nothing was deleted");
  }
  VARVE_TRY(Engine engine, open_database(arguments.db, Access::write));
  VARVE_TRY(const Found found, find(engine, arguments, target));
  // While it asked, nothing kept others from writing.
  if (agreed_to && found != *agreed_to) {
    return failed("the database has changed since it was asked: " + found.words +
                  "; nothing was deleted");
  }
  if (found.records == 0) return nothing_to_delete(found);
  const Query& query = target.query;
  if (target.time) {
    VARVE_CHECK(engine.erase(*arguments.selection.key, *target.time));
  } else if (!query.matchers().empty()) {
    VARVE_CHECK(erase_all(engine, found.keys, target.range));
  } else {
    VARVE_CHECK(engine.erase_range(query.first_key(), query.end_key(), target.range));
  }
  VARVE_CHECK(close_database(engine));
  say("deleted " + found.words);
  return exit_ok;
}

}  // namespace

void add_delete(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand("delete", "Delete records");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  add_database_option(*command, arguments->db);
  add_selection_options(*command, arguments->selection);
  add_match_option(*command, arguments->selection);
  command->add_option("--time", arguments->time, "The one record of --key at this moment")
      ->type_name("TIME");
  command->add_flag("--yes", arguments->yes, "Do not ask");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
