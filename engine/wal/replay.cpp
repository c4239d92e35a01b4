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
#include "engine/wal/group.hpp"
#include "engine/wal/segment.hpp"
#include "engine/wal/segment_reader.hpp"
#include "engine/wal/segment_scan.hpp"
#include "engine/wal/wal.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

struct SegmentFile {
  std::uint64_t number = 0;
  std::uint64_t size = 0;
  std::optional<SegmentHeader> header;  // None where it is not readable.
};

class Replay {
 public:
  Replay(FileSystem& file_system, const std::filesystem::path& dir, const Uuid& database,
         const std::function<Status(const ReplayedBatch&)>& apply)
      : file_system_(file_system), dir_(dir), database_(database), apply_(apply) {}

  Result<ReplayResult> run(const ReplayStart& start);

 private:
  Status find_segments(std::uint64_t first);
  Status read_header(SegmentFile& segment);
  Result<SegmentReader> open(const SegmentFile& segment);

  Status follow();
  std::optional<std::size_t> successor() const;
  Status enter(std::size_t index);
  Result<bool> replay_group();
  Result<bool> read_group(GroupHeader& header, ByteSpan& group);
  Status apply_group(ByteSpan group);

  Status judge_end(std::uint64_t held);
  std::string place() const {
    return segment_name(segments_[at_].number) + " @ " + std::to_string(offset_);
  }

  FileSystem& file_system_;
  const std::filesystem::path& dir_;
  const Uuid& database_;
  const std::function<Status(const ReplayedBatch&)>& apply_;

  std::vector<SegmentFile> segments_;                        // Ascending.
  std::unordered_map<std::uint64_t, std::size_t> by_chain_;  // The last segment with that chain.

  // Where the replay stands.
  std::size_t at_ = 0;
  std::optional<SegmentReader>
      reader_;        // Of segments_[at_]; none where its header is not readable.
  bool gap_ = false;  // Before the first segment, which is not entered then.
  std::uint64_t offset_ = 0;
  std::uint64_t chain_ = 0;
  std::uint64_t last_sequence_ = 0;
  std::deque<std::string> keys_;  // Of this segment, by id.

  GroupTable table_;
  std::vector<std::string_view> batch_keys_;
  ReplayResult result_;
};

Result<ReplayResult> Replay::run(const ReplayStart& start) {
  VARVE_CHECK(find_segments(start.segment));
  if (start.required && (segments_.empty() || segments_.front().number != start.segment)) {
    return fail(Errc::corruption,
                segment_name(start.segment) + ": missing, and the manifest needs it");
  }
  if (!segments_.empty()) {
    const auto& first = segments_[0].header;
    gap_ = !start.required && first && first->last_sequence > start.held;
    if (!gap_) VARVE_CHECK(follow());
    VARVE_CHECK(judge_end(start.held));
  }
  result_.position.last_sequence = last_sequence_;
  result_.position.chain = chain_;
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

Status Replay::find_segments(std::uint64_t first) {
  VARVE_TRY(const std::vector<std::string> names, file_system_.list(dir_));
  std::uint64_t last = first == 0 ? 0 : first - 1;
  for (const std::string& name : names) {
    const auto file = parse_file_name(name);
    if (!file || file->kind != FileKind::wal) continue;
    last = std::max(last, file->number);
    if (file->number >= first) segments_.push_back({file->number, 0, std::nullopt});
  }
  std::ranges::sort(segments_, {}, &SegmentFile::number);
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    VARVE_CHECK(read_header(segments_[i]));
    result_.position.segments.push_back(segments_[i].number);
    if (segments_[i].header) by_chain_[segments_[i].header->chain] = i;
  }
  result_.position.next_segment = last + 1;
  return {};
}

Status Replay::read_header(SegmentFile& segment) {
  const std::string name = segment_name(segment.number);
  VARVE_TRY(const auto file, file_system_.open(dir_ / name, OpenMode::read));
  VARVE_TRY(segment.size, file->size());
  if (segment.size < SegmentHeader::encoded_size) return {};
  Bytes bytes(SegmentHeader::encoded_size);
  VARVE_CHECK(file->read_at(0, bytes));
  Result<SegmentHeader> header = SegmentHeader::decode(bytes);
  if (!header && header.error().code == Errc::unsupported_format) {
    return fail(Errc::unsupported_format, name + ": " + header.error().where);
  }
  if (header && header->number == segment.number && header->database == database_) {
    segment.header = *header;
  }
  return {};
}

