#include "tools/varve/import/line_faults.hpp"

#include "tools/formats/value_text.hpp"
#include "tools/varve/terminal/output.hpp"

namespace varve::tools {

namespace {

constexpr std::uint64_t told_max = 10;

/// "FILE:12:3: "
std::string place_of(const std::string& input, const ReadLine& line) {
  std::string place = input + ':' + std::to_string(line.number);
  if (line.column) place += ':' + std::to_string(*line.column);
  return place + ": ";
}

}  // namespace

Outcome<void> LineFaults::add(const std::string& input, const ReadLine& line) {
  if (!line.problem && line.bad_cells.empty()) return {};
  const std::string place = place_of(input, line);
  if (line.problem) ++lines_;
  cells_ += line.bad_cells.size();
  if (!skip_) {
    return failed(place + (line.problem ? *line.problem : line.bad_cells.front()) +
                  " (--on-error skip leaves it out)");
  }
  if (line.problem) tell(place + *line.problem);
  for (const std::string& cell : line.bad_cells) tell(place + cell);
  return {};
}

void LineFaults::tell(const std::string& what) {
  if (told_ > told_max) return;
  if (bar_ != nullptr) bar_->clear();
  say(told_ < told_max ? what : "further bad lines and cells are only counted");
  ++told_;
}

std::string LineFaults::text() const {
  const std::string lines = counted(lines_, "bad line");
  return cells_ == 0 ? lines : lines + ", " + counted(cells_, "bad cell");
}

}  // namespace varve::tools
