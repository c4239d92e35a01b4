#include "varve/query.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace varve {
namespace {

TEST(Query, by_prefix_ends_before_the_next_prefix) {
  const Query query = Query::prefix("plant/");
  EXPECT_EQ(query.first_key(), "plant/");
  EXPECT_EQ(query.end_key(), "plant0");
}

TEST(Query, by_a_prefix_of_highest_bytes_is_open) {
  EXPECT_EQ(Query::prefix("\xFF\xFF").end_key(), std::nullopt);
  EXPECT_EQ(Query::prefix("").end_key(), std::nullopt);
}

TEST(Query, by_key_holds_that_key_alone) {
  const Query query = Query::key("a");
  EXPECT_EQ(query.first_key(), "a");
  EXPECT_EQ(query.end_key(), std::string("a\0", 2));
}

TEST(Query, by_key_and_by_prefix_take_a_view_whose_text_may_go) {
  std::string text = "plant/press1/temp";
  const std::string_view whole = text;
  const Query key = Query::key(whole.substr(6, 6));
  const Query prefix = Query::prefix(whole.substr(0, 6));
  text.assign(text.size(), '?');
  EXPECT_EQ(key.first_key(), "press1");
  EXPECT_EQ(prefix.first_key(), "plant/");
  EXPECT_EQ(prefix.end_key(), "plant0");
}

TEST(Query, by_keys_is_open_where_no_bound_is_given) {
  EXPECT_EQ(Query::keys("b", "c").first_key(), "b");
  EXPECT_EQ(Query::keys("b", "c").end_key(), "c");
  EXPECT_EQ(Query::keys(std::nullopt, "c").first_key(), "");
  EXPECT_EQ(Query::keys("b", std::nullopt).end_key(), std::nullopt);
}

TEST(Query, of_all_has_no_bounds) {
  const Query query = Query::all();
  EXPECT_EQ(query.first_key(), "");
  EXPECT_EQ(query.end_key(), std::nullopt);
  EXPECT_EQ(query.range(), TimeRange());
  EXPECT_EQ(query.limit(), Query::unlimited);
  EXPECT_EQ(query.per_series(), Query::unlimited);
  EXPECT_FALSE(query.is_newest_first());
}

TEST(Query, takes_its_settings_in_a_chain) {
  const Query query = Query::all().between(3, std::nullopt).limit(5).per_series(2).newest_first();
  EXPECT_EQ(query.range(), TimeRange(3, std::nullopt));
  EXPECT_EQ(query.limit(), 5u);
  EXPECT_EQ(query.per_series(), 2u);
  EXPECT_TRUE(query.is_newest_first());
}

TEST(Query, takes_times_of_the_system_clock) {
  using Seconds = std::chrono::sys_seconds;
  using std::chrono::seconds;
  EXPECT_EQ(Query::all().between(Seconds(seconds(1)), Seconds(seconds(2))).range(),
            TimeRange(1'000'000, 2'000'000));
}

}  // namespace
}  // namespace varve
