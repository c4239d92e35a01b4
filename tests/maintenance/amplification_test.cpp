// Streams of made-up flushes through the choice of compactions, carried out on tables that are
// only counts of bytes: that everything written stays in proportion, that there are never many
// tables, and that no plan lets an older row come before a newer one.

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "maintenance/compaction_choice.hpp"
#include "maintenance/windows.hpp"

namespace varve::maintenance {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr Timestamp hour = 3'600'000'000;
constexpr Timestamp minute = hour / 60;

/// Rows of one key at one moment: the same records, written again and again.
struct Written {
  double bytes = 0;
  std::uint64_t oldest = 0;  // Flushes that wrote them.
  std::uint64_t newest = 0;
};
using Contents = std::map<std::pair<Timestamp, std::string>, Written>;

struct Simulation {
  struct Entry {
    engine::TableMeta meta;
    std::uint32_t level = 0;
    Contents contents;
    Shape shape;
    bool damaged = false;
  };

  explicit Simulation(Rules with = {.window = hour}) : rules(with) {}

  Rules rules;
  bool checked = false;  // After each compaction.
  std::list<Entry> tables;
  std::uint64_t numbers = 0;
  std::uint64_t flushes = 0;
  std::uint64_t joins = 0;
  double flushed = 0;
  double written = 0;

  void flush(const std::map<Timestamp, double>& rows, const std::string& key = "k") {
    Contents contents;
    for (const auto& [ts, bytes] : rows) contents[{ts, key}].bytes = bytes;
    flush(std::move(contents), key, key);
  }
  void flush(Contents contents, const std::string& first, const std::string& last) {
    ++flushes;
    for (auto& [identity, rows] : contents) {
      rows.oldest = rows.newest = flushes;
      flushed += rows.bytes;
    }
    add(0, std::move(contents), flushes, first, last);
    settle();
  }

  double amplification() const { return written / flushed; }

  std::size_t count(std::uint32_t level) const {
    return static_cast<std::size_t>(std::ranges::count(tables, level, &Entry::level));
  }

  void settle() {
    for (int steps = 0;; ++steps) {
      ASSERT_LT(steps, 200) << "never done";
      const double before = waiting();
      const std::uint64_t joins_before = joins;
      if (!step() || (rules.everything && joins == joins_before && waiting() == before)) return;
    }
  }

  double waiting() const {
    double bytes = 0;
    for (const Entry& entry : tables) {
      for (const auto& [identity, rows] : entry.contents) {
        bytes += entry.level == 0 ? rows.bytes : 0;
      }
    }
    return bytes;
  }

  bool step() {
    LiveTables live;
    for (const Entry& entry : tables) {
      live.push_back(
          {&entry.meta, entry.level, entry.level == 0 ? &entry.shape : nullptr, entry.damaged});
    }
    std::ranges::stable_sort(live, [](const LiveTable& a, const LiveTable& b) {
      if (a.level != b.level) return a.level < b.level;
      if (a.level != 0) return false;
      return std::pair(a.meta->newest_flush, a.meta->number) >
             std::pair(b.meta->newest_flush, b.meta->number);
    });
    const auto plan = choose_compaction(live, rules);
    if (plan) run(*plan);
    return plan.has_value();
  }

