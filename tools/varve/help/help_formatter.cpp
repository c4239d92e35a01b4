#include "tools/varve/help/help_formatter.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>

#include "tools/varve/terminal/terminal.hpp"
#include "tools/varve/terminal/wrap_text.hpp"

namespace varve::tools {

namespace {

class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::size_t columns)
      : columns_(columns), text_column_(columns < 70 ? 20 : 28) {}

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    return list_entry(make_option_name(option, is_positional) + make_option_opts(option),
                      make_option_desc(option), text_column_, columns_);
  }
  std::string make_subcommand(const CLI::App* command) const override {
    return list_entry(command->get_display_name(true), command->get_description(), text_column_,
                      columns_);
  }
  std::string make_description(const CLI::App* app) const override {
    return wrapped(CLI::Formatter::make_description(app), columns_) + '\n';
  }
  std::string make_footer(const CLI::App* app) const override {
    return wrapped_page(app->get_footer(), columns_);
  }

 private:
  const std::size_t columns_;
  const std::size_t text_column_;
};

}  // namespace

void wrap_help(CLI::App& app) {
  constexpr std::size_t columns_min = 40;   // Shorter ones would have no room for a text.
  constexpr std::size_t columns_max = 100;  // Longer lines are hard to read.
  const Terminal terminal = terminal_of(STDOUT_FILENO);
  app.formatter(
      std::make_shared<HelpFormatter>(std::clamp(terminal.columns, columns_min, columns_max)));
}

}  // namespace varve::tools
