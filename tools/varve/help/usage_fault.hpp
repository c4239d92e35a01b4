#pragma once

#include <string>

namespace CLI {
class App;
}

namespace varve::tools {

/// What is wrong with a command line that CLI11 refused for `reason`. What nobody knows comes
/// first, whatever else is missing: "there is no option '--form' of varve query; did you mean
/// --format?". And who to ask: "see varve query --help".
struct UsageFault {
  std::string what;
  std::string advice;
};
UsageFault usage_fault(const CLI::App& app, const std::string& reason);

}  // namespace varve::tools