  void run(const CompactionPlan& plan) {
    joins += plan.output_level > 1 ? 1 : 0;
    std::vector<Contents> parts(plan.regions.size() + 1);
    std::uint64_t newest = 0;
    std::string first = "~";
    std::string last;
    for (const std::uint64_t number : plan.inputs) {
      const auto input =
          std::ranges::find(tables, number, [](const Entry& entry) { return entry.meta.number; });
      ASSERT_NE(input, tables.end());
      EXPECT_FALSE(input->damaged);
      for (const auto& [identity, rows] : input->contents) {
        std::size_t part = 0;
        while (part < plan.regions.size() && !plan.regions[part].times.contains(identity.first)) {
          ++part;
        }
        EXPECT_TRUE(part < plan.regions.size() || input->level == 0);
        const auto [at, fresh] = parts[part].try_emplace(identity, rows);
        if (fresh) continue;
        at->second.bytes += rows.bytes;
        at->second.oldest = std::min(at->second.oldest, rows.oldest);
        at->second.newest = std::max(at->second.newest, rows.newest);
      }
      newest = std::max(newest, input->meta.newest_flush);
      first = std::min(first, input->meta.first_key);
      last = std::max(last, input->meta.last_key);
      tables.erase(input);
    }
    for (std::size_t part = 0; part < parts.size(); ++part) {
      const bool waits = part == plan.regions.size();
      if (parts[part].empty()) continue;
      add(waits ? 0 : plan.output_level, std::move(parts[part]), newest, first, last);
    }
    if (checked) check_order();
  }

  void add(std::uint32_t level, Contents contents, std::uint64_t flush, const std::string& first,
           const std::string& last) {
    double bytes = 0;
    ShapeBuilder shape(rules.window);
    for (const auto& [identity, rows] : contents) {
      bytes += rows.bytes;
      shape.add(engine::TimeSpan{identity.first, identity.first},
                static_cast<std::uint64_t>(rows.bytes));
    }
    written += bytes;
    Entry entry{
        .meta = {}, .level = level, .contents = std::move(contents), .shape = shape.finish()};
    entry.meta.number = ++numbers;
    entry.meta.size = static_cast<std::uint64_t>(bytes);
    entry.meta.first_key = first;
    entry.meta.last_key = last;
    entry.meta.times = {entry.contents.begin()->first.first, entry.contents.rbegin()->first.first};
    entry.meta.newest_flush = flush;
    tables.push_back(std::move(entry));
  }

