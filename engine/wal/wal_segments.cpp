// The segments of the log that is written: begun, released, closed. wal.cpp has their groups.

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/wal/segment.hpp"
#include "engine/wal/wal_impl.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

bool is_missing(const Status& status) {
  return !status && status.error().code == std::errc::no_such_file_or_directory;
}

/// Gives back what is left of the segments that were taken out, however the work on them ends.
struct PutBack {
  SegmentList& list;
  SegmentList::Segments& left;

  ~PutBack() { list.put_back(std::move(left)); }
};

}  // namespace

Status Wal::Impl::start() {
  if (started) return {};
  VARVE_CHECK(spares.start());
  for (const std::uint64_t each : segments.numbers()) {
    VARVE_TRY(const auto old, options.directory->open(segment_name(each), OpenMode::read));
    VARVE_TRY(const std::uint64_t bytes, old->size());
    segments.set_bytes(each, bytes);
  }
  started = true;
  return {};
}

// A sync alone would not do. Where an earlier one failed, in a process that has ended since, the
// kernel may have dropped the pages and taken them for clean, or may have told somebody else of the
// failure (Rebello et al., "Can Applications Recover from fsync Failures?", 2020). Bytes that are
// written anew are dirty, and the sync after that is about them.
Status Wal::Impl::secure_replayed() {
  for (const std::uint64_t each : segments.numbers()) {
    VARVE_TRY(const auto old, options.directory->open(segment_name(each), OpenMode::read_write));
    VARVE_CHECK(write_again(each, *old));
    VARVE_CHECK(old->sync());
  }
  unproven.clear();
  segments.note_durable(last_sequence);
  return {};
}

Status Wal::Impl::write_again(std::uint64_t segment, File& segment_file) const {
  constexpr std::uint64_t piece_size = std::uint64_t{256} << 10;
  Bytes bytes;
  for (const WalPosition::Stretch& stretch : unproven) {
    if (stretch.segment != segment) continue;
    for (std::uint64_t at = stretch.first; at < stretch.end; at += bytes.size()) {
      bytes.resize(static_cast<std::size_t>(std::min(piece_size, stretch.end - at)));
      VARVE_CHECK(segment_file.read_at(at, bytes));
      const ByteSpan piece = bytes;
      VARVE_CHECK(segment_file.write_at(at, std::span(&piece, 1)));
    }
  }
  return {};
}

// The header goes to a file whose name no replay reads, and is synced there; the rename then makes
// it a segment. So a segment's name never stands for anything but a right header, and a crash on
// the way leaves nothing that needs to be understood.
//
// Once the rename was tried, the new name may be on the disk whatever is reported. A group added
// to the old segment after that would be void by the new header. So from there on the old one is
// ended; a second try writes the same header anew and puts it in the place of the first.
Result<std::uint64_t> Wal::Impl::begin_segment(std::uint64_t group_bytes) {
  VARVE_CHECK(start());
  VARVE_TRY(SparePool::Spare spare, spares.take(SegmentHeader::encoded_size + group_bytes));
  VARVE_CHECK(begin_in(std::move(spare)));
  return current;
}

/// Makes the spare the next segment, and goes on in it.
Status Wal::Impl::begin_in(SparePool::Spare spare) {
  // All that entering it takes, before its name may be on the disk.
  SegmentList::Segments fresh;
  try {
    fresh.push_back({.number = next_number,
                     .bytes = spare.bytes,
                     .appended = SegmentHeader::encoded_size,
                     .synced = SegmentHeader::encoded_size,
                     .file = spare.file});
    VARVE_CHECK(install(spare, next_number));
  } catch (const std::bad_alloc&) {
    // Else each try would leave a file that nobody counts, until the next opening.
    if (!spare.name.empty()) if_memory_allows([&] { spares.discard(std::move(spare)); });
    throw;
  }
  enter(std::move(fresh));
  if_memory_allows([this] {
    if (options.on_begun) options.on_begun(current);
  });
  return {};
}

Status Wal::Impl::install(SparePool::Spare& spare, std::uint64_t number) {
  Status status = inscribe(spare, number);
  if (status) {
    const std::string name = segment_name(number);
    ended = true;
    status = options.directory->rename(spare.name, name);
  }
  if (!status) {
    spares.discard(std::move(spare));
    return status;
  }
  return options.directory->sync();
}

