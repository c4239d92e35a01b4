#include "tools/varve/terminal/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "tools/formats/value_text.hpp"

namespace varve::tools {

std::string progress_line(const ProgressState& state, std::size_t columns) {
  const double seconds = std::chrono::duration<double>(state.elapsed).count();
  const double rate = seconds > 0 ? static_cast<double>(state.records) / seconds : 0;
  const std::string speed = grouped(static_cast<std::uint64_t>(rate)) + " records/s";
  if (!state.bytes_total || *state.bytes_total == 0) {
    return (grouped(state.records) + " records  " + format_bytes(state.bytes) + "  " + speed)
        .substr(0, columns);
  }
  const double part =
      std::min(1.0, static_cast<double>(state.bytes) / static_cast<double>(*state.bytes_total));
  const std::string numbers = ' ' + std::to_string(static_cast<int>(part * 100)) + " %  " +
                              format_bytes(state.bytes) + " of " +
                              format_bytes(*state.bytes_total) + "  " + speed;
  if (columns < numbers.size() + 12) return numbers.substr(1).substr(0, columns);
  const std::size_t width = std::min<std::size_t>(columns - numbers.size() - 2, 30);
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(width));
  return '[' + std::string(filled, '=') + std::string(width - filled, ' ') + ']' + numbers;
}

void ProgressBar::show(const ProgressState& state) {
  using namespace std::chrono_literals;
  if (!terminal_.interactive || (shown_at_ && state.elapsed - *shown_at_ < 100ms)) return;
  shown_at_ = state.elapsed;
  visible_ = true;
  // In the last column the cursor would go on to the next line.
  const std::size_t columns = columns_now(STDERR_FILENO).value_or(terminal_.columns) - 1;
  const std::string line = "\r" + progress_line(state, columns) + "\x1b[K";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void ProgressBar::clear() {
  if (!visible_) return;
  visible_ = false;
  std::fputs("\r\x1b[K", stderr);
}

}  // namespace varve::tools
