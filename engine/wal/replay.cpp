// Every segment's header says where the log stood when it was begun: the checksum of the last
// group before it (its chain). So the way through the log is: read groups, each of which names the
// one before; where a later segment's chain names the group just read, go on in that segment. What
// lies between is void: a torn tail, a group whose write failed, or what an earlier recovery cut.
// Where neither a group nor a segment goes on, the log ends.

#include <algorithm>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/io/io_error.hpp"
#include "engine/record/key.hpp"
#include "engine/record/time_span.hpp"
#include "engine/wal/group.hpp"
#include "engine/wal/segment.hpp"
#include "engine/wal/segment_file.hpp"
#include "engine/wal/segment_reader.hpp"
#include "engine/wal/segment_scan.hpp"
#include "engine/wal/wal.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

class Replay {
 public:
  Replay(Directory& directory, const Uuid& database,
         const std::function<Status(const ReplayedBatch&)>& apply)
      : directory_(directory), database_(database), apply_(apply) {}

  Result<ReplayResult> run(const ReplayStart& start);

 private:
  Status find_segments(const ReplayStart& start);
  std::string gap_before(const ReplayStart& start) const;
  Result<SegmentReader> open(const SegmentFile& segment);

  Status follow();
  std::optional<std::size_t> successor() const;
  Status enter(std::size_t index);
  Result<bool> replay_group();
  Result<bool> read_group(GroupHeader& header, ByteSpan& group);
  Status apply_group(ByteSpan group);
  void note_unproven(const GroupHeader& header, std::uint64_t end);
  void note_synced(std::uint64_t synced);

  void judge_absence(const ReplayStart& start);
  bool is_ended_by_closing(const ReplayStart& start) const;
  Status judge_end(const ReplayStart& start);
  Result<SegmentRest> rest_of(const SegmentFile& segment, std::uint64_t from);
  Result<SegmentRest> look_behind(std::size_t index, std::string& damage);
  std::string place() const {
    return segment_name(segments_[at_].number) + " @ " + std::to_string(offset_);
  }

  Directory& directory_;
  const Uuid& database_;
  const std::function<Status(const ReplayedBatch&)>& apply_;

  std::vector<SegmentFile> segments_;                        // Ascending.
  std::unordered_map<std::uint64_t, std::size_t> by_chain_;  // The last segment with that chain.

  // Where the replay stands.
  std::size_t at_ = 0;
  // Of segments_[at_]; none where its header is not readable.
  std::optional<SegmentReader> reader_;
  // Before the first segment, which is not entered then. Empty: there is no gap.
  std::string gap_at_;
  std::uint64_t synced_ = 0;  // What was read so far says that it was durable up to here.
  std::uint64_t sequence_seen_ =
      0;  // The greatest of a batch that was once there, as far as known.
  std::uint64_t offset_ = 0;
  std::uint64_t chain_ = 0;
  std::uint64_t last_sequence_ = 0;
  std::deque<std::string> keys_;  // Of this segment, by id.

  GroupTable table_;
  std::vector<std::string_view> batch_keys_;
  ReplayResult result_;
};

Result<ReplayResult> Replay::run(const ReplayStart& start) {
  VARVE_CHECK(find_segments(start));
  if (segments_.empty()) {
    judge_absence(start);
  } else {
    gap_at_ = gap_before(start);
    if (gap_at_.empty()) VARVE_CHECK(follow());
    VARVE_CHECK(judge_end(start));
  }
  result_.position.last_sequence = std::max({last_sequence_, sequence_seen_, synced_, start.held});
  result_.position.chain = chain_;
  result_.position.synced = synced_;
  return std::move(result_);
}

/// Goes through the log until neither a group nor a segment goes on.
Status Replay::follow() {
  if (segments_[0].header) {
    chain_ = segments_[0].header->chain;
    VARVE_CHECK(enter(0));
  }
  for (;;) {
    if (const auto next = successor()) {
      VARVE_CHECK(enter(*next));
      continue;
    }
    VARVE_TRY(const bool more, replay_group());
    if (!more) return {};
  }
}

