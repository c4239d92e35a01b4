#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "tools/formats/choices.hpp"
#include "tools/formats/matcher_text.hpp"
#include "tools/formats/time_text.hpp"
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
    R"(Every series that has records: how many, from when to when, and its labels. With --from and --to
only the records between count. With --without-records those that have labels and no such records.

Examples:
  varve series --db plant --prefix press1/
  varve series --db plant --match 'room=hall 2' --match 'unit!=C'
  varve series --db plant --match 'host=~"web[0-9]+"' --from -1h --format json
  varve series --db plant --without-records --from -1d)";

struct Arguments {
  std::string db;
  Selection selection;
  std::optional<std::uint64_t> limit;
  std::string format = "table";
  bool without_records = false;
  bool skip_damaged = false;
};

struct SeriesLine {
  std::string key;
  std::uint64_t records = 0;
  Timestamp first = 0;  // Where there are records.
  Timestamp last = 0;
  Labels labels;
};

class SeriesPrinter {
 public:
  SeriesPrinter(bool json, Output& output) : json_(json), output_(output) {}

  Outcome<void> add(const SeriesLine& line) {
    const bool is_empty = line.records == 0;
    if (json_) {
      using Json = nlohmann::ordered_json;
      Json labels = Json::object();
      for (const Label& label : line.labels) labels[label.name()] = label.value();
      const Json object = {{"key", line.key},
                           {"records", line.records},
                           {"first", is_empty ? Json() : Json(format_time(line.first))},
                           {"last", is_empty ? Json() : Json(format_time(line.last))},
                           {"labels", std::move(labels)}};
      // What is no UTF-8 is replaced: JSON has no other text.
      output_.text() += object.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
      return output_.drain();
    }
    table_.add({printable(line.key), grouped(line.records),
                is_empty ? "" : format_time_short(line.first),
                is_empty ? "" : format_time_short(line.last), labels_text(line.labels)});
    if (table_.waiting() == rows_at_once) table_.print(output_.text());
    return output_.drain();
  }
  Outcome<void> finish() {
    if (!json_ && table_.waiting() != 0) table_.print(output_.text());
    return output_.finish();
  }

 private:
  static constexpr std::size_t rows_at_once = 1000;

  const bool json_;
  Output& output_;
  TableText table_{{{"key"}, {"records", Align::right}, {"first"}, {"last"}, {"labels"}}};
};

Outcome<void> print_those_without(Engine& engine, Query query, const ReadOptions& options,
                                  SeriesPrinter& printer) {
  VARVE_TRY(const auto keys, engine.series_list(query.without_records(), options));
  for (const std::string& key : keys) {
    VARVE_TRY(Labels labels, engine.labels(key, options));
    VARVE_CHECK(printer.add({key, 0, 0, 0, std::move(labels)}));
  }
  if (keys.empty()) say("no series");
  return printer.finish();
}

Outcome<void> print_series(Engine& engine, const Query& query, const Arguments& arguments,
                           SeriesPrinter& printer) {
  const std::uint64_t limit = arguments.limit.value_or(Query::unlimited);
  // Records and labels as of one moment.
  VARVE_TRY(const Snapshot snapshot, engine.snapshot());
  const ReadOptions options =
      ReadOptions().snapshot(snapshot).fill_cache(false).skip_damaged(arguments.skip_damaged);
  if (arguments.without_records) {
    return print_those_without(engine, Query(query).limit(limit), options, printer);
  }
  VARVE_TRY(Scan scan, engine.scan(query, options));
  std::optional<SeriesLine> line;
  std::uint64_t count = 0;
  const auto finish_line = [&]() -> Outcome<void> {
    if (!line) return {};
    VARVE_TRY(line->labels, engine.labels(line->key, options));
    ++count;
    return printer.add(*line);
  };
  while (true) {
    VARVE_TRY(const std::optional<Block> block, scan.next_block());
    if (!block || !line || line->key != block->key()) {
      VARVE_CHECK(finish_line());
      if (!block || count == limit) break;
      line = SeriesLine{std::string(block->key()), 0, block->timestamps().front(), 0, {}};
    }
    line->records += block->size();
    line->last = block->timestamps().back();
  }
  if (count == 0) say("no series");
  return printer.finish();
}

Outcome<int> run(const Arguments& arguments) {
  if (arguments.format != "table" && arguments.format != "json") {
    return usage("--format: " + quote(arguments.format) + " is " + neither_of(series_format_words));
  }
  VARVE_TRY(const Query query, query_of(arguments.selection, wall_clock()));
  VARVE_TRY(Engine engine, open_database(arguments.db, Access::read));
  Output output = Output::standard();
  SeriesPrinter printer(arguments.format == "json", output);
  return after_reading(engine, arguments.skip_damaged,
                       print_series(engine, query, arguments, printer));
}

}  // namespace

void add_series(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand("series", "List series, their records and labels");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  add_database_option(*command, arguments->db);
  add_selection_options(*command, arguments->selection);
  add_match_option(*command, arguments->selection);
  take_count(command->add_option("--limit", arguments->limit, "At most so many series"));
  command->add_flag("--without-records", arguments->without_records,
                    "Series that have labels and no records");
  command->add_option("--format", arguments->format, "table, or json: an object per line")
      ->capture_default_str()
      ->type_name("FORMAT");
  add_skip_damaged_option(*command, arguments->skip_damaged);
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