  /// Of two tables that hold the same record, the newer's are newer.
  void check_order() const {
    for (const Entry& a : tables) {
      for (const Entry& b : tables) {
        if (&a == &b || !a.meta.overlaps(b.meta)) continue;
        if (a.level == b.level && a.level != 0) {
          ADD_FAILURE() << "tables overlap at level " << a.level;
          continue;
        }
        const bool newer = a.level != b.level ? a.level < b.level
                                              : std::pair(a.meta.newest_flush, a.meta.number) >
                                                    std::pair(b.meta.newest_flush, b.meta.number);
        if (!newer) continue;
        for (const auto& [identity, rows] : a.contents) {
          const auto older = b.contents.find(identity);
          if (older == b.contents.end()) continue;
          EXPECT_GE(rows.oldest, older->second.newest) << "an older row came before a newer one";
        }
      }
    }
  }
};

/// A flush of what was gathered in `span` up to `end`: 3 MiB, even over time.
std::map<Timestamp, double> gathered(Timestamp end, Timestamp span, double bytes = 3 * mib) {
  std::map<Timestamp, double> rows;
  for (int part = 0; part < 50; ++part) rows[end - span + span / 50 * part] = bytes / 50;
  return rows;
}

TEST(Amplification, stays_under_three_for_a_stream_in_order) {
  for (const Timestamp span : {Timestamp{minute}, 20 * minute, 6 * hour, 200 * hour}) {
    Simulation simulation;
    for (Timestamp flush = 1; flush <= 100; ++flush) simulation.flush(gathered(flush * span, span));
    EXPECT_LT(simulation.amplification(), 2.5) << span;
    EXPECT_LT(simulation.tables.size(), 60u);
  }
}

TEST(Amplification, stays_under_three_with_jitter_and_late_rows) {
  for (const double late : {0.0, 0.01, 0.05}) {
    std::mt19937_64 random(7);
    Simulation simulation;
    const Timestamp span = 2 * hour;
    for (Timestamp flush = 1; flush <= 200; ++flush) {
      auto rows = gathered(flush * span, span);
      for (Timestamp at = 0; at < 5; ++at) {  // The last minutes' rows, a little late.
        rows[(flush - 1) * span - at * minute] = 0.002 * 3 * mib;
      }
      for (int at = 0; at < 20; ++at) {  // Up to three days late.
        const auto back = static_cast<Timestamp>(random() % (72 * 60)) * minute;
        rows[flush * span - back] += late * 3 * mib / 20;
      }
      simulation.flush(rows);
    }
    EXPECT_LT(simulation.amplification(), 3.0) << late;
    EXPECT_LT(simulation.tables.size(), 100u) << late;
    EXPECT_LT(simulation.count(0), 20u) << late;
  }
}

TEST(Amplification, stays_under_three_when_clocks_run_wild) {
  std::mt19937_64 random(7);
  Simulation simulation;
  for (Timestamp flush = 1; flush <= 200; ++flush) {
    auto rows = gathered(500'000 * hour + flush * 2 * hour, 2 * hour);
    for (int at = 0; at < 10; ++at) rows[static_cast<Timestamp>(random())] += 40;
    rows[std::numeric_limits<Timestamp>::min()] += 40;
    rows[std::numeric_limits<Timestamp>::max()] += 40;
    for (Timestamp at = 0; at < 50; ++at) rows[at * minute] += 40;
    simulation.flush(rows);
  }
  EXPECT_LT(simulation.amplification(), 3.0);
  EXPECT_LT(simulation.tables.size(), 120u);
}

TEST(Amplification, grows_only_slowly_for_tiny_flushes) {
  Simulation simulation;
  for (Timestamp flush = 1; flush <= 1000; ++flush) {
    simulation.flush(gathered(flush * minute, minute, 20'000));
  }
  EXPECT_LT(simulation.amplification(), 4.0);
  EXPECT_LT(simulation.tables.size(), 50u);
}

TEST(Amplification, is_bounded_for_an_import_series_by_series) {
  Simulation simulation;
  for (int flush = 100; flush < 180; ++flush) {
    // Neighbouring flushes share a key, as the one that is cut by a flush.
    Contents contents;
    for (int key = flush; key <= flush + 1; ++key) {
      for (const auto& [ts, bytes] : gathered(8'766 * hour, 8'766 * hour, 1.5 * mib)) {
        contents[{ts, "k" + std::to_string(key)}].bytes = bytes;
      }
    }
    const std::string first = contents.begin()->first.second;
    simulation.flush(std::move(contents), first, "k" + std::to_string(flush + 1));
  }
  EXPECT_LT(simulation.amplification(), 8.0);
  EXPECT_LT(simulation.tables.size(), 120u);
}

TEST(Choice, never_lets_an_older_row_come_before_a_newer_one) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    // Small bounds, so that few rows do everything.
    Simulation simulation({.window = 10,
                           .island_bytes = 50,
                           .cut_bytes = 400,
                           .table_bytes_max = 2000,
                           .job_bytes = 6000,
                           .regions_max = 4});
    simulation.checked = true;
    for (std::uint64_t flush = 0; flush < 120; ++flush) {
      Contents contents;
      std::string first = "~";
      std::string last;
      const std::uint64_t key_first = 'a' + random() % 20;
      const std::uint64_t keys = random() % 8 + 1;
      const auto now = static_cast<Timestamp>(flush * (seed % 7));
      const std::uint64_t count = random() % 20 + 1;
      for (std::uint64_t at = 0; at < count; ++at) {
        const auto spread = static_cast<Timestamp>(random() % (random() % 5 == 0 ? 300 : 20));
        const std::string key(1, static_cast<char>(key_first + random() % keys));
        contents[{now - spread, key}].bytes = static_cast<double>(random() % 30 + 1);
        first = std::min(first, key);
        last = std::max(last, key);
      }
      simulation.flush(std::move(contents), first, last);
      if (random() % 40 == 0 && !simulation.tables.empty()) {
        auto damaged = simulation.tables.begin();
        std::advance(damaged, random() % simulation.tables.size());
        damaged->damaged = true;
      }
      if (random() % 30 == 0) {
        simulation.rules.everything = true;
        simulation.settle();
        simulation.rules.everything = false;
      }
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace varve::maintenance
