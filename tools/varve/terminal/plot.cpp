#include "tools/varve/terminal/plot.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <utility>

#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

constexpr std::size_t value_ticks_wanted = 4;
constexpr std::size_t label_width = 9;
constexpr std::string_view marks = "*o+x#@";

/// A code point of the block U+2800 to U+28FF as UTF-8.
std::string braille_cell(unsigned dots) {
  return {'\xE2', static_cast<char>(0xA0 | dots >> 6), static_cast<char>(0x80 | (dots & 0x3F))};
}

/// Whichever comes first.
std::uint64_t time_between(Timestamp a, Timestamp b) {
  return a < b ? static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a)
               : static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
}

/// Puts a value in its place among the outermost ones, of which there are `count` before it.
template <std::size_t size, class Before>
void keep_outermost(std::array<double, size>& kept, std::uint64_t count, double value,
                    Before before) {
  for (std::size_t i = 0; i < size; ++i) {
    if (i >= count) {
      kept[i] = value;
      return;
    }
    if (before(value, kept[i])) std::swap(value, kept[i]);
  }
}

}  // namespace

/// Dots, two by four to a character of braille, or one to a plain character.
class Plot::Canvas {
 public:
  Canvas(std::size_t columns, std::size_t rows, bool braille)
      : columns_(columns), rows_(rows), braille_(braille), cells_(columns * rows) {}

  std::size_t width() const { return columns_ * (braille_ ? 2 : 1); }
  std::size_t height() const { return rows_ * (braille_ ? 4 : 1); }