Status Replay::find_segments(const ReplayStart& start) {
  VARVE_TRY(const std::vector<std::string> names, directory_.list());
  const std::uint64_t first = start.segment;
  std::uint64_t last = std::max(start.last_begun, first == 0 ? 0 : first - 1);
  std::vector<std::uint64_t>& numbers = result_.position.segments;
  for (const std::string& name : names) {
    const auto file = parse_file_name(name);
    if (!file || file->kind != FileKind::wal) continue;
    last = std::max(last, file->number);
    if (file->number >= first) numbers.push_back(file->number);
  }
  std::ranges::sort(numbers);
  for (const std::uint64_t number : numbers) {
    VARVE_TRY(SegmentFile segment, look_at_segment(directory_, database_, number));
    if (segment.header) by_chain_[segment.header->chain] = segments_.size();
    segments_.push_back(segment);
  }
  result_.position.next_segment = last + 1;
  return {};
}

/// Where batches are missing between the tables and the first segment that is there, or nothing:
/// its header says how far the log had come, and what came before that is in tables, or lost.
std::string Replay::gap_before(const ReplayStart& start) const {
  const SegmentFile& first = segments_.front();
  if (first.header && first.header->last_sequence <= start.held) return {};
  const bool lacks_first = start.required && first.number != start.segment;
  if (lacks_first) return segment_name(start.segment) + ": missing";
  return start.required || !first.header ? "" : "before " + segment_name(first.number);
}

Result<SegmentReader> Replay::open(const SegmentFile& segment) {
  VARVE_TRY(auto file, open_twice(directory_, segment_name(segment.number)));
  return SegmentReader(std::move(file), segment.size);
}

/// The last segment that was begun when the log ended with the group just read. Those before it
/// that were begun at the same point hold nothing that counts.
std::optional<std::size_t> Replay::successor() const {
  const auto found = by_chain_.find(chain_);
  if (found == by_chain_.end() || found->second <= at_) return std::nullopt;
  if (segments_[found->second].header->last_sequence < last_sequence_) return std::nullopt;
  return found->second;
}

Status Replay::enter(std::size_t index) {
  VARVE_TRY(reader_, open(segments_[index]));
  VARVE_ASSERT(segments_[index].header && (index > at_ || index == 0));
  at_ = index;
  offset_ = SegmentHeader::encoded_size;
  last_sequence_ = segments_[index].header->last_sequence;
  note_synced(segments_[index].header->synced);
  keys_.clear();
  ++result_.segments;
  return {};
}

Result<bool> Replay::replay_group() {
  if (!reader_) return false;
  GroupHeader header;
  ByteSpan group;
  const Result<bool> whole = read_group(header, group);
  // What the device cannot read is as lost as what fails its checksum.
  if (!whole && !is_damage(whole.error())) return whole;
  if (!whole.value_or(false)) return false;
  VARVE_CHECK(apply_group(group));
  chain_ = header.checksum;
  result_.bytes += header.size;
  // Not past the end, where the last group has no room for its padding.
  const std::uint64_t end = std::min(offset_ + aligned(header.size), reader_->size());
  note_unproven(header, end);
  offset_ = end;
  return true;
}

/// Groups lie side by side, so a stretch covers many. It ends where that is enough for one write.
void Replay::note_unproven(const GroupHeader& header, std::uint64_t end) {
  constexpr std::uint64_t stretch_bytes = std::uint64_t{64} << 10;
  auto& unproven = result_.position.unproven;
  const std::uint64_t segment = segments_[at_].number;
  if (!unproven.empty() && unproven.back().segment == segment && unproven.back().end == offset_ &&
      end - unproven.back().first <= stretch_bytes) {
    unproven.back().end = end;
    unproven.back().last_sequence = last_sequence_;
  } else {
    unproven.push_back({segment, offset_, end, last_sequence_});
  }
  note_synced(header.synced);
}

void Replay::note_synced(std::uint64_t synced) {
  synced_ = std::max(synced_, synced);
  auto& unproven = result_.position.unproven;
  const auto proven = std::ranges::find_if(
      unproven, [&](const auto& stretch) { return stretch.last_sequence > synced_; });
  unproven.erase(unproven.begin(), proven);
}

