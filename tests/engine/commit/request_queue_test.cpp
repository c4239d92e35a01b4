#include "engine/commit/request_queue.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace varve::engine {
namespace {

using Sequences = std::vector<std::uint64_t>;

/// The queue, and requests with sequences as a test gives them.
class Queued {
 public:
  WriteRequest& push(std::uint64_t sequence, std::size_t bytes = 100, bool conditional = false) {
    WriteRequest& request = add(sequence, bytes);
    if (conditional) request.conditions.emplace_back();
    queue_.push(request);
    return request;
  }
  void push_on_another_thread(std::uint64_t sequence) {
    WriteRequest& request = add(sequence, 100);
    std::thread([&] { queue_.push(request); }).join();
  }

  Sequences take(std::uint64_t next) {
    std::vector<WriteRequest*> group;
    group.reserve(RequestQueue::group_batches_max);
    queue_.take_group(next, group);
    Sequences sequences;
    for (const WriteRequest* request : group) sequences.push_back(request->sequence);
    return sequences;
  }

 private:
  WriteRequest& add(std::uint64_t sequence, std::size_t bytes) {
    requests_.push_back(std::make_unique<WriteRequest>());
    requests_.back()->sequence = sequence;
    requests_.back()->reserved_bytes = bytes;
    return *requests_.back();
  }

  std::vector<std::unique_ptr<WriteRequest>> requests_;
  RequestQueue queue_{2 * RequestQueue::group_batches_max};
};

TEST(RequestQueue, gives_nothing_where_nothing_was_pushed) {
  Queued it;
  EXPECT_EQ(it.take(1), Sequences{});
}

TEST(RequestQueue, gives_groups_by_sequence_whatever_order_they_were_pushed_in) {
  Queued it;
  for (const std::uint64_t sequence : {4u, 2u, 5u, 1u, 3u}) it.push(sequence);
  EXPECT_EQ(it.take(1), (Sequences{1, 2, 3, 4, 5}));
  EXPECT_EQ(it.take(6), Sequences{});
}

TEST(RequestQueue, gives_groups_by_sequence_whichever_thread_pushed_them) {
  Queued it;
  it.push(1);
  it.push_on_another_thread(2);
  it.push(3);
  it.push_on_another_thread(4);
  EXPECT_EQ(it.take(1), (Sequences{1, 2, 3, 4}));
}

TEST(RequestQueue, a_group_ends_before_a_sequence_that_is_not_pushed_yet) {
  Queued it;
  it.push(1);
  it.push(2);
  it.push(4);
  EXPECT_EQ(it.take(1), (Sequences{1, 2}));
  EXPECT_EQ(it.take(3), Sequences{}) << "its producer stands between its sequence and its push";
  it.push(3);
  EXPECT_EQ(it.take(3), (Sequences{3, 4}));
}

TEST(RequestQueue, a_group_holds_so_many_bytes_and_a_larger_request_goes_alone) {
  constexpr std::size_t max = RequestQueue::group_bytes_max;
  Queued it;
  it.push(1, max - 10);
  it.push(2, 10);
  it.push(3, 1);
  it.push(4, max + 1);
  it.push(5, 1);
  EXPECT_EQ(it.take(1), (Sequences{1, 2}));
  EXPECT_EQ(it.take(3), Sequences{3});
  EXPECT_EQ(it.take(4), Sequences{4});
  EXPECT_EQ(it.take(5), Sequences{5});
}

TEST(RequestQueue, a_group_holds_so_many_requests) {
  constexpr std::size_t max = RequestQueue::group_batches_max;
  Queued it;
  for (std::uint64_t sequence = 1; sequence <= max + 1; ++sequence) it.push(sequence, 1);
  EXPECT_EQ(it.take(1).size(), max);
  EXPECT_EQ(it.take(max + 1), Sequences{max + 1});
}

TEST(RequestQueue, a_request_with_conditions_begins_a_group) {
  Queued it;
  it.push(1);
  it.push(2, 100, true);
  it.push(3);
  it.push(4, 100, true);
  EXPECT_EQ(it.take(1), Sequences{1});
  EXPECT_EQ(it.take(2), (Sequences{2, 3}));
  EXPECT_EQ(it.take(4), Sequences{4});
}

TEST(RequestQueueDeath, a_request_comes_whose_sequence_was_taken_before) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Queued it;
        it.push(1);
        it.take(2);
      },
      "request_queue.cpp.*assertion failed");
}

}  // namespace
}  // namespace varve::engine
