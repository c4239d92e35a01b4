// The writing side of the log. replay.cpp is the reading side.
//
// 1. Segments. begin_segment() takes a pre-written file from the SparePool, writes the header into
//    it, syncs it and gives it the segment's name, in this order (install). The header says where
//    the log stood: the checksum of the last group (the chain), the last sequence and the durable
//    one.
// 2. Groups. append() encodes header and table of a group into `scratch`, writes them and the
//    payloads with one call, and goes on at `offset`. Each group names the one before. A key is
//    written once in a segment and has a number after that, which its WalKeyState keeps.
// 3. sync() makes durable what was appended when it began, beside the writer.
// 4. release() recycles or removes segments below the first that is needed; close() ends the log
//    with a segment that is only a header, and cuts the others to what they hold.
//
// The exceptions are failures. A group that failed may be in the file all the same: so its segment
// is ended, and takes nothing more (`ended`). After a failed sync nothing is known of what its
// segment holds, and a second sync would prove nothing: so sync() fails for as long as the segment
// is needed (`failure`). Whoever syncs has tables take what it holds, and then releases it.

#include "engine/wal/wal.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/wal/group.hpp"
#include "engine/wal/segment.hpp"
#include "engine/wal/segment_list.hpp"
#include "engine/wal/spare_pool.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::uint64_t segment_bytes_min = 512;

// A word of zeros after the last group tells a recycled segment's old bytes from a torn group.
constexpr std::array<std::byte, group_alignment> terminator{};

// Below this, copying payloads together costs less than the kernel takes for many pieces.
constexpr std::uint64_t copied_group_max = std::uint64_t{64} << 10;

/// What the batches take as a group in a segment that knows none of their keys.
std::uint64_t group_size_max(std::span<const WalBatch> batches) {
  constexpr std::uint64_t facts_max = 1 + 4 * 10;
  constexpr std::uint64_t batch_entry_max = 4 * 10 + 8;
  constexpr std::uint64_t key_entry_max = 1 + 3;
  std::uint64_t size = GroupHeader::encoded_size + facts_max;
  for (const WalBatch& batch : batches) {
    size += batch_entry_max + batch.payload.size();
    for (const WalKey& key : batch.keys) size += key_entry_max + key.key.size();
  }
  return aligned(size);
}

bool is_missing(const Status& status) {
  return !status && status.error().code == std::errc::no_such_file_or_directory;
}

}  // namespace

struct Wal::Impl {
  Impl(WalOptions wal_options, const WalPosition& position)
      : options(std::move(wal_options)),
        segment_bytes(aligned(std::max<std::uint64_t>(options.segment_bytes, segment_bytes_min))),
        spares(options.directory, segment_bytes, options.spare_bytes, options.log),
        next_number(position.next_segment),
        chain(position.chain),
        last_sequence(position.last_sequence),
        unproven(position.unproven),
        segments(position.segments, position.last_sequence, position.synced) {}

  Status start();
  Status secure_replayed();
  Status write_again(std::uint64_t segment, File& segment_file) const;
  Result<std::uint64_t> begin_segment(std::uint64_t group_bytes);
  Status install(SparePool::Spare& spare, std::uint64_t number);
  Status inscribe(SparePool::Spare& spare, std::uint64_t number) const;
  void enter(SparePool::Spare spare);

  Status append(std::span<const WalBatch> batches, const GroupFacts& facts);
  Result<bool> vouch(const GroupFacts& facts);
  Status seal_and_write(std::span<const WalBatch> batches, GroupEncoder& encoder);
  void encode(std::span<const WalBatch> batches, GroupEncoder& encoder);
  Status write(std::span<const WalBatch> batches, std::uint64_t size);

  Status release(std::uint64_t segment);
  Status dispose(const SegmentList::Segment& segment);
  Status close();
  Status end_log();
  Status cut_segments();

  const WalOptions options;
  const std::uint64_t segment_bytes;
  SparePool spares;

  // The writer's.
  bool started = false;
  std::uint64_t next_number;
  std::uint64_t current = 0;  // Number of the current segment.
  std::uint64_t capacity = 0;
  std::uint64_t offset = 0;  // Of the next group.
  std::uint64_t chain;
  std::uint64_t last_sequence;  // Of the last good group.
  std::vector<WalPosition::Stretch> unproven;
  std::uint32_t next_key_id = 0;
  // The current segment takes no more groups: there is none yet, a write to it failed, or its
  // successor's name may be on the disk already.
  bool ended = true;
  bool failed_write = false;  // And what it left is not void yet.
  bool half_filled = false;   // The current segment.
  bool spare_wanted = false;
  bool vouched = false;  // The last group says what is synced, and there is no batch behind it.
  std::shared_ptr<File> file;
  Bytes scratch;

