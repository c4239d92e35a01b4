#pragma once

#include <cstdint>
#include <string>

#include "tools/varve/import/record_reader.hpp"
#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/progress.hpp"

namespace varve::tools {

/// Counts what is wrong with the lines of inputs, and tells the first ten of it on stderr, by file,
/// line and column.
class LineFaults {
 public:
  /// `bar` is taken away before something is told; null where there is none. It outlives this.
  LineFaults(bool skip, ProgressBar* bar) : skip_(skip), bar_(bar) {}

  /// Fails where something is wrong with the line, or with one of its cells, and that is not to be
  /// skipped.
  Outcome<void> add(const std::string& input, const ReadLine& line);

  std::uint64_t count() const { return lines_ + cells_; }
  /// "2 bad lines, 1 bad cell".
  std::string text() const;

 private:
  void tell(const std::string& what);

  const bool skip_;
  ProgressBar* const bar_;
  std::uint64_t lines_ = 0;
  std::uint64_t cells_ = 0;
  std::uint64_t told_ = 0;
};

}  // namespace varve::tools
