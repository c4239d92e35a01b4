#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "tools/formats/choices.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/terminal/output.hpp"
#include "tools/varve/terminal/table_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer = R"(Counters count from the moment it opened the database, so of a
command most are zero; sizes are the database's. A program that has it open shows the same by
Engine::stats() and metrics_text(). While it is open elsewhere, see varve inspect.

Examples:
  varve stats --db plant
  varve stats --db plant --format json | jq .table_bytes)";

std::string human(const Stats& stats, const RecoveryReport& report) {
  std::string out;
  const auto line = [&out](std::string name, const std::string& text) {
    name.resize(18, ' ');
    out += name + text + '\n';
  };
  std::uint64_t records = 0;
  for (const auto& level : stats.levels) records += level.records;
  line("records",
       grouped(records) + " in tables" +
           (stats.memtable_records != 0 ? ", and " + grouped(stats.memtable_records) + " in memory"
                                        : ""));
  line("tables", grouped(stats.tables) + ", " + format_bytes(stats.table_bytes));
  if (records != 0) {
    line("bytes per record",
         format_fixed(static_cast<double>(stats.table_bytes) / static_cast<double>(records), 2));
  }
  line("range tombstones", grouped(stats.range_tombstones));
  if (stats.series_without_records.value_or(0) != 0) {
    line("without records", grouped(*stats.series_without_records) + " series that have labels");
  }
  line("WAL", counted(stats.wal_segments, "segment") + ", " + format_bytes(stats.wal_bytes));
  line("last sequence", grouped(stats.last_sequence));
  if (stats.last_error) line("last error", stats.last_error->message());

  TableText levels(
      {{"level"}, {"tables", Align::right}, {"records", Align::right}, {"size", Align::right}});
  for (std::size_t i = 0; i < stats.levels.size(); ++i) {
    const auto& level = stats.levels[i];
    if (level.tables == 0) continue;
    levels.add({std::to_string(i), grouped(level.tables), grouped(level.records),
                format_bytes(level.bytes)});
  }
  if (levels.waiting() != 0) {
    out += '\n';
    levels.print(out);
  }
  out += "\nopening it:\n" + report.to_string();
  if (!out.ends_with('\n')) out += '\n';
  return out;
}

nlohmann::ordered_json json_of(const LatencySummary& latency) {
  return {{"count", latency.count},        {"sum_ns", latency.sum.count()},
          {"p50_ns", latency.p50.count()}, {"p90_ns", latency.p90.count()},
          {"p99_ns", latency.p99.count()}, {"p999_ns", latency.p999.count()},
          {"max_ns", latency.max.count()}};
}

