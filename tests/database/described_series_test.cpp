// Series with their labels, in one list of one moment, and limits on lists of labels.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/database.hpp"

namespace varve {
namespace {

using test::Database;

using Described = std::vector<DescribedSeries>;
using Keys = std::vector<std::string>;

const Labels p1_temp = {{"room", "hall 1"}, {"unit", "C"}};
const Labels p2_temp = {{"room", "hall 2"}, {"unit", "C"}};
const Labels p2_volt = {{"room", "hall 2"}, {"unit", "V"}};

/// Three series that are described, one that nobody described, and labels without a record.
void fill_plant(Database& db) {
  WriteBatch batch;
  batch.describe("p1/temp", p1_temp);
  batch.describe("p2/temp", p2_temp);
  batch.describe("p2/volt", p2_volt);
  batch.describe("p9/gone", {{"room", "attic"}});
  for (const char* key : {"p1/temp", "p2/temp", "p2/volt", "p3/plain"}) {
    batch.put(key, 10, 1.5);
    batch.put(key, 20, 2.5);
  }
  db.write(std::move(batch));
}

Described described(Database& db, const Query& query, const ReadOptions& options = {}) {
  auto found = db->described_series(query, options);
  EXPECT_TRUE(found) << found.error().message();
  return found ? *std::move(found) : Described();
}

TEST(DescribedSeries, have_their_labels_beside_their_keys) {
  Database db;
  fill_plant(db);
  for (const bool in_tables : {false, true}) {
    SCOPED_TRACE(in_tables);
    if (in_tables) db.flush();
    EXPECT_EQ(described(db, Query::all()), (Described{{"p1/temp", p1_temp},
                                                      {"p2/temp", p2_temp},
                                                      {"p2/volt", p2_volt},
                                                      {"p3/plain", Labels()}}));
    EXPECT_EQ(described(db, Query::key("p3/plain")), (Described{{"p3/plain", Labels()}}));
    EXPECT_EQ(described(db, Query::prefix("none")), Described());
  }
}

TEST(DescribedSeries, are_chosen_as_series_list_chooses) {
  Database db;
  fill_plant(db);
  db.put("p2/volt", 99, 1.0);
  for (const Query& query :
       {Query::all().limit(2), Query::all().limit(0), Query::prefix("p2/"),
        Query::all().with(Matcher::equals("unit", "C")), Query::all().between(50, 100),
        Query::all().with(Matcher::not_equals("room", "hall 2")).limit(1),
        Query::all().without_records(), Query::all().newest_first()}) {
    Keys keys;
    for (const DescribedSeries& series : described(db, query)) {
      keys.push_back(series.key);
      EXPECT_EQ(series.labels, db->labels(series.key).value()) << series.key;
    }
    EXPECT_EQ(keys, db->series_list(query).value());
  }
}

TEST(DescribedSeries, that_have_no_records_are_listed_where_those_are_asked_for) {
  Database db;
  fill_plant(db);
  EXPECT_EQ(described(db, Query::all().without_records()),
            (Described{{"p9/gone", {{"room", "attic"}}}}));
}

TEST(DescribedSeries, of_a_snapshot_stay_as_they_were) {
  Database db;
  fill_plant(db);
  const ReadOptions before = ReadOptions().snapshot(db->snapshot().value());
  ASSERT_TRUE(db->describe("p1/temp", {{"room", "cellar"}}));
  ASSERT_TRUE(db->describe("p2/temp", {}));
  db.put("p4/new", 10, 1.0);
  db.flush();
  EXPECT_EQ(described(db, Query::prefix("p1/"), before), (Described{{"p1/temp", p1_temp}}));
  EXPECT_EQ(described(db, Query::all(), before).size(), 4U);
  EXPECT_EQ(described(db, Query::all()).size(), 5U);
  EXPECT_EQ(described(db, Query::key("p2/temp")), (Described{{"p2/temp", Labels()}}));
}

/// So many series lie between two that are chosen that the walk over labels leaps.
TEST(DescribedSeries, are_found_far_apart_among_many) {
  Database db;
  const auto key_of = [](int n) { return "s" + std::to_string(1'000'000 + n); };
  for (int first = 0; first < 4'000; first += 500) {
    WriteBatch batch;
    for (int n = first; n < first + 500; ++n) {
      batch.put(key_of(n), 1, n);
      if (n % 3 != 0) batch.describe(key_of(n), {{"n", std::to_string(n)}});
    }
    for (const int n : {7, 8, 1'999, 2'001, 3'998}) {
      if (n >= first && n < first + 500) {
        batch.describe(key_of(n), {{"n", std::to_string(n)}, {"chosen", "yes"}});
      }
    }
    db.write(std::move(batch));
  }
  db.flush();
  const auto chosen = described(db, Query::all().with(Matcher::equals("chosen", "yes")));
  ASSERT_EQ(chosen.size(), 5U);
  for (const DescribedSeries& series : chosen) {
    EXPECT_EQ(key_of(std::stoi(std::string(series.labels.value_of("n")))), series.key);
  }
  const auto all = described(db, Query::all());
  ASSERT_EQ(all.size(), 4'000U);
  for (int n = 0; n < 4'000; ++n) {
    const DescribedSeries& series = all[static_cast<std::size_t>(n)];
    EXPECT_EQ(series.key, key_of(n));
    const bool has_labels = n % 3 != 0 || n == 2'001;
    EXPECT_EQ(series.labels.value_of("n"), has_labels ? std::to_string(n) : "") << n;
  }
}

TEST(Labels, are_listed_up_to_a_limit) {
  Database db;
  fill_plant(db);
  EXPECT_EQ(db->label_names(Query::all().limit(1)).value(), (Keys{"room"}));
  EXPECT_EQ(db->label_names(Query::all().limit(3)).value(), (Keys{"room", "unit"}));
  EXPECT_EQ(db->label_values("room", Query::all().limit(2)).value(), (Keys{"attic", "hall 1"}));
  EXPECT_EQ(db->label_values("room", Query::prefix("p2/").limit(1)).value(), (Keys{"hall 2"}));
  EXPECT_EQ(db->label_values("unit", Query::all().limit(0)).value(), Keys());
}

}  // namespace
}  // namespace varve
