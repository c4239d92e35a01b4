#include "engine/commit/request_queue.hpp"

#include <concurrentqueue.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <new>

#include "engine/base/assert.hpp"

namespace varve::engine {

namespace {

bool later(const WriteRequest* a, const WriteRequest* b) { return a->sequence > b->sequence; }

}  // namespace

/// The queue, and a list for the push that finds no memory: it must not fail after the sequence
/// was taken.
struct RequestQueue::Pushed {
  moodycamel::ConcurrentQueue<WriteRequest*> requests;
  std::atomic<WriteRequest*> overflow{nullptr};

  bool enqueue(WriteRequest& request) {
    try {
      return requests.enqueue(&request);
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  bool is_empty() const {
    return requests.size_approx() == 0 && overflow.load(std::memory_order_relaxed) == nullptr;
  }

  void take_overflow(std::vector<WriteRequest*>& target) {
    if (overflow.load(std::memory_order_relaxed) == nullptr) return;
    WriteRequest* request = overflow.exchange(nullptr, std::memory_order_acquire);
    for (; request != nullptr; request = request->next) {
      VARVE_ASSERT(target.size() < target.capacity());
      target.push_back(request);
    }
  }
};

RequestQueue::RequestQueue(std::size_t requests_max) : pushed_(std::make_unique<Pushed>()) {
  heap_.reserve(requests_max);
}
RequestQueue::~RequestQueue() {
  // No request outlives the committer: whoever waits for it would wait for ever.
  VARVE_ASSERT(heap_.empty() && pushed_->is_empty());
}

void RequestQueue::push(WriteRequest& request) {
  if (pushed_->enqueue(request)) return;
  std::atomic<WriteRequest*>& overflow = pushed_->overflow;
  request.next = overflow.load(std::memory_order_relaxed);
  while (!overflow.compare_exchange_weak(request.next, &request, std::memory_order_release,
                                         std::memory_order_relaxed)) {
  }
}

/// Moves what was pushed into the heap.
void RequestQueue::drain() {
  const std::size_t before = heap_.size();
  WriteRequest* taken[256];
  while (const std::size_t count = pushed_->requests.try_dequeue_bulk(taken, std::size(taken))) {
    VARVE_ASSERT(count <= heap_.capacity() - heap_.size());
    heap_.insert(heap_.end(), taken, taken + count);
  }
  pushed_->take_overflow(heap_);
  for (std::size_t size = before + 1; size <= heap_.size(); ++size) {
    std::push_heap(heap_.begin(), heap_.begin() + static_cast<std::ptrdiff_t>(size), later);
  }
}

void RequestQueue::take_group(std::uint64_t next, std::vector<WriteRequest*>& group) {
  VARVE_ASSERT(group.capacity() >= group_batches_max);
  drain();
  group.clear();
  VARVE_ASSERT(heap_.empty() || heap_.front()->sequence >= next);  // No sequence is taken twice.
  std::size_t bytes = 0;
  while (!heap_.empty() && heap_.front()->sequence == next && group.size() < group_batches_max) {
    WriteRequest* request = heap_.front();
    const bool fits = bytes + request->reserved_bytes <= group_bytes_max;
    if (!group.empty() && (!fits || !request->conditions.empty())) break;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    group.push_back(request);
    bytes += request->reserved_bytes;
    ++next;
  }
}

}  // namespace varve::engine