/// False where what is at offset_ is not the next group, whole and right in every byte.
Result<bool> Replay::read_group(GroupHeader& header, ByteSpan& group) {
  const std::uint64_t room = reader_->size() - offset_;
  if (room < GroupHeader::encoded_size) return false;
  VARVE_TRY(group, reader_->view(offset_, GroupHeader::encoded_size));
  if (!header.decode(group, room) || header.previous != chain_ ||
      header.first_sequence <= last_sequence_) {
    return false;
  }
  // The header first: a size is not to be believed before its checksum, nor memory taken by it.
  if (!is_sound(header, group, group_seed(database_, segments_[at_].number, offset_))) return false;
  VARVE_TRY(group, reader_->view(offset_, header.size));
  if (!is_sound_table(header, group.subspan(GroupHeader::encoded_size, header.table_size))) {
    return false;
  }
  if (!table_.decode(header, group.subspan(GroupHeader::encoded_size, header.table_size),
                     static_cast<std::uint32_t>(keys_.size()))) {
    return false;
  }
  return std::ranges::all_of(table_.batches, [&](const GroupTable::Batch& batch) {
    return checksum(group.subspan(static_cast<std::size_t>(batch.payload_offset),
                                  batch.payload_size)) == batch.payload_checksum;
  });
}

Status Replay::apply_group(ByteSpan group) {
  for (const GroupTable::Key& key : table_.keys) {
    if (!key.definition.empty()) keys_.emplace_back(key.definition);
  }
  // What is here was read_group(): sequences that ascend, keys that were defined.
  std::size_t key = 0;
  for (const GroupTable::Batch& batch : table_.batches) {
    VARVE_ASSERT(batch.sequence > last_sequence_);
    VARVE_ASSERT(batch.key_count <= table_.keys.size() - key);
    batch_keys_.clear();
    for (std::size_t i = 0; i < batch.key_count; ++i, ++key) {
      const std::uint32_t id = table_.keys[key].id;
      VARVE_ASSERT(id < keys_.size());
      batch_keys_.push_back(keys_[id]);
    }
    last_sequence_ = batch.sequence;
    ++result_.batches;
    VARVE_CHECK(
        apply_({segments_[at_].number, table_.time, table_.step, batch.sequence,
                group.subspan(static_cast<std::size_t>(batch.payload_offset), batch.payload_size),
                batch_keys_, batch.default_ttl}));
  }
  return {};
}

Result<SegmentRest> Replay::rest_of(const SegmentFile& segment, std::uint64_t from) {
  auto reader = open(segment);
  if (reader) return scan_rest(*reader, database_, segment.number, from);
  if (!is_damage(reader.error())) return std::unexpected(reader.error());
  SegmentRest unreadable;
  unreadable.unreadable = true;
  return unreadable;
}

/// What the segment holds that does not count, and what is damaged of it: a segment's name, size
/// and header are durable before its first group is written.
Result<SegmentRest> Replay::look_behind(std::size_t index, std::string& damage) {
  const SegmentFile& segment = segments_[index];
  const std::string name = segment_name(segment.number);
  if (damage.empty() && index > at_ && segment.number != segments_[index - 1].number + 1) {
    damage = segment_name(segments_[index - 1].number + 1) + ": missing";
  }
  if (damage.empty() && !segment.header) damage = name + " @ 0: segment header";
  if (segment.header && (index > at_ || !gap_at_.empty())) {
    synced_ = std::max(synced_, segment.header->synced);
    sequence_seen_ = std::max(sequence_seen_, segment.header->last_sequence);
  }
  const bool entered = index == at_ && reader_;
  const std::uint64_t from = entered ? offset_ : std::uint64_t{SegmentHeader::encoded_size};
  VARVE_TRY(SegmentRest rest, rest_of(segment, from));
  synced_ = std::max(synced_, rest.synced);
  sequence_seen_ = std::max({sequence_seen_, rest.sound.last_sequence, rest.sequence});
  if (rest.sound.batches != 0) {
    const TimeSpan times = rest.sound.times.value_or(TimeSpan{0, 0});
    RecoveryReport::SetAside aside{.file = name,
                                   .batches = rest.sound.batches,
                                   .first_sequence = rest.sound.first_sequence,
                                   .last_sequence = rest.sound.last_sequence,
                                   .first_ts = times.first,
                                   .last_ts = times.last,
                                   .keys = {}};
    for (const std::string& key : rest.sound.keys) aside.keys.emplace_back(user_key(key));
    result_.set_aside.push_back(std::move(aside));
  }
  return rest;
}

