#include "engine/wal/segment_list.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"

namespace varve::engine {

SegmentList::SegmentList(const std::vector<std::uint64_t>& left, std::uint64_t last_sequence,
                         std::uint64_t durable)
    : appended_(last_sequence), durable_(std::min(durable, last_sequence)) {
  segments_.reserve(left.size());
  for (const std::uint64_t each : left) segments_.push_back({.number = each});
}

std::vector<std::uint64_t> SegmentList::numbers() const {
  const Lock lock(mutex_);
  std::vector<std::uint64_t> numbers;
  numbers.reserve(segments_.size());
  for (const Segment& segment : segments_) numbers.push_back(segment.number);
  return numbers;
}

void SegmentList::set_bytes(std::uint64_t number, std::uint64_t bytes) {
  const Lock lock(mutex_);
  const auto found = std::ranges::find(segments_, number, &Segment::number);
  if (found != segments_.end()) found->bytes = found->appended = found->synced = bytes;
}

void SegmentList::add(Segment segment) {
  const Lock lock(mutex_);
  VARVE_ASSERT(segments_.empty() || segments_.back().number < segment.number);
  if (!segments_.empty() && segments_.back().synced == segments_.back().appended) {
    segments_.back().file.reset();
  }
  segments_.push_back(std::move(segment));
}

void SegmentList::note_appended(std::uint64_t end, std::uint64_t last_sequence,
                                std::uint64_t bytes) {
  const Lock lock(mutex_);
  VARVE_ASSERT(!segments_.empty() && segments_.back().appended < end);
  VARVE_ASSERT(appended_ <= last_sequence);
  segments_.back().appended = end;
  appended_ = last_sequence;
  bytes_appended_ += bytes;
}

void SegmentList::note_replaced(std::uint64_t bytes) {
  const Lock lock(mutex_);
  segments_.back().bytes = bytes;
  segments_.back().file.reset();
}

// What is due is read under the mutex, which note_appended() takes after the write, so each group
// counted here was written before the sync begins, and File::sync() covers it whatever is written
// meanwhile. A segment that is begun after the list was taken has groups above `target` only. Files
// are synced in their order, so that a later group is never known durable before an earlier one;
// those of released segments may be gone from the list by the end, and are kept open by `due`.
Status SegmentList::sync() {
  std::vector<Segment> due;
  std::uint64_t target = 0;
  {
    const Lock lock(mutex_);
    for (const Segment& segment : segments_) {
      if (segment.failure) return std::unexpected(*segment.failure);
      if (segment.synced < segment.appended) due.push_back(segment);
    }
    target = appended_;
    VARVE_ASSERT(target >= durable());
  }
  for (const Segment& segment : due) {
    if (Status status = segment.file->sync(); !status) {
      const Lock lock(mutex_);
      // One that was released meanwhile is in tables.
      const auto needed = std::ranges::find(segments_, segment.number, &Segment::number);
      if (needed == segments_.end()) continue;
      needed->failure = status.error();
      return status;
    }
  }
  const Lock lock(mutex_);
  for (Segment& segment : segments_) {
    for (const Segment& done : due) {
      if (done.number == segment.number) segment.synced = std::max(segment.synced, done.appended);
    }
    const bool is_current = &segment == &segments_.back();
    if (!is_current && segment.synced == segment.appended) segment.file.reset();
  }
  durable_.store(std::max(durable(), target), std::memory_order_release);
  return {};
}

void SegmentList::note_durable(std::uint64_t sequence) {
  const Lock lock(mutex_);
  durable_.store(std::max(durable(), std::min(sequence, appended_)), std::memory_order_release);
}

bool SegmentList::current_has_failed() const {
  const Lock lock(mutex_);
  return !segments_.empty() && segments_.back().failure.has_value();
}

std::vector<SegmentList::Segment> SegmentList::take_below(std::uint64_t segment) {
  const Lock lock(mutex_);
  std::vector<Segment> taken = std::exchange(garbage_, {});
  while (segments_.size() > 1 && segments_.front().number < segment) {
    taken.push_back(std::move(segments_.front()));
    segments_.erase(segments_.begin());
  }
  return taken;
}

void SegmentList::put_back(Segment segment) {
  segment.file.reset();
  const Lock lock(mutex_);
  garbage_.push_back(std::move(segment));
}

std::vector<SegmentList::Segment> SegmentList::with_room() const {
  const Lock lock(mutex_);
  std::vector<Segment> found;
  for (const Segment& segment : segments_) {
    VARVE_ASSERT(segment.synced == segment.appended);
    if (segment.appended < segment.bytes) found.push_back(segment);
  }
  return found;
}

std::uint64_t SegmentList::current() const {
  const Lock lock(mutex_);
  const bool none = segments_.empty() || !segments_.back().file;
  return none ? 0 : segments_.back().number;
}

std::uint64_t SegmentList::live_bytes() const {
  std::uint64_t sum = 0;
  const Lock lock(mutex_);
  for (const Segment& segment : segments_) sum += segment.bytes;
  return sum;
}

std::uint64_t SegmentList::bytes() const {
  std::uint64_t sum = live_bytes();
  const Lock lock(mutex_);
  for (const Segment& segment : garbage_) sum += segment.bytes;
  return sum;
}

std::uint64_t SegmentList::count() const {
  const Lock lock(mutex_);
  return segments_.size() + garbage_.size();
}

std::uint64_t SegmentList::bytes_since(std::uint64_t segment) const {
  std::uint64_t sum = 0;
  const Lock lock(mutex_);
  for (const Segment& each : segments_) {
    const bool is_current = &each == &segments_.back();
    if (each.number >= segment) sum += is_current ? each.appended : each.bytes;
  }
  return sum;
}

std::uint64_t SegmentList::bytes_appended() const {
  const Lock lock(mutex_);
  return bytes_appended_;
}

}  // namespace varve::engine