nlohmann::ordered_json json_of(const Stats& stats) {
  nlohmann::ordered_json levels = nlohmann::ordered_json::array();
  for (const auto& level : stats.levels) {
    levels.push_back(
        {{"tables", level.tables}, {"bytes", level.bytes}, {"records", level.records}});
  }
  nlohmann::ordered_json json = {{"started_at", stats.started_at},
                                 {"batches_written", stats.batches_written},
                                 {"records_written", stats.records_written},
                                 {"records_written_expired", stats.records_written_expired},
                                 {"deletes_written", stats.deletes_written},
                                 {"bytes_written", stats.bytes_written},
                                 {"writes_failed", stats.writes_failed},
                                 {"writes_slowed", stats.writes_slowed},
                                 {"writes_stopped", stats.writes_stopped},
                                 {"writes_far_from_clock", stats.writes_far_from_clock},
                                 {"queue_bytes", stats.queue_bytes},
                                 {"last_sequence", stats.last_sequence},
                                 {"durable_sequence", stats.durable_sequence},
                                 {"wal_bytes", stats.wal_bytes},
                                 {"wal_segments", stats.wal_segments},
                                 {"wal_bytes_appended", stats.wal_bytes_appended},
                                 {"wal_groups", stats.wal_groups},
                                 {"wal_syncs", stats.wal_syncs},
                                 {"memtables", stats.memtables},
                                 {"memtable_bytes", stats.memtable_bytes},
                                 {"memtable_records", stats.memtable_records},
                                 {"pinned_memtable_bytes", stats.pinned_memtable_bytes},
                                 {"memory_bytes", stats.memory_bytes()},
                                 {"cache_bytes", stats.cache_bytes},
                                 {"cache_hits", stats.cache_hits},
                                 {"cache_misses", stats.cache_misses},
                                 {"levels", levels},
                                 {"tables", stats.tables},
                                 {"table_bytes", stats.table_bytes},
                                 {"range_tombstones", stats.range_tombstones},
                                 {"flushes", stats.flushes},
                                 {"flush_bytes", stats.flush_bytes},
                                 {"flush_given_bytes", stats.flush_given_bytes},
                                 {"compactions", stats.compactions},
                                 {"compaction_bytes_read", stats.compaction_bytes_read},
                                 {"compaction_bytes_written", stats.compaction_bytes_written},
                                 {"collections", stats.collections},
                                 {"records_expired", stats.records_expired},
                                 {"records_purged", stats.records_purged},
                                 {"tables_damaged", stats.tables_damaged},
                                 {"maintenance_failures", stats.maintenance_failures},
                                 {"gets", stats.gets},
                                 {"scans", stats.scans},
                                 {"records_read", stats.records_read},
                                 {"damage_left_out", stats.damage_left_out},
                                 {"snapshots", stats.snapshots},
                                 {"scans_alive", stats.scans_alive},
                                 {"oldest_pin_age_ns", stats.oldest_pin_age.count()},
                                 {"pinned_bytes", stats.pinned_bytes},
                                 {"write_latency", json_of(stats.write_latency)},
                                 {"get_latency", json_of(stats.get_latency)},
                                 {"query_latency", json_of(stats.query_latency)},
                                 {"sync_latency", json_of(stats.sync_latency)},
                                 {"flush_latency", json_of(stats.flush_latency)},
                                 {"compaction_latency", json_of(stats.compaction_latency)}};
  if (stats.series_without_records) {
    json["series_without_records"] = *stats.series_without_records;
  }
  if (stats.last_flush_at) json["last_flush_at"] = *stats.last_flush_at;
  if (stats.last_compaction_at) json["last_compaction_at"] = *stats.last_compaction_at;
  if (stats.last_collection_at) json["last_collection_at"] = *stats.last_collection_at;
  if (stats.last_error) json["last_error"] = stats.last_error->message();
  return json;
}

/// With what the engine counts only while it keeps the database; damage is for others to tell.
Stats stats_of(Engine& engine) {
  Stats stats = engine.stats();
  const auto silent =
      engine.series_list(Query::all().without_records(), ReadOptions().fill_cache(false));
  if (silent) stats.series_without_records = silent->size();
  return stats;
}

Outcome<int> run(const std::string& db, const std::string& format) {
  if (format != "human" && format != "json" && format != "prometheus") {
    return usage("--format: " + quote(format) + " is no format: " + one_of(stats_format_words));
  }
  VARVE_TRY(Engine engine, open_database(db, Access::read));
  Output output = Output::standard();
  if (format == "human") {
    output.text() = human(stats_of(engine), engine.recovery_report());
  } else if (format == "json") {
    output.text() = json_of(stats_of(engine)).dump(2) + '\n';
  } else {
    output.text() = engine.metrics_text();
  }
  VARVE_CHECK(output.finish());
  return exit_ok;
}

}  // namespace

void add_stats(CLI::App& app, Action& action) {
  struct Arguments {
    std::string db;
    std::string format = "human";
  };
  auto* const command = app.add_subcommand("stats", "Show sizes and counters");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  add_database_option(*command, arguments->db);
  command->add_option("--format", arguments->format, "human, json or prometheus")
      ->capture_default_str()
      ->type_name("FORMAT");
  command->callback([arguments, &action] {
    action = [arguments] { return run(arguments->db, arguments->format); };
  });
}

}  // namespace varve::tools
