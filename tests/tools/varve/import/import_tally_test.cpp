#include "tools/varve/import/import_tally.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace varve::tools {
namespace {

constexpr Timestamp begin = 1'714'521'600'000'000;  // 2024-05-01
constexpr Timestamp hour = 3'600'000'000;

/// As an importer does it: each batch is counted, then written.
class Tally : public testing::Test {
 protected:
  using Batch = std::vector<std::pair<std::string, Timestamp>>;

  void add(const Batch& batch) {
    RecordList records;
    WriteBatch write;
    for (const auto& [key, ts] : batch) {
      records.add(key, ts, 1.0);
      write.put(key, ts, 1.0);
    }
    tally_.add(records);
    engine_.write(std::move(write)).value();
  }

  Engine engine_ = Engine::open_in_memory().value();
  ImportTally tally_{&engine_};
};

TEST_F(Tally, counts_series_and_says_from_when_to_when) {
  EXPECT_EQ(tally_.time_text(), "");
  add({{"a", begin}});
  EXPECT_EQ(tally_.series_text(), "1 series");
  EXPECT_EQ(tally_.time_text(), "2024-05-01 00:00:00");
  add({{"b", begin + hour}, {"a", begin + 2 * hour}, {"b", begin - hour}});
  EXPECT_EQ(tally_.series_text(), "2 series");
  EXPECT_EQ(tally_.time_text(), "2024-04-30 23:00:00 to 2024-05-01 02:00:00");
  EXPECT_EQ(tally_.replaced(), 0U);
}

TEST_F(Tally, counts_records_at_the_time_of_the_last) {
  add({{"a", begin}, {"a", begin}, {"b", begin}});
  add({{"a", begin}, {"a", begin + 1}, {"a", begin + 1}});
  EXPECT_EQ(tally_.replaced(), 3U);
}

TEST_F(Tally, counts_late_records_at_a_time_that_came_before) {
  add({{"a", begin}, {"a", begin + hour}, {"a", begin + 2 * hour}});
  add({{"a", begin + hour}, {"a", begin + hour / 2}, {"a", begin + hour / 2}});
  EXPECT_EQ(tally_.replaced(), 2U) << "one of the batch before, and one of its own";
}

TEST_F(Tally, counts_the_hour_that_clocks_show_twice) {
  Batch local;
  for (const int half_hour : {0, 1, 2, 3, 4, 5, 4, 5, 6, 7}) {
    local.emplace_back("meter", begin + half_hour * hour / 2);
  }
  add(local);
  EXPECT_EQ(tally_.replaced(), 2U);
}

TEST_F(Tally, counts_nothing_where_records_come_from_the_newest_to_the_oldest) {
  for (int i = 100; i > 0; --i) add({{"a", begin + i * hour}, {"b", begin + i * hour}});
  EXPECT_EQ(tally_.replaced(), 0U);
}

TEST_F(Tally, leaves_out_what_may_have_replaced_records_from_before_the_import) {
  engine_
      .write([] {
        WriteBatch batch;
        batch.put("a", begin + hour, 1.0);
        return batch;
      }())
      .value();
  add({{"a", begin}, {"a", begin + 3 * hour}, {"a", begin + hour}});
  EXPECT_EQ(tally_.replaced(), 0U);
  add({{"a", begin + 2 * hour}, {"a", begin + 4 * hour}});
  add({{"a", begin + 2 * hour}});
  EXPECT_EQ(tally_.replaced(), 1U) << "that one is behind all that there was";
}

TEST(TallyWithoutEngine, counts_what_it_can_know_by_itself) {
  ImportTally tally(nullptr);
  RecordList records;
  for (const Timestamp ts : {begin, begin + hour, begin + hour, begin + 2 * hour}) {
    records.add("a", ts, 1.0);
  }
  tally.add(records);
  records.next_batch();
  records.add("a", begin + hour / 2, 1.0);
  tally.add(records);
  EXPECT_EQ(tally.replaced(), 1U);
}

TEST(TallyWithoutEngine, says_that_there_are_more_series_than_it_counts) {
  ImportTally tally(nullptr);
  RecordList records;
  for (std::size_t i = 0; i <= ImportTally::series_max; ++i) {
    records.add("k" + std::to_string(i), begin, 1.0);
  }
  tally.add(records);
  EXPECT_EQ(tally.series_text(), "over 100,000 series");
}

}  // namespace
}  // namespace varve::tools
