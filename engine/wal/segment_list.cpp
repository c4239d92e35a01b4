#include "engine/wal/segment_list.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"
#include "varve/try.hpp"

namespace varve::engine {

SegmentList::SegmentList(const std::vector<std::uint64_t>& left, std::uint64_t last_sequence,
                         std::uint64_t durable)
    : appended_(last_sequence), durable_(std::min(durable, last_sequence)) {
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

void SegmentList::add(Segments fresh) {
  const Lock lock(mutex_);
  VARVE_ASSERT(fresh.size() == 1);
  VARVE_ASSERT(segments_.empty() || segments_.back().number < fresh.front().number);
  if (!segments_.empty() && segments_.back().synced == segments_.back().appended) {
    segments_.back().file.reset();
  }
  segments_.splice(segments_.end(), fresh);
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

void SegmentList::take_back(std::uint64_t last_sequence) {
  const Lock lock(mutex_);
  VARVE_ASSERT(last_sequence <= appended_);
  appended_ = last_sequence;
  durable_.store(std::min(durable(), last_sequence), std::memory_order_release);
  ++take_backs_;
}

void SegmentList::note_replaced(std::uint64_t bytes) {
  const Lock lock(mutex_);
  segments_.back().bytes = bytes;
  segments_.back().file.reset();
}

// What is due is read under the mutex, which note_appended() takes after the write, so each group
// counted here was written before the sync begins, and File::sync() covers it whatever is written
// meanwhile. A segment that is begun after that has groups above `reach` only. Files are synced in
// their order, so that a later group is never known durable before an earlier one; one that is
// released meanwhile is in tables.
//
// Nothing is allocated but for the text of an error, and a failure is noted before that: a sync
// whose failure was forgotten would be done again, and succeed.
Status SegmentList::sync() {
  std::uint64_t last = 0;
  Reach reach;
  Due due;
  {
    const Lock lock(mutex_);
    for (const Segment& segment : segments_) {
      if (segment.failure) return std::unexpected(*segment.failure);
      last = segment.number;
    }
    reach = {appended_, take_backs_};
    VARVE_ASSERT(reach.sequence >= durable());
    due = next_due(0, last);
    if (!due.file) return note_reached(reach);
  }
  while (true) {
    Status synced = or_no_memory([&due] { return due.file->sync(); });
    Due next;
    {
      const Lock lock(mutex_);
      VARVE_CHECK(note_synced(due, std::move(synced)));
      next = next_due(due.number, last);
      if (!next.file) return note_reached(reach);
    }
    due = std::move(next);  // Without the mutex: who is the last to have a file closes it.
  }
}

/// The first that is to be synced of those above `after`, up to `last`.
SegmentList::Due SegmentList::next_due(std::uint64_t after, std::uint64_t last) const {
  for (const Segment& segment : segments_) {
    if (segment.number <= after || segment.number > last) continue;
    if (segment.synced < segment.appended) return {segment.number, segment.appended, segment.file};
  }
  return {};
}

Status SegmentList::note_synced(const Due& due, Status synced) {
  const auto segment = std::ranges::find(segments_, due.number, &Segment::number);
  if (segment == segments_.end()) return {};
  if (!synced) {
    segment->failure = std::move(synced).error();
    return std::unexpected(*segment->failure);
  }
  segment->synced = std::max(segment->synced, due.appended);
  const bool is_current = &*segment == &segments_.back();
  if (!is_current && segment->synced == segment->appended) segment->file.reset();
  return {};
}

/// After all that was due.
Status SegmentList::note_reached(const Reach& reach) {
  // Else the sequence may have been a group's that does not count any more.
  if (reach.take_backs == take_backs_) {
    durable_.store(std::max(durable(), reach.sequence), std::memory_order_release);
  }
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

SegmentList::Segments SegmentList::take_below(std::uint64_t segment) {
  Segments taken;
  const Lock lock(mutex_);
  taken.splice(taken.end(), garbage_);
  while (segments_.size() > 1 && segments_.front().number < segment) {
    taken.splice(taken.end(), segments_, segments_.begin());
  }
  return taken;
}

void SegmentList::put_back(Segments left) {
  for (Segment& segment : left) segment.file.reset();
  const Lock lock(mutex_);
  garbage_.splice(garbage_.end(), left);
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