/// No segment is there. Where one was begun it may have held batches, if tables do not hold all.
void Replay::judge_absence(const ReplayStart& start) {
  const std::uint64_t missing = start.required ? start.segment : start.last_begun;
  if (missing == 0) return;
  result_.position.next_segment = std::max(result_.position.next_segment, missing + 1);
  if (start.in_tables) return;
  result_.damages.push_back(
      {segment_name(missing) + ": missing, and there is no other", start.held + 1, 0});
}

/// Whether the log ends where it is because the database was closed: that begins a segment without
/// groups, the one that is missing, and then cuts those before to what they hold.
bool Replay::is_ended_by_closing(const ReplayStart& start) const {
  const SegmentFile& last = segments_.back();
  return start.closed && start.last_begun == last.number + 1 && reader_ &&
         at_ + 1 == segments_.size() && offset_ == last.size && last.size < last.header->size;
}

/// Whether the log ends here as logs do when the power goes, or was damaged. It is damage where
///
/// - a segment is missing, cut off or not readable, and may have held something,
/// - a later group or header says that more had been durable than is here,
/// - the log begins beyond what the tables hold,
/// - there is more behind the end, and the machine has not been started since it was written: then
///   no power was cut, and what was written is there, in order.
///
/// (A log that was closed has segments cut to what they hold, but no end before the last, which is
/// not.) Whatever it is, sound batches behind the end are kept.
Status Replay::judge_end(const ReplayStart& start) {
  if (is_ended_by_closing(start)) return {};
  std::uint64_t bytes = 0;
  bool more = false;
  bool sound_behind = false;
  std::string damage = gap_at_;
  std::string cut_off;
  std::string unreadable;
  for (std::size_t i = at_; i < segments_.size(); ++i) {
    const SegmentFile& segment = segments_[i];
    VARVE_TRY(const SegmentRest rest, look_behind(i, damage));
    if (rest.unreadable && unreadable.empty()) unreadable = segment_name(segment.number);
    if (cut_off.empty() && segment.header && segment.size < segment.header->size) {
      cut_off = segment_name(segment.number) + " @ " + std::to_string(segment.size) + ": cut off";
    }
    // In a recycled segment old bytes follow the last group, after a word of zeros.
    const bool recycled = segment.header && segment.header->recycled;
    const bool groups_behind = rest.sound.groups != 0;
    more = more || i > at_ || (recycled ? rest.torn || groups_behind : rest.bytes != 0);
    sound_behind = sound_behind || i > at_ || groups_behind;
    bytes += recycled ? rest.group_bytes : rest.bytes;
  }
  const SegmentFile& last = segments_.back();
  const bool same_boot = start.boot != Uuid{} && last.header && last.header->boot == start.boot;
  if (damage.empty() && (synced_ > last_sequence_ || (same_boot && sound_behind))) damage = place();
  if (damage.empty()) damage = cut_off;
  const bool keep = !damage.empty() || !unreadable.empty() || !result_.set_aside.empty();
  for (std::size_t i = at_; keep && i < segments_.size(); ++i) {
    result_.damaged_segments.push_back(segments_[i].number);
  }
  // What is known of batches that are missing. Else there may be some, if tables do not hold all.
  const std::uint64_t lost = std::max(last_sequence_, start.held) + 1;
  const std::uint64_t known = std::max(synced_, sequence_seen_);
  if (!damage.empty() && known >= lost) {
    result_.damages.push_back({damage, lost, known});
  } else if (!damage.empty()) {
    result_.damages.push_back({damage, start.in_tables ? 0 : lost, 0});
  } else if (!unreadable.empty()) {
    result_.damages.push_back({unreadable + ": the device cannot read some of it", 0, 0});
  } else if (start.last_begun > last.number) {
    result_.damages.push_back({segment_name(start.last_begun) + ": missing", lost, 0});
  } else if (more) {
    result_.cut = RecoveryReport::Cut{place(), bytes, last_sequence_};
  }
  return {};
}

}  // namespace

Result<ReplayResult> replay_wal(Directory& directory, const Uuid& database,
                                const ReplayStart& start,
                                const std::function<Status(const ReplayedBatch&)>& apply) {
  return Replay(directory, database, apply).run(start);
}

}  // namespace varve::engine
