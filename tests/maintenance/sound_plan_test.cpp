// Versions made at random, whose rows are known: a plan is applied to them row by row, as the
// compaction and the version would, and each answer has to be what it was.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "maintenance/compaction_choice.hpp"
#include "tests/support/random.hpp"

namespace varve::maintenance {
namespace {

using engine::TableMeta;
using engine::TimeSpan;
using test::Random;

constexpr std::int64_t window = 10;
constexpr Timestamp times_end = 80;
constexpr std::uint64_t row_bytes = 10;

/// Of each record, which write it is.
using Rows = std::map<std::pair<std::string, Timestamp>, int>;

struct KnownTable {
  TableMeta meta;
  std::uint32_t level = 0;
  Rows rows;
  Shape shape;
  bool damaged = false;
};

Shape shape_of(const Rows& rows) {
  ShapeBuilder builder(window);
  for (const auto& [record, id] : rows) builder.add({&record.second, 1}, row_bytes);
  return builder.finish();
}

/// The order of hiding.
bool is_newer(const KnownTable& one, const KnownTable& other) {
  if (one.level != other.level) return one.level < other.level;
  return std::pair(one.meta.newest_flush, one.meta.number) >
         std::pair(other.meta.newest_flush, other.meta.number);
}

class KnownVersion {
 public:
  /// As flushes and compactions might have left it: but for the numbers, anything goes.
  explicit KnownVersion(Random& random) {
    const std::uint64_t flushes = 1 + random.below(8);
    for (std::uint64_t flush = 1; flush <= flushes; ++flush) {
      // At times two of one flush, which have no key in common.
      const bool parted = random.chance(0.2);
      add(0, flush, some_rows(random, 'a', parted ? 'c' : 'e'), random);
      if (parted) add(0, flush, some_rows(random, 'd', 'e'), random);
    }
    for (std::uint64_t tries = random.below(16); tries > 0; --tries) {
      const auto level = static_cast<std::uint32_t>(1 + random.below(3));
      add(level, 1 + random.below(2 * flushes), some_rows(random, 'a', 'e'), random);
    }
  }

  LiveTables live() const {
    LiveTables live;
    for (const KnownTable* table : in_order()) {
      live.push_back({&table->meta, table->level, table->level == 0 ? &table->shape : nullptr,
                      table->damaged});
    }
    return live;
  }

  Rows answers() const {
    Rows answers;
    for (const KnownTable* table : in_order())
      answers.insert(table->rows.begin(), table->rows.end());
    return answers;
  }

  /// False where the version would refuse it, since tables of one level overlap.
  bool apply(const CompactionPlan& plan) {
    std::map<std::uint32_t, std::vector<Rows>> written;  // By level.
    Rows merged;
    std::uint64_t newest = 0;
    std::uint64_t newest_of_level0 = 0;
    for (const KnownTable* input : in_order()) {
      if (std::ranges::find(plan.inputs, input->meta.number) == plan.inputs.end()) continue;
      merged.insert(input->rows.begin(), input->rows.end());
      newest = std::max(newest, input->meta.newest_flush);
      if (input->level == 0)
        newest_of_level0 = std::max(newest_of_level0, input->meta.newest_flush);
    }
    std::erase_if(tables_, [&](const KnownTable& table) {
      return std::ranges::find(plan.inputs, table.meta.number) != plan.inputs.end();
    });
    bool fits = true;
    for (const Region& region : plan.regions) {
      Rows rows;
      for (const auto& row : merged) {
        if (region.times.contains(row.first.second)) rows.insert(row);
      }
      for (const auto& row : rows) merged.erase(row.first);
      fits = add(plan.output_level, newest, std::move(rows)) && fits;
    }
    add(0, newest_of_level0, std::move(merged));
    return fits;
  }

  std::size_t size() const { return tables_.size(); }

 private:
  std::vector<const KnownTable*> in_order() const {
    std::vector<const KnownTable*> order;
    for (const KnownTable& table : tables_) order.push_back(&table);
    std::ranges::sort(order, [](const auto* a, const auto* b) { return is_newer(*a, *b); });
    return order;
  }

  Rows some_rows(Random& random, char first_key, char last_key) {
    Rows rows;
    const Timestamp from = random.between(0, times_end);
    const Timestamp span = random.between(1, random.chance(0.3) ? times_end : window);
    const char low = static_cast<char>(random.between(first_key, last_key));
    const char high = static_cast<char>(random.between(low, last_key));
    for (std::uint64_t count = 1 + random.below(8); count > 0; --count) {
      const std::string key(1, static_cast<char>(random.between(low, high)));
      rows[{key, random.between(from, from + span)}] = ++id_;
    }
    return rows;
  }

  void add(std::uint32_t level, std::uint64_t flush, Rows rows, Random& random) {
    if (add(level, flush, std::move(rows))) {
      tables_.back().damaged = random.chance(0.05);
    } else {
      tables_.pop_back();
    }
  }

