// The writing side of the log. replay.cpp is the reading side.
//
// 1. Segments (wal_segments.cpp). begin_segment() takes a pre-written file from the SparePool,
//    writes the header into it, syncs it and gives it the segment's name, in this order (install).
//    The header says where the log stood: the checksum of the last group (the chain), the last
//    sequence and the durable one.
// 2. Groups. append() encodes header and table of a group into `scratch`, writes them and the
//    payloads with one call, and goes on at `offset`. Each group names the one before. A key is
//    written once in a segment and has a number after that, which its WalKeyState keeps.
// 3. sync() makes durable what was appended when it began, beside the writer.
// 4. release() recycles or removes segments below the first that is needed; close() ends the log
//    with a segment that is only a header, and cuts the others to what they hold.
//
// The exceptions are failures. A group that failed may be in the file all the same: so its segment
// is ended, and takes nothing more (`ended`). So it is where a group that was written is taken
// back: the next segment's header names the group before it. After a failed sync nothing is known
// of what its segment holds, and a second sync would prove nothing: so sync() fails for as long as
// the segment is needed (`failure`). Whoever syncs has tables take what it holds, and then releases
// it.
//
// Where there is no memory, everything stands as before: what a change takes is allocated before
// it.

#include "engine/wal/wal.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/wal/group.hpp"
#include "engine/wal/segment.hpp"
#include "engine/wal/wal_impl.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

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

}  // namespace

Status Wal::Impl::append(std::span<const WalBatch> batches, const GroupFacts& facts) {
  if (batches.empty()) return {};
  VARVE_ASSERT(batches.front().sequence > last_sequence);
  // The caller may count sequences that failed as durable; a later recovery would miss them.
  GroupFacts known = facts;
  known.synced = std::min(facts.synced, segments.durable());
  if (!ended) {
    VARVE_TRY(const bool had_room, append_here(batches, known));
    if (had_room) return {};
  }
  VARVE_CHECK(begin_segment(group_size_max(batches)));
  VARVE_TRY(const bool has_room, append_here(batches, known));
  VARVE_ASSERT(has_room);  // Or this would go on until the disk is full.
  return {};
}

/// False where the segment has no room for them: then it takes nothing more.
Result<bool> Wal::Impl::append_here(std::span<const WalBatch> batches, const GroupFacts& facts) {
  VARVE_ASSERT(!ended);
  GroupEncoder encoder(scratch, facts, batches.front().sequence);
  // Until the group that defines them is written there are numbered keys that none does, however
  // this ends.
  ended = true;
  encode(batches, encoder);
  if (encoder.table_size() > std::numeric_limits<std::uint32_t>::max()) {
    return fail(Errc::invalid_argument, "a WAL group whose keys take over 4 GiB");
  }
  if (encoder.size() > capacity - offset) return false;
  VARVE_CHECK(seal_and_write(batches, encoder));
  ended = false;
  return true;
}

Status Wal::Impl::seal_and_write(std::span<const WalBatch> batches, GroupEncoder& encoder) {
  const std::uint64_t size = encoder.size();
  const std::uint64_t sum = encoder.seal(group_seed(options.database, current, offset), chain);
  const Before state{chain, last_sequence};
  VARVE_CHECK(write(batches, size));
  chain = sum;
  before = state;
  vouched = false;
  return {};
}

Status Wal::Impl::take_back() {
  VARVE_ASSERT(before.has_value());
  chain = before->chain;
  last_sequence = before->last_sequence;
  before.reset();
  segments.take_back(last_sequence);
  ended = failed_write = true;
  VARVE_CHECK(begin_segment(0));
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
  VARVE_ASSERT(offset % group_alignment == 0 && end <= capacity);
  gather(batches, size,
         end - offset - size + std::min<std::uint64_t>(terminator.size(), capacity - end));
  Status status;
  try {
    status = file->write_at(offset, group_pieces);
  } catch (const std::bad_alloc&) {
    give_segment_up();
    throw;
  }
  if (!status) {
    give_segment_up();
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

/// Puts what is to be written into `group_pieces`: the group and so many zeros.
void Wal::Impl::gather(std::span<const WalBatch> batches, std::uint64_t size, std::uint64_t zeros) {
  static constexpr std::array<std::byte, 2 * group_alignment> padding{};
  group_pieces.clear();
  if (size <= copied_group_max) {
    ByteWriter writer(scratch);
    for (const WalBatch& batch : batches) writer.put_bytes(batch.payload);
    writer.put_bytes(ByteSpan(padding).first(static_cast<std::size_t>(zeros)));
    group_pieces.emplace_back(scratch);
    return;
  }
  group_pieces.reserve(batches.size() + 2);
  group_pieces.emplace_back(scratch);
  for (const WalBatch& batch : batches) group_pieces.push_back(batch.payload);
  group_pieces.push_back(ByteSpan(padding).first(static_cast<std::size_t>(zeros)));
}

Wal::Wal(WalOptions options, const WalPosition& position)
    : impl_(std::make_unique<Impl>(std::move(options), position)) {}

Wal::~Wal() = default;

Status Wal::secure_replayed() { return impl_->secure_replayed(); }
Result<std::uint64_t> Wal::rotate() { return impl_->begin_segment(0); }
Status Wal::append(std::span<const WalBatch> batches, const GroupFacts& facts) {
  return impl_->append(batches, facts);
}
Status Wal::take_back() { return impl_->take_back(); }
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
