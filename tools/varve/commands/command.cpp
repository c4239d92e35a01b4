#include "tools/varve/commands/command.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <sstream>
#include <string>
#include <tuple>

#include "tools/varve/commands/database.hpp"
#include "tools/varve/help/help_command.hpp"
#include "tools/varve/help/help_formatter.hpp"
#include "tools/varve/help/usage_fault.hpp"
#include "tools/varve/terminal/output.hpp"

namespace varve::tools {

namespace {

constexpr const char* description =
    "Works with a Varve time-series database: one directory of records (key, time, value).";

constexpr const char* footer = R"(Examples:
  varve demo                                          see what it does, in a few seconds
  varve import --db plant --key room/temp temp.csv    timestamp,value into one series
  varve query --db plant --prefix room/ --from -1d    a table of the last day
  varve query --db plant --key room/temp --plot       a chart in the terminal
  varve export --db plant --format ndjson -o all.ndjson
  varve help import                                   what a subcommand does and takes

Times are RFC 3339 (2024-05-01T12:00:00Z; without an offset UTC), microseconds since 1970, or
relative to now: now, -1h, -30m, -7d. Ranges of time include --from and exclude --to.

Exit codes: 0 done; 1 failed; 2 the command line is wrong, nothing was done; 3 done, but
something was left out (bad lines and cells under --on-error skip, damage under --skip-damaged); 4
stored bytes are damaged.)";

/// Has an option that may be given several times take one value each time. CLI11 lets such a one
/// take all that follows, so that `--columns a FILE` would read no file.
void take_one_value_each(CLI::App& app) {
  for (CLI::Option* const option : app.get_options()) {
    if (!option->get_positional() && option->get_allow_extra_args()) {
      option->expected(1)->take_all()->allow_extra_args(false);
    }
  }
  for (CLI::App* const command : app.get_subcommands({})) take_one_value_each(*command);
}

/// What is opened later must not get the number of a standard stream that is closed: messages would
/// be written into it, or it be read for an input. Opened the wrong way round, so that to use one
/// fails as before.
void hold_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    std::ignore = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // The least free.
  }
}

int report(const Failure& failure) {
  if (!failure.message.empty()) say(failure.message);
  return failure.exit_code;
}

/// Shows the help or the version that was asked for.
int show(const CLI::App& app, const CLI::Success& wish) {
  std::ostringstream text;
  const int exit_code = app.exit(wish, text, text);
  Output output = Output::standard();
  output.text() += text.str();
  const Outcome<void> outcome = output.finish();
  return outcome ? exit_code : report(outcome.error());
}

}  // namespace

int run_command(int argc, char** argv) {
  hold_standard_streams();
  // A reader that goes away is an error of a write, not a death: the database gets closed.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app(description, "varve");
  app.footer(footer);
  app.set_version_flag("--version", std::string("varve ") + VARVE_VERSION);
  app.require_subcommand(1);
  wrap_help(app);

  Action action;
  add_import(app, action);
  add_export(app, action);
  add_query(app, action);
  add_latest(app, action);
  add_downsample(app, action);
  add_delete(app, action);
  add_series(app, action);
  add_labels(app, action);
  add_top(app, action);
  add_stats(app, action);
  add_clock(app, action);
  add_compact(app, action);
  add_inspect(app, action);
  add_dump(app, action);
  add_demo(app, action);
  add_help(app, action);
  add_completion(app, action);
  take_one_value_each(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wish) {  // --help or --version.
    return show(app, wish);
  } catch (const CLI::ParseError& error) {
    const UsageFault fault = usage_fault(app, error.what());
    say(fault.what);
    say(fault.advice);
    return exit_usage;
  }
  try {
    const Outcome<int> outcome = action();
    if (!outcome) return report(outcome.error());
    return *outcome == exit_ok && found_damage() ? exit_damaged : *outcome;
  } catch (const std::exception& error) {  // Memory ran out, or a library threw.
    return report(Failure(exit_failed, error.what()));
  }
}

}  // namespace varve::tools

int main(int argc, char** argv) {
  try {
    return varve::tools::run_command(argc, argv);
  } catch (...) {  // Before there was a subcommand, or not even memory for a message.
    std::fputs("varve: failed\n", stderr);
    return varve::tools::exit_failed;
  }
}
