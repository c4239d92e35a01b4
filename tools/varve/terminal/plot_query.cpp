#include "tools/varve/terminal/plot_query.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tools/varve/terminal/plot.hpp"
#include "varve/detail/with_type.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// What the first scan learns.
struct Extent {
  std::vector<std::string> keys;  // Of the series that are drawn, ascending.
  std::uint64_t series_left_out = 0;
  Timestamp first = 0;
  Timestamp last = 0;
};

Outcome<Extent> measure(Engine& engine, const Query& query, const ReadOptions& options) {
  Extent extent;
  std::string key;
  VARVE_TRY(Scan scan, engine.scan(query, options));
  while (true) {
    VARVE_TRY(const std::optional<Block> block, scan.next_block());
    if (!block) return extent;
    if (block->type() == ValueType::bytes) continue;
    const bool another = key != block->key();
    key = block->key();
    const bool drawn =
        extent.keys.size() < Plot::series_max || (!another && extent.series_left_out == 0);
    if (another && drawn) extent.keys.push_back(key);
    if (another && !drawn) ++extent.series_left_out;
    if (!drawn) continue;
    // Newest first, a block's times descend.
    const auto [first, last] = std::minmax(block->timestamps().front(), block->timestamps().back());
    const bool only = extent.keys.size() == 1 && another;
    extent.first = only ? first : std::min(extent.first, first);
    extent.last = only ? last : std::max(extent.last, last);
  }
}

Outcome<void> check_width(const Terminal& terminal) {
  if (!terminal.interactive || terminal.columns >= Plot::columns_min) return {};
  return failed("the terminal is too narrow for a chart, which takes " +
                std::to_string(Plot::columns_min) + " columns");
}

std::string drawn(const Plot& plot, std::uint64_t series_left_out) {
  if (!plot.has_points()) return "";
  std::string out = plot.draw();
  if (series_left_out != 0) {
    out += "and " + std::to_string(series_left_out) + " more series, not drawn\n";
  }
  return out;
}

double number(const ValueView& value) {
  return detail::with_value(value, []<class T>(const T& one) {
    if constexpr (std::is_same_v<T, std::string_view>) {
      return 0.0;  // Bytes are not drawn.
    } else {
      return static_cast<double>(one);
    }
  });
}

}  // namespace

Outcome<std::string> plot_query(Engine& engine, const Query& query, const ReadOptions& how,
                                const Terminal& terminal, const TimeZone* zone) {
  VARVE_CHECK(check_width(terminal));
  VARVE_TRY(Snapshot snapshot, engine.snapshot());
  const ReadOptions options = ReadOptions(how).snapshot(std::move(snapshot));
  VARVE_TRY(const Extent extent, measure(engine, query, options));
  if (extent.keys.empty()) return std::string();

  Plot plot(extent.first, extent.last, extent.keys.size(), terminal, Plot::rows_usual, zone);
  for (const std::string& key : extent.keys) plot.add_series(key);
  VARVE_TRY(Scan scan, engine.scan(query, options));
  while (true) {
    VARVE_TRY(const std::optional<Block> block, scan.next_block());
    if (!block) break;
    const auto found = std::ranges::lower_bound(extent.keys, block->key());
    if (found == extent.keys.end()) break;
    if (*found != block->key() || block->type() == ValueType::bytes) continue;
    const auto series = static_cast<std::size_t>(found - extent.keys.begin());
    for (std::size_t i = 0; i < block->size(); ++i) {
      plot.add(series, block->timestamps()[i], number(block->value(i)));
    }
  }
  return drawn(plot, extent.series_left_out);
}

Outcome<std::string> plot_buckets(std::vector<Aggregate> answers, const Terminal& terminal,
                                  const TimeZone* zone) {
  VARVE_CHECK(check_width(terminal));
  std::erase_if(answers, [](const Aggregate& answer) {
    return answer.value && answer.value->type() == ValueType::bytes;
  });
  const auto has_value = [](const Aggregate& answer) { return answer.value.has_value(); };
  if (std::ranges::none_of(answers, has_value)) return std::string();
  std::ranges::stable_sort(answers, {}, &Aggregate::ts);  // They may come newest first.

  Extent extent;
  for (const Aggregate& answer : answers) {
    if (answer.value) extent.keys.push_back(answer.key);
  }
  std::ranges::sort(extent.keys);
  const auto repeated = std::ranges::unique(extent.keys);
  extent.keys.erase(repeated.begin(), repeated.end());
  if (extent.keys.size() > Plot::series_max) {
    extent.series_left_out = extent.keys.size() - Plot::series_max;
    extent.keys.resize(Plot::series_max);
  }
  std::erase_if(answers, [&](const Aggregate& answer) {
    return !std::ranges::binary_search(extent.keys, answer.key);
  });
  const auto [first, last] = std::ranges::minmax(answers, {}, &Aggregate::ts);
  extent.first = first.ts;
  extent.last = last.ts;

  Plot plot(extent.first, extent.last, extent.keys.size(), terminal, Plot::rows_usual, zone);
  for (const std::string& key : extent.keys) plot.add_series(key);
  for (const Aggregate& answer : answers) {
    const auto series = static_cast<std::size_t>(std::ranges::lower_bound(extent.keys, answer.key) -
                                                 extent.keys.begin());
    if (answer.value) {
      plot.add(series, answer.ts, number(answer.value->view()));
    } else {
      plot.add_gap(series);
    }
  }
  return drawn(plot, extent.series_left_out);
}

}  // namespace varve::tools
