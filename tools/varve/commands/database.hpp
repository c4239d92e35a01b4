#pragma once

#include <optional>
#include <string>

#include "tools/varve/terminal/failure.hpp"
#include "varve/engine.hpp"

namespace CLI {
class App;
}

namespace varve::tools {

enum class Access {
  read,       ///< Must exist. Not one byte of it is changed.
  write,      ///< Must exist.
  exclusive,  ///< Must exist. No maintenance runs beside the command.
  create,     ///< Is made where there is nothing.
};

/// Opens a database, or says plainly why not. Changes nothing where it fails. Tells of damage that
/// the opening found.
Outcome<Engine> open_database(const std::string& dir, Access access,
                              const std::optional<Durability>& durability = {});

/// Closes what a command has written to. Tells of tables that maintenance found damaged meanwhile.
Outcome<void> close_database(Engine& engine);

/// Whether damage was found so far: then a command that did its work exits with exit_damaged.
bool found_damage();

/// --skip-damaged, of commands that read.
void add_skip_damaged_option(CLI::App& command, bool& skip);

/// What a command exits with whose reads came to `outcome`: exit_partial, and a line that says so,
/// where --skip-damaged left something out. Where they failed for damage it says that the option is
/// there.
Outcome<int> after_reading(const Engine& engine, bool skip_damaged, Outcome<void> outcome);

Timestamp wall_clock();

}  // namespace varve::tools