  SegmentList segments;
};

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
  VARVE_CHECK(install(spare, next_number));
  enter(std::move(spare));
  return current;
}

Status Wal::Impl::install(SparePool::Spare& spare, std::uint64_t number) {
  Status status = inscribe(spare, number);
  if (status) {
    ended = true;
    status = options.directory->rename(spare.name, segment_name(number));
  }
  if (!status) {
    spare.file.reset();
    spares.discard({spare.name, nullptr, 0, false});
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

void Wal::Impl::enter(SparePool::Spare spare) {
  current = next_number++;
  // A recycled file may end between two places for groups: that rest stays unused.
  capacity = spare.bytes / group_alignment * group_alignment;
  offset = SegmentHeader::encoded_size;
  next_key_id = 0;
  ended = failed_write = half_filled = false;
  file = std::move(spare.file);

  VARVE_ASSERT(offset <= capacity);
  segments.add({.number = current,
                .bytes = spare.bytes,
                .appended = offset,
                .synced = offset,
                .file = file});
  if (options.on_begun) options.on_begun(current);
}

Status Wal::Impl::append(std::span<const WalBatch> batches, const GroupFacts& facts) {
  if (batches.empty()) return {};
  VARVE_ASSERT(batches.front().sequence > last_sequence);
  bool is_made_for_it = ended;
  if (ended) VARVE_CHECK(begin_segment(group_size_max(batches)));
  // The caller may count sequences that failed as durable; a later recovery would miss them.
  GroupFacts known = facts;
  known.synced = std::min(facts.synced, segments.durable());
  for (;;) {
    GroupEncoder encoder(scratch, known, batches.front().sequence);
    encode(batches, encoder);
    if (encoder.table_size() > std::numeric_limits<std::uint32_t>::max()) {
      ended = true;  // It has numbered keys that no group defines.
      return fail(Errc::invalid_argument, "a WAL group whose keys take over 4 GiB");
    }
    if (encoder.size() <= capacity - offset) return seal_and_write(batches, encoder);
    VARVE_ASSERT(!is_made_for_it);  // Or this would go on until the disk is full.
    is_made_for_it = ended = true;  // As above.
    VARVE_CHECK(begin_segment(group_size_max(batches)));
  }
}

Status Wal::Impl::seal_and_write(std::span<const WalBatch> batches, GroupEncoder& encoder) {
  const std::uint64_t size = encoder.size();
  const std::uint64_t sum = encoder.seal(group_seed(options.database, current, offset), chain);
  VARVE_CHECK(write(batches, size));
  chain = sum;
  vouched = false;
  return {};
}

// Where there is no room for it the next segment is begun, whose header says the same.
Result<bool> Wal::Impl::vouch(const GroupFacts& facts) {
  if (ended || vouched || offset == SegmentHeader::encoded_size) return false;
  const GroupFacts known{.synced = segments.durable(), .time = facts.time, .step = facts.step};
  if (known.synced != last_sequence) return false;
  GroupEncoder encoder(scratch, known, last_sequence + 1);
  const bool has_room = encoder.size() <= capacity - offset;
  if (!has_room) VARVE_CHECK(begin_segment(0));
  if (has_room) VARVE_CHECK(seal_and_write({}, encoder));
  vouched = has_room;
  return true;
}

void Wal::Impl::encode(std::span<const WalBatch> batches, GroupEncoder& encoder) {
  for (const WalBatch& batch : batches) {
    encoder.add_batch(batch.sequence, batch.default_ttl, batch.payload.size(),
                      batch.payload_checksum, batch.keys.size());
    for (const WalKey& key : batch.keys) {
      if (key.state->segment == current) {
        encoder.add_known_key(key.state->id);
      } else {
        VARVE_ASSERT(next_key_id != std::numeric_limits<std::uint32_t>::max());
        *key.state = {.segment = current, .id = next_key_id++};
        encoder.add_new_key(key.key);
      }
    }
  }
}

// `scratch` holds the group's header and table.
Status Wal::Impl::write(std::span<const WalBatch> batches, std::uint64_t size) {
  const std::uint64_t end = offset + aligned(size);
  VARVE_ASSERT(!ended && offset % group_alignment == 0 && end <= capacity);
  const std::uint64_t zeros =
      end - offset - size + std::min<std::uint64_t>(terminator.size(), capacity - end);
  Status status;
  if (size <= copied_group_max) {
    ByteWriter writer(scratch);
    for (const WalBatch& batch : batches) writer.put_bytes(batch.payload);
    scratch.resize(scratch.size() + static_cast<std::size_t>(zeros));
    const ByteSpan piece = scratch;
    status = file->write_at(offset, std::span(&piece, 1));
  } else {
    static constexpr std::array<std::byte, 2 * group_alignment> padding{};
    std::vector<ByteSpan> pieces{scratch};
    pieces.reserve(batches.size() + 2);
    for (const WalBatch& batch : batches) pieces.push_back(batch.payload);
    pieces.push_back(ByteSpan(padding).first(static_cast<std::size_t>(zeros)));
    status = file->write_at(offset, pieces);
  }
  if (!status) {
    // All of the group may be in the file in spite of the error, and would count if the process
    // ended now. So its segment is ended at once, if that can be had, else before the next group.
    ended = failed_write = true;
    if (const auto begun = begin_segment(0); !begun) {
      options.log.warning("the WAL has no new segment yet: " + begun.error().message());
    }
    return status;
  }
  offset = end;
  if (!half_filled && offset > capacity / 2) {
    half_filled = true;
    spare_wanted = spares.grow();
  }
  if (!batches.empty()) {
    VARVE_ASSERT(batches.back().sequence > last_sequence);
    last_sequence = batches.back().sequence;
  }
  segments.note_appended(end, last_sequence, aligned(size));
  return {};
}

Status Wal::Impl::release(std::uint64_t segment) {
  Status result;
  for (SegmentList::Segment& each : segments.take_below(segment)) {
    Status status = dispose(each);
    if (status) continue;
    options.log.warning("a WAL segment that is not needed stays: " + status.error().message());
    if (result) result = std::move(status);
    segments.put_back(std::move(each));
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
  const bool synced = segments.sync().has_value();
  if (!synced && !failed_write) return result;
  Status status = end_log();
  if (!status && failed_write) return status;
  if (status && synced) status = cut_segments();
  if (!status) options.log.warning("the WAL keeps its size: " + status.error().message());
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
  VARVE_CHECK(install(spare, next_number));
  enter(std::move(spare));
  return {};
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

Wal::Wal(WalOptions options, const WalPosition& position)
    : impl_(std::make_unique<Impl>(std::move(options), position)) {}

Wal::~Wal() = default;

Status Wal::secure_replayed() { return impl_->secure_replayed(); }
Result<std::uint64_t> Wal::rotate() { return impl_->begin_segment(0); }
Status Wal::append(std::span<const WalBatch> batches, const GroupFacts& facts) {
  return impl_->append(batches, facts);
}
Result<bool> Wal::vouch(const GroupFacts& facts) { return impl_->vouch(facts); }
void Wal::hold_in_tables(std::uint64_t sequence) { impl_->segments.note_durable(sequence); }
Status Wal::sync() { return impl_->segments.sync(); }
Status Wal::release(std::uint64_t segment) { return impl_->release(segment); }
bool Wal::wants_spare() { return std::exchange(impl_->spare_wanted, false); }
Result<bool> Wal::prepare_spare() { return impl_->spares.prepare(); }
Status Wal::close() { return impl_->close(); }

bool Wal::has_failed() const { return impl_->segments.current_has_failed(); }
std::uint64_t Wal::current_segment() const { return impl_->segments.current(); }
std::uint64_t Wal::bytes() const { return impl_->spares.bytes() + impl_->segments.bytes(); }
std::uint64_t Wal::segment_count() const { return impl_->spares.count() + impl_->segments.count(); }
std::uint64_t Wal::live_bytes() const { return impl_->segments.live_bytes(); }
std::uint64_t Wal::bytes_since(std::uint64_t segment) const {
  return impl_->segments.bytes_since(segment);
}
std::uint64_t Wal::bytes_appended() const { return impl_->segments.bytes_appended(); }

}  // namespace varve::engine
