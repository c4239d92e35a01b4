#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/record/trusted_time.hpp"
#include "tools/formats/civil_time.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/stored/stored_version.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/clock.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer =
    R"(What has expired by the wall clock is hidden; it goes for good once it is past by the trusted time,
too. That takes the word of a clock that the system says is synchronised, and moves towards any other
by a day an hour at most. --vouch says that the wall clock is right: the trusted time is the clock's
then, and what has expired by it goes. No way leads back from that.

Examples:
  varve clock
  varve clock --db plant
  varve clock --db plant --vouch)";

struct Arguments {
  std::optional<std::string> db;
  bool vouch = false;
};

/// "3 days", "1 hour", "12.5 s"
std::string distance_text(std::int64_t micros) {
  if (micros >= 2 * day) return counted(static_cast<std::uint64_t>(micros / day), "day");
  if (micros >= hour) return counted(static_cast<std::uint64_t>(micros / hour), "hour");
  if (micros >= minute) return counted(static_cast<std::uint64_t>(micros / minute), "minute");
  return format_fixed(static_cast<double>(micros) / static_cast<double>(second), 1) + " s";
}

void append_line(std::string& out, std::string name, const std::string& text) {
  name.resize(10, ' ');
  out += name + text + '\n';
}

std::string trusted_text(const std::optional<engine::TrustedTime>& trusted, Timestamp wall) {
  if (!trusted) return "not stored yet: the wall clock counts";
  std::string out = format_time(trusted->time);
  const std::int64_t ahead = saturating_add(trusted->time, -wall);
  if (ahead < 0) {
    out += ", " + distance_text(ahead < -never ? never : -ahead) + " behind the wall clock";
  }
  if (ahead > 0) out += ", " + distance_text(ahead) + " ahead of the wall clock";
  return out + (trusted->synchronised ? "; the system's clock was synchronised then"
                                      : "; the system did not say then that its clock was "
                                        "synchronised");
}

/// Has the database take the wall clock for right. Returns how many rows went.
Outcome<std::uint64_t> vouch(const std::string& db) {
  VARVE_TRY(Engine engine, open_database(db, Access::exclusive));
  VARVE_TRY(const std::uint64_t purged, engine.collect_garbage(ClockTrust::vouched));
  VARVE_CHECK(close_database(engine));
  return purged;
}

struct Trusted {
  std::optional<engine::TrustedTime> time;
  std::vector<std::string> damages;  // Of the manifest.
};

/// What the newest edit of the manifest says; also while a program has the database open, which may
/// have a newer one in its log.
Outcome<Trusted> trusted_by(const std::filesystem::path& dir) {
  VARVE_CHECK(check_database(dir));
  VARVE_TRY(const auto directory, posix_file_system()->open_directory(dir));
  engine::BlockCache cache(0);
  engine::FilePool files(directory, 8);
  const engine::TableContext context{directory, &cache, &files, {}};
  VARVE_TRY(const StoredVersion found, read_version(*directory, context));
  return Trusted{found.loaded.version.trusted_time, found.loaded.damages};
}

Outcome<int> run(const Arguments& arguments) {
  if (arguments.vouch && !arguments.db) return usage("--vouch needs --db");
  if (arguments.vouch) {
    VARVE_TRY(const std::uint64_t purged, vouch(*arguments.db));
    say("the wall clock is trusted; dropped " + counted(purged, "row") +
        " that had expired, or been deleted or replaced");
  }
  const std::shared_ptr<Clock> machine = system_clock();
  const Timestamp wall = machine->wall();
  Output output = Output::standard();
  append_line(output.text(), "wall", format_time(wall));
  append_line(output.text(), "kernel",
              machine->synchronised() ? "synchronised: a program keeps the clock right"
                                      : "not synchronised, or it does not say");
  bool whole = true;
  if (arguments.db) {
    VARVE_TRY(const Trusted trusted, trusted_by(*arguments.db));
    append_line(output.text(), "trusted", trusted_text(trusted.time, wall));
    for (const std::string& damage : trusted.damages) say("DAMAGED: " + damage);
    whole = trusted.damages.empty();
  }
  VARVE_CHECK(output.finish());
  return whole ? exit_ok : exit_damaged;
}

}  // namespace

void add_clock(CLI::App& app, Action& action) {
  auto* const command = app.add_subcommand(
      "clock", "Show the wall clock, whether it is synchronised, and the time that is trusted");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(footer);
  command->add_option("--db", arguments->db, "The database's directory")->type_name("DIR");
  command->add_flag("--vouch", arguments->vouch,
                    "The wall clock is right: trust it, and drop what has expired by it");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace varve::tools