Status Wal::Impl::inscribe(SparePool::Spare& spare, std::uint64_t number) const {
  const SegmentHeader header{.database = options.database,
                             .number = number,
                             .last_sequence = last_sequence,
                             .chain = chain,
                             .synced = segments.durable(),
                             .size = spare.bytes,
                             .boot = options.boot,
                             .time = options.now(),
                             .recycled = spare.recycled};
  const Bytes bytes = header.encode();
  std::array<ByteSpan, 2> pieces{bytes, terminator};
  if (spare.bytes == bytes.size()) pieces[1] = {};
  VARVE_CHECK(spare.file->write_at(0, pieces));
  return spare.file->sync();
}

void Wal::Impl::enter(SegmentList::Segments fresh) {
  const SegmentList::Segment& segment = fresh.front();
  current = segment.number;
  next_number = current + 1;
  // A recycled file may end between two places for groups: that rest stays unused.
  capacity = segment.bytes / group_alignment * group_alignment;
  offset = segment.appended;
  next_key_id = 0;
  ended = failed_write = half_filled = false;
  file = segment.file;
  VARVE_ASSERT(offset <= capacity);
  segments.add(std::move(fresh));
}

/// All of a group that failed may be in the file in spite of that, and would count if the process
/// ended now. So its segment is ended at once, if that can be had, else before the next group.
void Wal::Impl::give_segment_up() {
  ended = failed_write = true;
  const auto begun = or_no_memory([this] { return begin_segment(0); });
  if (begun) return;
  if_memory_allows(
      [&] { options.log.warning("the WAL has no new segment yet: " + begun.error().message()); });
}

Status Wal::Impl::release(std::uint64_t segment) {
  Status result;
  SegmentList::Segments left = segments.take_below(segment);
  const PutBack at_the_end{segments, left};
  for (auto each = left.begin(); each != left.end();) {
    Status status = dispose(*each);
    if (status) {
      each = left.erase(each);
      continue;
    }
    options.log.warning("a WAL segment that is not needed stays: " + status.error().message());
    if (result) result = std::move(status);
    ++each;
  }
  return result;
}

// A name that is gone is fine: recovery may have moved a damaged segment away.
Status Wal::Impl::dispose(const SegmentList::Segment& segment) {
  const std::string name = segment_name(segment.number);
  const Result<bool> recycled = spares.recycle(name, segment.bytes);
  if (recycled && *recycled) return {};
  Status status = options.directory->remove(name);
  if (is_missing(status)) return {};
  return status;
}

// Spares go first: on a full disk that makes room for the rest. After a failed sync nothing is
// known of the last groups, so they stay in the file as it is.
Status Wal::Impl::close() {
  Status result = spares.clear();
  if (current == 0) return result;
  const bool synced = or_no_memory([this] { return segments.sync(); }).has_value();
  if (!synced && !failed_write) return result;
  Status status = or_no_memory([this] { return end_log(); });
  if (!status && failed_write) return status;
  if (status && synced) status = or_no_memory([this] { return cut_segments(); });
  if (status) return result;
  if_memory_allows(
      [&] { options.log.warning("the WAL keeps its size: " + status.error().message()); });
  return result;
}

// Its header says where the log ends, so that what the segments before hold beyond is void whatever
// it is, and need not be there. In the place of a segment without groups, else after it.
Status Wal::Impl::end_log() {
  const bool is_empty = offset == SegmentHeader::encoded_size;
  VARVE_TRY(SparePool::Spare spare, spares.create(SegmentHeader::encoded_size));
  if (is_empty) {
    VARVE_CHECK(install(spare, current));
    failed_write = false;
    segments.note_replaced(spare.bytes);
    return {};
  }
  return begin_in(std::move(spare));
}

// REQUIRES that all is durable, the last segment's header too. A cut need not be.
Status Wal::Impl::cut_segments() {
  for (const SegmentList::Segment& segment : segments.with_room()) {
    VARVE_TRY(const auto opened,
              options.directory->open(segment_name(segment.number), OpenMode::read_write));
    VARVE_CHECK(opened->truncate(segment.appended));
  }
  return {};
}

}  // namespace varve::engine