Result<SegmentReader> Replay::open(const SegmentFile& segment) {
  VARVE_TRY(auto file, file_system_.open(dir_ / segment_name(segment.number), OpenMode::read));
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
  keys_.clear();
  ++result_.segments;
  return {};
}

Result<bool> Replay::replay_group() {
  if (!reader_) return false;
  GroupHeader header;
  ByteSpan group;
  VARVE_TRY(const bool whole, read_group(header, group));
  if (!whole) return false;
  VARVE_CHECK(apply_group(group));
  chain_ = header.checksum;
  result_.bytes += header.size;
  // Not past the end, where the last group has no room for its padding.
  offset_ = std::min(offset_ + aligned(header.size), reader_->size());
  return true;
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
  // The table first: a size is not to be believed before its checksum, nor memory taken by it.
  VARVE_TRY(group, reader_->view(offset_, header.table_end()));
  if (!is_sound(header, group, group_seed(database_, segments_[at_].number, offset_))) return false;
  VARVE_TRY(group, reader_->view(offset_, header.size));
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
        apply_({segments_[at_].number, batch.sequence,
                group.subspan(static_cast<std::size_t>(batch.payload_offset), batch.payload_size),
                batch_keys_, batch.default_ttl}));
  }
  return {};
}

/// Whether the log ends here as logs do when the power goes, or was damaged. A segment's name,
/// size and header are durable before its first group is written, so one that is missing, cut off
/// or not readable is damage. So is a later group or header that says more had been durable than is
/// here, and a log that begins beyond what the tables hold. (A log that was closed has segments cut
/// to what they hold, but no end before the last, which is not.)
Status Replay::judge_end(std::uint64_t held) {
  std::uint64_t synced = 0;
  std::uint64_t bytes = 0;
  bool more = false;
  std::string damage;
  std::string cut_off;
  if (gap_) damage = "before " + segment_name(segments_[0].number);
  for (std::size_t i = at_; i < segments_.size(); ++i) {
    const SegmentFile& segment = segments_[i];
    if (damage.empty() && i > at_ && segment.number != segments_[i - 1].number + 1) {
      damage = segment_name(segments_[i - 1].number + 1) + ": missing";
    }
    if (damage.empty() && !segment.header) {
      damage = segment_name(segment.number) + " @ 0: segment header";
    }
    if (cut_off.empty() && segment.header && segment.size < segment.header->size) {
      cut_off = segment_name(segment.number) + " @ " + std::to_string(segment.size) + ": cut off";
    }
    if (segment.header && i > at_) synced = std::max(synced, segment.header->synced);
    VARVE_TRY(SegmentReader reader, open(segment));
    const std::uint64_t from = i == at_ ? offset_ : std::uint64_t{SegmentHeader::encoded_size};
    VARVE_TRY(const SegmentRest rest, scan_rest(reader, database_, segment.number, from));
    synced = std::max(synced, rest.synced);
    if (rest.unclear && damage.empty()) damage = segment_name(segment.number) + ": not scanned";
    // In a recycled segment old bytes follow the last group, after a word of zeros.
    const bool recycled = segment.header && segment.header->recycled;
    more = more || i > at_ || (recycled ? rest.torn || rest.groups != 0 : rest.bytes != 0);
    bytes += recycled ? rest.group_bytes : rest.bytes;
  }
  if (synced > last_sequence_ && damage.empty()) damage = place();
  if (damage.empty()) damage = cut_off;
  if (!damage.empty()) {
    const std::uint64_t lost = std::max(last_sequence_, held) + 1;
    result_.damages.push_back({damage, lost, std::max(synced, lost)});
    for (std::size_t i = at_; i < segments_.size(); ++i) {
      result_.damaged_segments.push_back(segments_[i].number);
    }
  } else if (more) {
    result_.cut = RecoveryReport::Cut{place(), bytes, last_sequence_};
  }
  return {};
}

}  // namespace

Result<ReplayResult> replay_wal(FileSystem& file_system, const std::filesystem::path& dir,
                                const Uuid& database, const ReplayStart& start,
                                const std::function<Status(const ReplayedBatch&)>& apply) {
  return Replay(file_system, dir, database, apply).run(start);
}

}  // namespace varve::engine
