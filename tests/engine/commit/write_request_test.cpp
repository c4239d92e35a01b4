#include "engine/commit/write_request.hpp"

#include <gtest/gtest.h>

#include "tests/engine/commit/commit_fixture.hpp"

namespace varve::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t any_lag = DurabilityNeed::any_lag;
constexpr auto no_time = std::chrono::nanoseconds::max();

TEST(DurabilityNeed, is_what_the_kind_says) {
  const auto expect = [](Durability durability, std::uint64_t lag,
                         std::chrono::nanoseconds within) {
    const DurabilityNeed need = needed(durability, {});
    EXPECT_EQ(need.lag_max, lag);
    EXPECT_EQ(need.sync_within, within);
  };
  expect(Durability::none(), any_lag, no_time);
  expect(Durability::appended(), any_lag, no_time);
  expect(Durability::interval(2s), any_lag, 2s);
  expect(Durability::every(3), 3, no_time);
  expect(Durability::always(), 0, no_time);
}

TEST(DurabilityNeed, of_a_call_only_adds_to_the_engines) {
  const DurabilityNeed less = needed(Durability::always(), Durability::appended());
  EXPECT_EQ(less.lag_max, 0u);
  const DurabilityNeed more = needed(Durability::interval(2s), Durability::interval(1s));
  EXPECT_EQ(more.sync_within, 1s);
  const DurabilityNeed both = needed(Durability::interval(2s), Durability::every(5));
  EXPECT_EQ(both.sync_within, 2s);
  EXPECT_EQ(both.lag_max, 5u);
}

Receipt receipt_of(const WriteRequest& request) { return {request.sequence, Reached::appended}; }

TEST(WriteRequest, wait_returns_at_once_what_it_was_finished_with_before) {
  WriteRequest request;
  request.sequence = 7;
  Finisher().add(request, receipt_of(request));
  EXPECT_EQ(request.wait(), (Receipt{7, Reached::appended}));
}

TEST(WriteRequest, wait_sleeps_until_it_is_finished) {
  for (int round = 0; round < 200; ++round) {
    WriteRequest request;
    auto waiting = std::async(std::launch::async, [&] { return request.wait(); });
    Finisher().add(request, fail(Errc::no_space, "here"));
    EXPECT_EQ(get_or_die(waiting, "a caller").error().code, Errc::no_space);
  }
}

TEST(WriteRequest, may_go_as_soon_as_wait_returns) {
  for (int round = 0; round < 200; ++round) {
    auto request = std::make_unique<WriteRequest>();
    std::thread finishing([&, to = request.get()] { Finisher().add(*to, receipt_of(*to)); });
    EXPECT_TRUE(request->wait());
    request.reset();  // Whoever finished it has let go of it, or a sanitizer says so.
    finishing.join();
  }
}

/// Keeps what comes back, a list for each call.
class Kept : public Completions {
 public:
  void complete(WriteRequest* first) override {
    calls.emplace_back();
    for (; first != nullptr; first = first->next) calls.back().push_back(first);
  }
  std::vector<std::vector<WriteRequest*>> calls;
};

TEST(Finisher, hands_back_together_when_it_goes_what_nobody_waits_for) {
  Kept kept;
  WriteRequest first;
  WriteRequest second;
  first.completions = second.completions = &kept;
  {
    Finisher finisher;
    finisher.add(first, receipt_of(first));
    finisher.add(second, fail(Errc::busy, ""));
    EXPECT_TRUE(kept.calls.empty());
  }
  EXPECT_EQ(kept.calls, (std::vector<std::vector<WriteRequest*>>{{&first, &second}}));
  EXPECT_TRUE(first.outcome);
  EXPECT_EQ(second.outcome.error().code, Errc::busy);
}

TEST(Finisher, calls_nobody_where_all_were_waited_for) {
  WriteRequest request;
  {
    Finisher finisher;
    finisher.add(request, receipt_of(request));
  }
  EXPECT_TRUE(request.wait());
}

TEST(Finisher, takes_a_request_again_that_begins_again) {
  Kept kept;
  WriteRequest request;
  request.completions = &kept;
  Finisher().add(request, receipt_of(request));
  request.begin_again();
  Finisher().add(request, receipt_of(request));
  EXPECT_EQ(kept.calls.size(), 2u);
}

class FinisherDeath : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(FinisherDeath, a_request_that_is_waited_for_is_finished_twice) {
  WriteRequest request;
  Finisher().add(request, receipt_of(request));
  EXPECT_DEATH(Finisher().add(request, receipt_of(request)), "write_request.cpp");
}

TEST_F(FinisherDeath, a_request_that_nobody_waits_for_is_finished_twice) {
  Kept kept;
  WriteRequest request;
  request.completions = &kept;
  Finisher().add(request, receipt_of(request));
  EXPECT_DEATH(Finisher().add(request, receipt_of(request)), "write_request.cpp");
}

}  // namespace
}  // namespace varve::engine
