#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/commit/write_request.hpp"

namespace varve::engine {

/// Writes on their way from many callers to the one writer. Callers push without a lock, in any
/// order; the writer takes groups strictly by sequence.
///
/// The queue (moodycamel's) is first in, first out per producer only, so the writer sorts what it
/// takes out through a small heap. Between taking a sequence and push() nothing waits or fails, so
/// a sequence that is missing here arrives at once.
///
/// Threads: push() on any; take_group() by the holder of the writer's role.
class RequestQueue {
 public:
  static constexpr std::size_t group_bytes_max = std::size_t{1} << 20;
  static constexpr std::size_t group_batches_max = 4'096;

  /// For at most so many requests at a time. Takes the memory for them, of which the system gives
  /// what is used: later calls must not fail for want of it.
  explicit RequestQueue(std::size_t requests_max);
  ~RequestQueue();

  /// Gives the request to the writer. Never fails. The request may be gone when it returns.
  void push(WriteRequest& request);

  /// Puts the requests with sequences from `next` on into `group`, in order, until one is missing
  /// or the group is full. Leaves it empty where `next` itself has not been pushed yet. A request
  /// with conditions begins a group of its own, so that all before it has been applied when its
  /// conditions are looked at. REQUIRES a `group` with room for group_batches_max.
  void take_group(std::uint64_t next, std::vector<WriteRequest*>& group);

 private:
  struct Pushed;

  void drain();

  const std::unique_ptr<Pushed> pushed_;
  std::vector<WriteRequest*> heap_;  // Least sequence on top. The writer's. Never grows.
};

}  // namespace varve::engine
