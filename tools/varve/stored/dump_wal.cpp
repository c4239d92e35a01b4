#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/directory/identity.hpp"
#include "engine/directory/quarantine.hpp"
#include "engine/io/io_error.hpp"
#include "engine/record/expiry.hpp"
#include "engine/wal/batch.hpp"
#include "engine/wal/group.hpp"
#include "engine/wal/segment.hpp"
#include "engine/wal/segment_reader.hpp"
#include "engine/wal/segment_scan.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/stored/dump.hpp"
#include "tools/varve/stored/engine_text.hpp"
#include "tools/varve/stored/stored_version.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// Walks the groups of one segment, as a replay does, and prints them instead. Behind damage, where
/// a replay ends, it goes on with what is whole.
class WalDump {
 public:
  WalDump(std::filesystem::path file, engine::SegmentReader reader, bool rows, Output& output)
      : file_(std::move(file)), reader_(std::move(reader)), rows_(rows), output_(output) {}

  Outcome<void> run() {
    VARVE_CHECK(read_header());
    while (true) {
      VARVE_TRY(bool more, next_group());
      if (!more) {
        VARVE_TRY(more, pass_hole());
      }
      if (!more) break;
      VARVE_CHECK(output_.drain());
    }
    if (is_damaged_) return damaged("");  // It was told where it was found.
    return {};
  }

 private:
  /// Where the header is damaged its groups can be read all the same, since the names of file and
  /// directory say what it said.
  Outcome<void> read_header() {
    constexpr std::size_t size = engine::SegmentHeader::encoded_size;
    if (reader_.size() < size) return damaged(file_.string() + ": too short for a segment");
    VARVE_TRY(const engine::ByteSpan bytes, reader_.view(0, size));
    auto header = engine::SegmentHeader::decode(bytes);
    if (header) {
      header_ = *header;
      print_header();
      return {};
    }
    if (header.error().code != Errc::corruption) return std::unexpected(Failure(header.error()));
    tell("0", header.error().where);
    const auto named = engine::parse_file_name(engine::name_before(file_.filename().string()));
    const auto identity = identity_of(file_);
    if (!named || named->kind != engine::FileKind::wal || !identity) {
      return damaged(file_.string() + ": nothing says of which segment it is");
    }
    header_.number = named->number;
    header_.database = identity->database;
    output_.text() += "segment " + std::to_string(header_.number) + " of database " +
                      engine::to_string(header_.database) + ", by its name\n";
    return {};
  }

  void print_header() {
    output_.text() += "segment " + std::to_string(header_.number) + " of database " +
                      engine::to_string(header_.database) + ", " + format_bytes(reader_.size()) +
                      (header_.recycled ? ", recycled" : "") + "\nafter sequence " +
                      grouped(header_.last_sequence) + ", durable up to " +
                      grouped(header_.synced) + ", begun at " + format_time(header_.time.time) +
                      (header_.time.synchronised ? ", clock synchronised" : "") + '\n';
  }

  /// False where no group is whole enough to say what it holds.
  Outcome<bool> next_group() {
    engine::GroupHeader group;
    const auto bytes = read_group(group);
    // What the device cannot read is as damaged as what fails its checksum.
    if (!bytes && engine::is_damage(bytes.error())) return false;
    if (!bytes) return std::unexpected(Failure(bytes.error()));
    if (bytes->empty()) return false;
    VARVE_CHECK(print_group(group, *bytes));
    // Not past the end, where the last group has no room for its padding.
    offset_ = std::min(offset_ + engine::aligned(group.size), reader_.size());
    return true;
  }

  /// The group at offset_, with its table decoded; nothing where header or table are not sound.
  Result<engine::ByteSpan> read_group(engine::GroupHeader& group) {
    constexpr std::size_t head = engine::GroupHeader::encoded_size;
    const std::uint64_t room = reader_.size() - offset_;
    if (room < head) return engine::ByteSpan();
    VARVE_TRY(engine::ByteSpan bytes, reader_.view(offset_, head));
    if (!group.decode(bytes, room)) return engine::ByteSpan();
    const std::uint64_t seed = engine::group_seed(header_.database, header_.number, offset_);
    if (!engine::is_sound(group, bytes, seed)) return engine::ByteSpan();
    VARVE_TRY(bytes, reader_.view(offset_, group.size));
    const engine::ByteSpan table = bytes.subspan(head, group.table_size);
    if (!engine::is_sound_table(group, table)) return engine::ByteSpan();
    // How many keys the groups in a hole have defined is not known.
    if (!table_.decode(group, table, engine::GroupTable::any_known_keys)) return engine::ByteSpan();
    return bytes;
  }

