#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tools/varve/terminal/terminal.hpp"

namespace varve::tools {

/// How far an import is.
struct ProgressState {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> bytes_total;  ///< Unknown for a pipe.
  std::chrono::nanoseconds elapsed{};
};

/// One line of at most `columns`: "[=======       ] 45 %  12.3 of 27.0 MB  512,000 records/s".
std::string progress_line(const ProgressState& state, std::size_t columns);

/// Keeps such a line up to date on a terminal's stderr, ten times a second and as wide as the
/// terminal is then. Elsewhere it is silent.
class ProgressBar {
 public:
  explicit ProgressBar(const Terminal& terminal) : terminal_(terminal) {}
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() { clear(); }

  void show(const ProgressState& state);
  /// Takes the line away, before something else is written.
  void clear();

 private:
  const Terminal terminal_;
  std::optional<std::chrono::nanoseconds> shown_at_;
  bool visible_ = false;
};

}  // namespace varve::tools