  void set(std::size_t x, std::size_t y, std::size_t series) {
    // The bit of each dot in a braille character, by column and row.
    constexpr std::array<std::array<unsigned, 4>, 2> bits = {
        {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};
    Cell& cell = braille_ ? cells_[y / 4 * columns_ + x / 2] : cells_[y * columns_ + x];
    cell.dots |= braille_ ? bits[x % 2][y % 4] : 1;
    cell.series = series;
  }

  /// A line of dots without gaps.
  void line(std::size_t x0, std::size_t y0, std::size_t x1, std::size_t y1, std::size_t series) {
    const auto distance = [](std::size_t a, std::size_t b) { return a > b ? a - b : b - a; };
    const std::size_t steps = std::max({distance(x0, x1), distance(y0, y1), std::size_t{1}});
    const auto at = [steps](std::size_t from, std::size_t to, std::size_t step) {
      const double part = static_cast<double>(step) / static_cast<double>(steps);
      return static_cast<std::size_t>(
          std::lround(static_cast<double>(from) * (1 - part) + static_cast<double>(to) * part));
    };
    for (std::size_t step = 0; step <= steps; ++step) {
      set(at(x0, x1, step), at(y0, y1, step), series);
    }
  }

  std::string row(std::size_t number, const Terminal& terminal, bool colours) const {
    std::string out;
    std::string run;  // Cells of one series, which share their colour's codes.
    std::size_t series = 0;
    const auto end_run = [&] {
      if (!run.empty()) out += colours ? coloured(terminal, series, run) : run;
      run.clear();
    };
    for (std::size_t column = 0; column < columns_; ++column) {
      const Cell& cell = cells_[number * columns_ + column];
      if (cell.dots == 0) {
        end_run();
        out += ' ';
        continue;
      }
      if (cell.series != series) end_run();
      series = cell.series;
      run += braille_ ? braille_cell(cell.dots) : std::string(1, marks[series % marks.size()]);
    }
    end_run();
    return out;
  }

 private:
  struct Cell {
    unsigned dots = 0;
    std::size_t series = 0;
  };

  const std::size_t columns_, rows_;
  const bool braille_;
  std::vector<Cell> cells_;
};

Plot::Plot(Timestamp first, Timestamp last, std::size_t series_count, const Terminal& terminal,
           std::size_t rows, const TimeZone* zone)
    : first_(first),
      last_(std::max(first, last)),
      terminal_(terminal),
      braille_(terminal.utf8 && (series_count <= 1 || terminal.colour)),
      rows_(rows),
      zone_(zone),
      columns_(std::max(terminal.columns, columns_min) - 12) {}

std::size_t Plot::add_series(std::string name) {
  Series series;
  series.name = std::move(name);
  series.bins.resize(columns_ * (braille_ ? 2 : 1));
  series_.push_back(std::move(series));
  return series_.size() - 1;
}

std::size_t Plot::bin_of(Timestamp ts) const {
  if (last_ == first_) return 0;
  const double part = static_cast<double>(time_between(first_, ts)) /
                      static_cast<double>(time_between(first_, last_));
  const std::size_t bins = columns_ * (braille_ ? 2 : 1);
  return static_cast<std::size_t>(std::lround(part * static_cast<double>(bins - 1)));
}

void Plot::add(std::size_t number, Timestamp ts, double value) {
  if (std::isnan(value) || ts < first_ || ts > last_) return;
  Series& series = series_[number];
  if (std::isinf(value)) {
    ++series.infinities;
    return;
  }
  if (series.points != 0) {
    ++series.steps[static_cast<std::size_t>(std::bit_width(time_between(series.last_ts, ts)))];
  }
  series.last_ts = ts;
  keep_outermost(series.greatest, series.points, value, std::greater<>());
  keep_outermost(series.least, series.points, value, std::less<>());
  ++series.points;
  Bin& bin = series.bins[bin_of(ts)];
  if (bin.points++ == 0) bin = {1, value, value, value, value, ts, ts, series.is_gap};
  series.is_gap = false;
  bin.last = value;
  bin.min = std::min(bin.min, value);
  bin.max = std::max(bin.max, value);
  bin.begin = std::min(bin.begin, ts);
  bin.end = std::max(bin.end, ts);
}

/// How many values are left out of the chart's height.
std::size_t Plot::strays_of(const Series& series) {
  const Scale range = range_of(series);
  std::size_t count = 0;
  for (std::size_t i = 0; i < strays_max && i < series.points; ++i) {
    if (series.greatest[i] > range.high) ++count;
    if (series.least[i] < range.low) ++count;
  }
  return count;
}

Plot::Scale Plot::range_of(const Series& series) {
  const Scale all = {series.least[0], series.greatest[0]};  // Outermost first.
  const std::uint64_t allowed = std::min<std::uint64_t>(strays_max, series.points / 100);
  // Halves, since the whole may be more than a double holds.
  const auto height = [](const Scale& scale) { return scale.high / 2 - scale.low / 2; };
  Scale range = all;
  std::size_t below = 0;
  std::size_t above = 0;
  for (std::size_t count = 1; count <= allowed; ++count) {
    for (std::size_t low = below; low + above <= count; ++low) {
      const Scale rest = {series.least[low], series.greatest[count - low]};
      // Others that are all alike are not squeezed: there is nothing to see of them.
      const bool is_squeezed = height(rest) > 0 && height(rest) * 10 < height(range);
      if (!is_squeezed) continue;
      range = rest;
      below = low;
      above = count - low;
      break;
    }
  }
  return range;
}

bool Plot::is_gap_between(const Series& series, const Bin& before, const Bin& after) {
  if (after.is_behind_gap) return true;
  std::uint64_t seen = 0;
  std::size_t bits = 0;
  while (bits + 1 < series.steps.size()) {
    seen += series.steps[bits];
    if (2 * seen >= series.points - 1) break;
    ++bits;
  }
  // The median is below 2 to the power of `bits`.
  if (bits + 2 >= 64) return false;
  const Timestamp from = std::min(before.end, after.end);
  const Timestamp to = std::max(before.begin, after.begin);
  return time_between(from, to) > std::uint64_t{1} << (bits + 2);
}

Plot::Scale Plot::scale() const {
  Scale scale;
  bool any = false;
  for (const Series& series : series_) {
    if (series.points == 0) continue;
    const Scale range = range_of(series);
    scale.low = any ? std::min(scale.low, range.low) : range.low;
    scale.high = any ? std::max(scale.high, range.high) : range.high;
    any = true;
  }
  if (scale.low == scale.high) {
    const double margin = scale.low == 0 ? 1 : std::abs(scale.low) / 10;
    scale.low -= margin;
    scale.high += margin;
  }
  return scale;
}

void Plot::draw_series(Canvas& canvas, const Scale& scale, std::size_t number) const {
  const auto y_of = [&](double value) {
    const double part = (value / 2 - scale.low / 2) / (scale.high / 2 - scale.low / 2);
    const auto top = static_cast<double>(canvas.height() - 1);
    return static_cast<std::size_t>(std::lround((1 - std::clamp(part, 0.0, 1.0)) * top));
  };
  const auto& bins = series_[number].bins;
  std::size_t before = bins.size();
  for (std::size_t x = 0; x < bins.size(); ++x) {
    if (bins[x].points == 0) continue;
    const bool joins = before != bins.size() &&
                       (before + 1 == x ? !bins[x].is_behind_gap
                                        : !is_gap_between(series_[number], bins[before], bins[x]));
    if (joins) {
      canvas.line(before, y_of(bins[before].last), x, y_of(bins[x].first), number);
    }
    canvas.line(x, y_of(bins[x].min), x, y_of(bins[x].max), number);
    before = x;
  }
}

bool Plot::has_points() const {
  return std::ranges::any_of(series_, [](const Series& series) { return series.points != 0; });
}

std::string Plot::draw() const {
  const Scale scale = this->scale();
  Canvas canvas(columns_, rows_, braille_);
  for (std::size_t number = 0; number < series_.size(); ++number) {
    draw_series(canvas, scale, number);
  }
  const Ticks ticks = value_ticks(scale.low, scale.high, value_ticks_wanted);
  std::vector<std::string> labels(rows_);
  for (std::size_t i = 0; i < ticks.values.size(); ++i) {
    const double part = (ticks.values[i] / 2 - scale.low / 2) / (scale.high / 2 - scale.low / 2);
    const auto row = std::lround((1 - std::clamp(part, 0.0, 1.0)) * static_cast<double>(rows_ - 1));
    labels[static_cast<std::size_t>(row)] = ticks.labels[i];
  }
  std::string out = legend();
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::string& label = labels[row];
    std::string line(label_width - std::min(label.size(), label_width), ' ');
    line += label;
    line +=
        terminal_.utf8 ? (label.empty() ? " \u2502" : " \u2524") : (label.empty() ? " |" : " +");
    line += canvas.row(row, terminal_, series_.size() > 1 && terminal_.colour);
    line.erase(line.find_last_not_of(' ') + 1);
    (out += line) += '\n';
  }
  return out + time_axis(label_width + 1);
}