  Outcome<void> print_group(const engine::GroupHeader& group, engine::ByteSpan bytes) {
    std::uint64_t new_keys = 0;
    for (const auto& key : table_.keys) {
      if (key.definition.empty()) continue;
      ++new_keys;
      if (!has_hole_) keys_.emplace_back(key.definition);
    }
    std::string& out = output_.text();
    out += "group @ " + std::to_string(offset_) + ": " + grouped(group.size) + " bytes, ";
    if (!table_.batches.empty()) {
      out += "sequence " + grouped(table_.batches.front().sequence) + " to " +
             grouped(table_.batches.back().sequence) + ", " + grouped(table_.batches.size()) +
             " batches, " + grouped(new_keys) + " new keys, ";
    }
    out += "durable up to " + grouped(group.synced) + ", at " + format_time(table_.time.time) +
           (table_.time.synchronised ? ", clock synchronised" : "") + '\n';
    if (table_.step) {
      out += "  the clock was set after sequence " + grouped(table_.step->sequence) + ": " +
             format_time(table_.step->before) + " became " + format_time(table_.step->after) + '\n';
    }
    std::size_t first_key = 0;
    for (const auto& batch : table_.batches) {
      const engine::ByteSpan payload =
          bytes.subspan(static_cast<std::size_t>(batch.payload_offset), batch.payload_size);
      if (engine::checksum(payload) == batch.payload_checksum) {
        VARVE_CHECK(print_batch(batch, first_key, payload));
      } else {
        tell_here("checksum of batch " + std::to_string(batch.sequence));
      }
      first_key += batch.key_count;
    }
    return {};
  }

  Outcome<void> print_batch(const engine::GroupTable::Batch& batch, std::size_t first_key,
                            engine::ByteSpan payload) {
    engine::BatchDecoder decoder(payload, static_cast<std::uint32_t>(batch.key_count));
    engine::Operation operation;
    std::uint64_t puts = 0;
    std::uint64_t deletes = 0;
    std::string lines;
    while (true) {
      const auto more = decoder.next(operation);
      if (!more) {
        tell_here("batch " + std::to_string(batch.sequence) + ": " + more.error().message());
        return {};
      }
      if (!*more) break;
      ++(operation.kind == engine::Operation::Kind::put ? puts : deletes);
      if (rows_) lines += operation_line(operation, first_key, batch.default_ttl);
    }
    if (rows_) {
      output_.text() += "  batch " + grouped(batch.sequence) + ": " + grouped(puts) + " puts, " +
                        grouped(deletes) + " deletes\n" + lines;
    }
    return output_.drain();
  }

  std::string operation_line(const engine::Operation& operation, std::size_t first_key,
                             std::optional<Duration> default_ttl) const {
    if (operation.kind == engine::Operation::Kind::erase_range) {
      return "    delete " +
             range_text({{std::string(operation.first_key), std::string(operation.end_key)},
                         operation.times}) +
             '\n';
    }
    const std::string where =
        name_of(table_.keys[first_key + operation.key]) + "  " + format_time(operation.ts);
    if (operation.kind == engine::Operation::Kind::erase) return "    delete " + where + '\n';
    std::string line = "    put    " + where + "  " + value_line(operation.value);
    const Timestamp expires_at = engine::expiry_of(operation.ts, operation.expires_at, default_ttl);
    if (expires_at != never) line += "  expires " + format_time(expires_at);
    return line + '\n';
  }

  std::string name_of(const engine::GroupTable::Key& key) const {
    if (!key.definition.empty()) return key_text(key.definition);
    if (key.id < keys_.size()) return key_text(keys_[key.id]);
    return "(key " + std::to_string(key.id) + " of the segment, defined in or behind a hole)";
  }

  /// Goes on where whole groups follow behind what is none. False at the end.
  Outcome<bool> pass_hole() {
    VARVE_TRY(const engine::SegmentRest rest,
              engine::scan_rest(reader_, header_.database, header_.number, offset_));
    if (rest.first_sound && *rest.first_sound > offset_) {
      tell(std::to_string(offset_) + " to " + std::to_string(*rest.first_sound),
           "no whole group, but behind it: damage, or what an earlier recovery cut off");
      offset_ = *rest.first_sound;
      has_hole_ = true;
      return true;
    }
    if (rest.unreadable) tell_here("the device cannot read some of what follows");
    output_.text() += (rest.torn ? "torn group @ " : "end @ ") + std::to_string(offset_) + '\n';
    return false;
  }

  void tell_here(const std::string& what) { tell(std::to_string(offset_), what); }
  void tell(const std::string& where, const std::string& what) {
    say(file_.string() + " @ " + where + ": " + what);
    is_damaged_ = true;
  }

  const std::filesystem::path file_;
  engine::SegmentReader reader_;
  const bool rows_;
  Output& output_;
  engine::SegmentHeader header_;
  engine::GroupTable table_;
  std::vector<std::string> keys_;  // By the segment's id, up to the first hole.
  std::uint64_t offset_ = engine::SegmentHeader::encoded_size;
  bool has_hole_ = false;
  bool is_damaged_ = false;
};

}  // namespace

Outcome<void> dump_wal(const std::filesystem::path& file, bool rows, Output& output) {
  VARVE_TRY(const auto directory, directory_of(file));
  VARVE_TRY(auto opened, directory->open(file.filename().string(), OpenMode::read));
  VARVE_TRY(const std::uint64_t size, opened->size());
  return WalDump(file, engine::SegmentReader(std::move(opened), size), rows, output).run();
}

}  // namespace varve::tools
