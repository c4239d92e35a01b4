#include "varve/read_result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "varve/engine.hpp"
#include "varve/try.hpp"

namespace varve {
namespace {

using Texts = std::vector<std::string>;

/// Long enough to be on the heap.
const Texts texts = {std::string(100, 'a'), std::string(200, 'b')};

ReadResult<Texts> read() { return Result<Texts>(texts); }

// Out of a temporary comes a value, which a loop keeps alive, and no reference into it.
static_assert(std::is_same_v<decltype(read().value()), Texts>);
static_assert(std::is_same_v<decltype(*read()), Texts>);
static_assert(std::is_same_v<decltype(std::declval<ReadResult<Texts>&>().value()), Texts&>);
static_assert(std::is_same_v<decltype(*std::declval<const ReadResult<Texts>&>()), const Texts&>);

/// What a loop over the value of a call goes over.
template <class Read>
constexpr bool is_safe = !std::is_reference_v<decltype(std::declval<Read>().value())>;

using EngineReference = Engine&;
static_assert(is_safe<decltype(std::declval<EngineReference>().query(Query::all()))>);
static_assert(is_safe<decltype(std::declval<EngineReference>().latest_n("k", 1))>);
static_assert(is_safe<decltype(std::declval<EngineReference>().scan(Query::all()))>);
static_assert(is_safe<decltype(std::declval<EngineReference>().series_list(Query::all()))>);
static_assert(is_safe<decltype(std::declval<EngineReference>().described_series())>);
static_assert(is_safe<decltype(std::declval<EngineReference>().label_names())>);
static_assert(is_safe<decltype(std::declval<EngineReference>().label_values("room"))>);
static_assert(is_safe<decltype(std::declval<EngineReference>().labels("k"))>);
static_assert(is_safe<decltype(std::declval<EngineReference>().notes())>);
static_assert(
    is_safe<decltype(std::declval<EngineReference>().aggregate(Query::all(), Aggregation::sum))>);

TEST(ReadResult, is_looped_over_where_the_call_stands) {
  Texts found;
  for (const std::string& text : read().value()) found.push_back(text);
  for (const std::string& text : *read()) found.push_back(text);
  EXPECT_EQ(found, (Texts{texts[0], texts[1], texts[0], texts[1]}));
}

TEST(ReadResult, keeps_what_it_has_while_it_has_a_name) {
  ReadResult<Texts> result = read();
  EXPECT_EQ(result.value(), texts);
  EXPECT_EQ(result->size(), 2u);
  result.value().pop_back();
  EXPECT_EQ(*result, Texts{texts[0]});
}

TEST(ReadResult, is_a_result_for_those_who_take_one) {
  const auto first = []() -> Result<std::string> {
    VARVE_TRY(const Texts found, read());
    return found.front();
  };
  EXPECT_EQ(first(), texts[0]);
  const Result<Texts> result = read();
  EXPECT_EQ(result, texts);
}

TEST(ReadResult, gives_out_what_can_only_be_moved) {
  using Pointer = std::unique_ptr<int>;
  const auto make = []() -> ReadResult<Pointer> {
    return Result<Pointer>(std::make_unique<int>(7));
  };
  const Pointer taken = make().value();
  EXPECT_EQ(*taken, 7);
}

TEST(ReadResult, without_a_value_throws_where_one_is_taken_and_has_the_error) {
  const auto fails = []() -> ReadResult<Texts> {
    return Result<Texts>(fail(Errc::corruption, "here"));
  };
  EXPECT_FALSE(fails());
  EXPECT_EQ(fails().error().where, "here");
  EXPECT_THROW((void)fails().value(), std::bad_expected_access<Error>);
}

}  // namespace
}  // namespace varve