std::string Plot::legend() const {
  std::string out;
  for (std::size_t number = 0; number < series_.size(); ++number) {
    const Series& series = series_[number];
    if (series_.size() > 1) {
      const std::string mark = braille_ ? "\u2588" : std::string(1, marks[number % marks.size()]);
      out += coloured(terminal_, number, mark) + ' ';
    }
    out += bold(terminal_, printable(series.name)) + "  " + counted(series.points, "point");
    if (series.points != 0) {
      out += ", " + format_short(series.least[0]) + " to " + format_short(series.greatest[0]);
      const std::size_t strays = strays_of(series);
      if (strays != 0) out += ", of them " + std::to_string(strays) + " beyond the edge";
    }
    if (series.infinities != 0) {
      out += ", " + counted(series.infinities, "infinite value") + " left out";
    }
    out += '\n';
  }
  const auto shown = [this](Timestamp ts) {
    return format_time_short(zone_ == nullptr ? ts : local_time(*zone_, ts));
  };
  return out + shown(first_) + " to " + shown(last_) + ' ' +
         (zone_ == nullptr ? "UTC" : zone_->name()) + '\n';
}

std::string Plot::time_axis(std::size_t margin) const {
  const std::string_view dash = terminal_.utf8 ? "\u2500" : "-";
  const std::string_view stroke = terminal_.utf8 ? "\u252C" : "+";
  std::vector<bool> strokes(columns_);
  std::string labels(margin + 1 + columns_, ' ');
  for (const TimeTick& tick : time_ticks(first_, last_, columns_, zone_)) {
    const std::size_t column = bin_of(tick.ts) / (braille_ ? 2 : 1);
    strokes[column] = true;
    // Centred below its stroke, and inside the chart.
    const std::size_t centred = margin + 1 + column - std::min(column, tick.label.size() / 2);
    const std::size_t begin = std::min(centred, labels.size() - tick.label.size());
    labels.replace(begin, tick.label.size(), tick.label);
  }
  std::string out(margin, ' ');
  out += terminal_.utf8 ? "\u2514" : "+";
  for (std::size_t column = 0; column < columns_; ++column) {
    out += strokes[column] ? stroke : dash;
  }
  labels.erase(labels.find_last_not_of(' ') + 1);
  return out + '\n' + labels + '\n';
}

}  // namespace varve::tools
