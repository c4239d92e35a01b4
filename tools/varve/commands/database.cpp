#include "tools/varve/commands/database.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <set>
#include <utility>

#include "tools/formats/value_text.hpp"
#include "tools/varve/terminal/damage_text.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/options.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// Of any database that the command opened.
bool damage_was_found = false;

/// Who opens a database twice, to look and then to write, says it once.
void say_once(const std::string& line) {
  static std::set<std::string> said;
  if (said.insert(line).second) say(line);
}

/// On stderr, so that it is seen whatever the command's output goes to.
void tell_of_damage(const RecoveryReport& report) {
  for (const RecoveryReport::Damage& damage : report.damages) {
    say_once("DAMAGED: " + damage_text(damage));
    damage_was_found = true;
  }
  for (const RecoveryReport::SetAside& aside : report.set_aside) {
    say_once(std::to_string(aside.batches) + " whole batches behind that, " +
             std::to_string(aside.first_sequence) + " to " + std::to_string(aside.last_sequence) +
             ", are left out: " + aside.file);
  }
  if (report.damages.empty() && !report.quarantined.empty()) {
    say_once("quarantine/ holds " + counted(report.quarantined.size(), "file") +
             " of damage that was found earlier; remove them once nobody needs them");
  }
}

}  // namespace

bool found_damage() { return damage_was_found; }

Outcome<void> close_database(Engine& engine) {
  VARVE_CHECK(engine.close());
  const std::uint64_t damaged = engine.stats().tables_damaged;
  if (damaged == 0) return {};
  say("left out " + counted(damaged, "table") +
      " that cannot be read; `varve inspect --verify` names what is damaged");
  damage_was_found = true;
  return {};
}

Outcome<Engine> open_database(const std::string& dir, Access access,
                              const std::optional<Durability>& durability) {
  std::error_code error;
  const auto status = std::filesystem::status(dir, error);
  if (access != Access::create) {
    if (!std::filesystem::exists(status)) return failed(dir + ": no such directory");
    if (!std::filesystem::is_directory(status)) return failed(dir + ": not a directory");
  } else if (std::filesystem::exists(status) && !std::filesystem::is_directory(status)) {
    return failed(dir + ": not a directory");
  }
  Options options;
  options.dir = dir;
  options.create_if_missing = access == Access::create;
  if (access == Access::read) options.mode = Mode::read_only;
  options.background_maintenance = access != Access::exclusive;
  if (durability) options.durability = *durability;
  auto engine = Engine::open(std::move(options));
  if (engine) tell_of_damage(engine->recovery_report());
  if (!engine && engine.error().code == Errc::not_found) {
    return failed(dir + ": not a Varve database");
  }
  return engine;
}

void add_skip_damaged_option(CLI::App& command, bool& skip) {
  command.add_flag("--skip-damaged", skip, "Leave out what is damaged, and exit with 3");
}

Outcome<int> after_reading(const Engine& engine, bool skip_damaged, Outcome<void> outcome) {
  if (!outcome) {
    Failure failure = std::move(outcome).error();
    if (failure.exit_code == exit_damaged && !skip_damaged) {
      failure.message += " (--skip-damaged leaves it out)";
    }
    return std::unexpected(std::move(failure));
  }
  if (!skip_damaged) return exit_ok;
  const std::uint64_t left_out = engine.stats().damage_left_out;
  if (left_out != 0) {
    say("left out what is damaged, in " + counted(left_out, "place") +
        "; `varve inspect --verify` names it");
  }
  return left_out != 0 || found_damage() ? exit_partial : exit_ok;
}

Timestamp wall_clock() { return system_clock()->wall(); }

}  // namespace varve::tools
