#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/formats/times/time_zone.hpp"
#include "tools/varve/terminal/terminal.hpp"
#include "varve/time.hpp"

namespace varve::tools {

/// A chart of numbers over time, as text: braille dots, or plain characters where those cannot be
/// shown, or could not be told apart (several series without colour).
///
/// Points are binned as they come, so memory is bounded by the chart. They come in any order of
/// series, and within one in the order of time, or in its reverse.
///
/// Points are joined by lines, but not over a gap: a time that is more than four to eight times as
/// long as the usual one (the median) between two points of the series, with a column of the chart
/// in it that has none; or one that add_gap() says.
///
/// Values that are far off do not squeeze the others: where up to three of a series, and no more
/// than one in a hundred, leave less than a tenth of the height to the rest, the chart is of the
/// rest. Those few are drawn at its edge, and the legend counts them. Infinities are on no chart,
/// and are counted, too; what is no number is passed over.
class Plot {
 public:
  static constexpr std::size_t series_max = 6;    // As many as there are colours.
  static constexpr std::size_t columns_min = 40;  // Of a terminal that has room for a chart.

  static constexpr std::size_t rows_usual = 14;

  /// Both moments are on the chart. `rows` are those between the axes. Where the terminal has fewer
  /// columns than columns_min, its lines are too long for it. Its times are those of the zone,
  /// which outlives it; null: UTC.
  Plot(Timestamp first, Timestamp last, std::size_t series_count, const Terminal& terminal,
       std::size_t rows = rows_usual, const TimeZone* zone = nullptr);

  /// REQUIRES fewer than series_max before. Returns its number.
  std::size_t add_series(std::string name);
  /// Draws nothing for what is not finite, or lies outside the chart's time.
  void add(std::size_t series, Timestamp ts, double value);
  /// The point before and the one that comes are not to be joined.
  void add_gap(std::size_t series) { series_[series].is_gap = true; }

  /// Whether there is anything to draw.
  bool has_points() const;
  /// The chart, its axes and a line per series; lines end in a line break.
  std::string draw() const;

 private:
  struct Bin {
    std::uint64_t points = 0;
    double first = 0, last = 0, min = 0, max = 0;
    Timestamp begin = 0, end = 0;  // Of its points' times.
    bool is_behind_gap = false;    // Whether add_gap() was called between the bin before and it.
  };
  static constexpr std::size_t strays_max = 3;
  struct Series {
    std::string name;
    std::vector<Bin> bins;
    std::uint64_t points = 0;
    std::uint64_t infinities = 0;
    // The greatest and the least values, from the outermost inwards; as many as there are points.
    std::array<double, strays_max + 1> greatest{}, least{};
    Timestamp last_ts = 0;
    std::array<std::uint64_t, 65> steps{};  // Between points, by how many bits their length has.
    bool is_gap = false;
  };
  struct Scale {
    double low = 0, high = 0;
  };
  class Canvas;

  std::size_t bin_of(Timestamp ts) const;
  /// The values of a series that are to fill the chart. REQUIRES points.
  static Scale range_of(const Series& series);
  static std::size_t strays_of(const Series& series);
  static bool is_gap_between(const Series& series, const Bin& before, const Bin& after);
  Scale scale() const;
  void draw_series(Canvas& canvas, const Scale& scale, std::size_t number) const;
  std::string legend() const;
  std::string time_axis(std::size_t margin) const;

  const Timestamp first_;
  const Timestamp last_;
  const Terminal terminal_;
  const bool braille_;
  const std::size_t rows_;
  const TimeZone* const zone_;
  std::size_t columns_;  // Of characters between the axes.
  std::vector<Series> series_;
};

/// Round numbers inside [low, high], about `count` of them, and how to write them.
struct Ticks {
  std::vector<double> values;
  std::vector<std::string> labels;
};
Ticks value_ticks(double low, double high, std::size_t count);

/// Round moments inside [first, last], so far apart that their labels fit `columns`, also where
/// those at the edges are moved inwards. Round is what clocks of the zone show; null: UTC.
struct TimeTick {
  Timestamp ts;
  std::string label;
};
std::vector<TimeTick> time_ticks(Timestamp first, Timestamp last, std::size_t columns,
                                 const TimeZone* zone = nullptr);

}  // namespace varve::tools