  /// Returns whether it overlaps no other of its level, where that counts.
  bool add(std::uint32_t level, std::uint64_t flush, Rows rows) {
    if (rows.empty()) return true;
    KnownTable table{.meta = {}, .level = level, .rows = std::move(rows), .shape = {}};
    table.shape = shape_of(table.rows);
    table.meta.number = ++number_;
    table.meta.newest_flush = flush;
    table.meta.first_key = table.rows.begin()->first.first;
    table.meta.last_key = table.rows.rbegin()->first.first;
    table.meta.times = {table.shape.front().times.first, table.shape.back().times.last};
    table.meta.rows = table.rows.size();
    table.meta.size = table.rows.size() * row_bytes;
    const bool fits = level == 0 || std::ranges::none_of(tables_, [&](const KnownTable& other) {
                        return other.level == level && other.meta.overlaps(table.meta);
                      });
    tables_.push_back(std::move(table));
    return fits;
  }

  std::deque<KnownTable> tables_;
  std::uint64_t number_ = 0;
  int id_ = 0;
};

Rules random_rules(Random& random) {
  return {.window = window,
          .everything = random.chance(0.5),
          .run_tables = 2 + random.below(3),
          .pile_tables = 4,
          .pile_taken = 3,
          .share = 1 + random.below(4),
          .island_bytes = row_bytes * random.below(4),
          .cut_bytes = row_bytes * (1 + random.below(4)),
          .join_tables = 2 + random.below(2),
          .job_bytes = row_bytes * (4 + random.below(40)),
          .regions_max = 1 + random.below(4)};
}

/// The table, and some of its level.
std::vector<std::size_t> some_beside(const LiveTables& tables, std::size_t position,
                                     Random& random) {
  std::vector<std::size_t> positions{position};
  for (std::size_t other = 0; other < tables.size(); ++other) {
    const bool fits = tables[other].level == tables[position].level && !tables[other].blocked;
    if (fits && other != position && random.chance(0.5)) positions.push_back(other);
  }
  return positions;
}

/// By one of those who make plans.
std::optional<CompactionPlan> chosen_plan(const LiveTables& tables, Random& random) {
  const Rules rules = random_rules(random);
  const auto position = static_cast<std::size_t>(random.below(tables.size()));
  switch (random.below(3)) {
    case 0: return choose_compaction(tables, rules);
    case 1: return choose_join(tables, rules);
    default:
      if (tables[position].blocked) return std::nullopt;
      if (tables[position].level == 0) return plan_level0(tables, rules, {position});
      return plan_merge_down(tables, rules, some_beside(tables, position, random));
  }
}

/// By nobody who knows what is right.
CompactionPlan random_plan(const LiveTables& tables, Random& random) {
  CompactionPlan plan{
      .output_level = static_cast<std::uint32_t>(random.below(4)), .inputs = {}, .regions = {}};
  const double share = random.fraction();
  for (const LiveTable& table : tables) {
    if (random.chance(share)) plan.inputs.push_back(table.meta->number);
  }
  Timestamp from = random.chance(0.5) ? 0 : random.between(0, times_end);
  for (std::uint64_t count = random.below(4); count > 0; --count) {
    const Timestamp last =
        from + random.between(0, random.chance(0.3) ? 3 * times_end : 2 * window);
    plan.regions.push_back({{from, last}, 100});
    from = last + 1 + random.between(0, window);
  }
  return plan;
}

std::string text_of(const CompactionPlan& plan) {
  std::string text = "to level " + std::to_string(plan.output_level) + ":";
  for (const std::uint64_t number : plan.inputs) text += " " + std::to_string(number);
  for (const Region& region : plan.regions) {
    text +=
        " [" + std::to_string(region.times.first) + ", " + std::to_string(region.times.last) + "]";
  }
  return text;
}

TEST(SoundPlan, changes_no_answer_and_fits_whoever_made_it) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  Random random(seed);
  int sound = 0;
  int harmful = 0;
  for (int round = 0; round < 20'000; ++round) {
    KnownVersion version(random);
    const CompactionPlan plan = random_plan(version.live(), random);
    const bool passes = is_sound(plan, version.live());
    const Rows before = version.answers();
    const bool harmless = version.apply(plan) && version.answers() == before;
    ASSERT_TRUE(harmless || !passes) << "round " << round << ", " << text_of(plan);
    sound += passes ? 1 : 0;
    harmful += harmless ? 0 : 1;
  }
  EXPECT_GT(sound, 100);
  EXPECT_GT(harmful, 100);
}

TEST(SoundPlan, is_every_plan_that_is_chosen) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  Random random(seed);
  int chosen = 0;
  int cut = 0;
  for (int round = 0; round < 20'000; ++round) {
    KnownVersion version(random);
    const auto plan = chosen_plan(version.live(), random);
    if (!plan) continue;
    ++chosen;
    cut += plan->regions.size() > 1 ? 1 : 0;
    ASSERT_TRUE(is_sound(*plan, version.live())) << "round " << round << ", " << text_of(*plan);
    const Rows before = version.answers();
    ASSERT_TRUE(version.apply(*plan)) << "round " << round << ", " << text_of(*plan);
    ASSERT_EQ(version.answers(), before) << "round " << round << ", " << text_of(*plan);
  }
  EXPECT_GT(chosen, 1'000);
  EXPECT_GT(cut, 100);
}

}  // namespace
}  // namespace varve::maintenance
