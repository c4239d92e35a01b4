#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/directory/identity.hpp"
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

/// Walks the groups of one segment, as a replay does, and prints them instead.
class WalDump {
 public:
  WalDump(std::string name, std::uint64_t size, std::unique_ptr<File> file, bool rows,
          Output& output)
      : name_(std::move(name)), reader_(std::move(file), size), rows_(rows), output_(output) {}

  Outcome<void> run() {
    if (reader_.size() < engine::SegmentHeader::encoded_size) {
      return damaged(name_ + ": too short for a segment");
    }
    VARVE_TRY(const engine::ByteSpan bytes, reader_.view(0, engine::SegmentHeader::encoded_size));
    VARVE_TRY(header_, engine::SegmentHeader::decode(bytes));
    print_header();
    while (true) {
      VARVE_TRY(const bool more, next_group());
      if (!more) return print_rest();
      VARVE_CHECK(output_.drain());
    }
  }

 private:
  void print_header() {
    output_.text() += "segment " + std::to_string(header_.number) + " of database " +
                      engine::to_string(header_.database) + ", " + format_bytes(reader_.size()) +
                      (header_.recycled ? ", recycled" : "") + "\nafter sequence " +
                      grouped(header_.last_sequence) + ", durable up to " +
                      grouped(header_.synced) + ", begun at " + format_time(header_.time.time) +
                      (header_.time.synchronised ? ", clock synchronised" : "") + '\n';
  }

  /// False where no whole group follows.
  Outcome<bool> next_group() {
    const std::uint64_t room = reader_.size() - offset_;
    if (room < engine::GroupHeader::encoded_size) return false;
    VARVE_TRY(engine::ByteSpan bytes, reader_.view(offset_, engine::GroupHeader::encoded_size));
    engine::GroupHeader group;
    if (!group.decode(bytes, room)) return false;
    const std::uint64_t seed = engine::group_seed(header_.database, header_.number, offset_);
    if (!engine::is_sound(group, bytes, seed)) return false;
    VARVE_TRY(bytes, reader_.view(offset_, group.size));
    const engine::ByteSpan table =
        bytes.subspan(engine::GroupHeader::encoded_size, group.table_size);
    if (!engine::is_sound_table(group, table)) return false;
    if (const auto decoded = table_.decode(group, table, static_cast<std::uint32_t>(keys_.size()));
        !decoded) {
      return damaged(place() + ": " + decoded.error().message());
    }
    VARVE_CHECK(print_group(group, bytes));
    // Not past the end, where the last group has no room for its padding.
    offset_ = std::min(offset_ + engine::aligned(group.size), reader_.size());
    return true;
  }

  Outcome<void> print_group(const engine::GroupHeader& group, engine::ByteSpan bytes) {
    const std::size_t known = keys_.size();
    for (const auto& key : table_.keys) {
      if (!key.definition.empty()) keys_.emplace_back(key.definition);
    }
    std::string& out = output_.text();
    out += "group @ " + std::to_string(offset_) + ": " + grouped(group.size) + " bytes, ";
    if (!table_.batches.empty()) {
      out += "sequence " + grouped(table_.batches.front().sequence) + " to " +
             grouped(table_.batches.back().sequence) + ", " + grouped(table_.batches.size()) +
             " batches, " + grouped(keys_.size() - known) + " new keys, ";
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
      if (engine::checksum(payload) != batch.payload_checksum) {
        return damaged(place() + ": checksum of batch " + std::to_string(batch.sequence));
      }
      VARVE_CHECK(print_batch(batch, first_key, payload));
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
      if (!more) return damaged(place() + ": " + more.error().message());
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
    const std::size_t id = table_.keys[first_key + operation.key].id;
    const std::string where = key_text(keys_[id]) + "  " + format_time(operation.ts);
    if (operation.kind == engine::Operation::Kind::erase) return "    delete " + where + '\n';
    std::string line = "    put    " + where + "  " + value_line(operation.value);
    const Timestamp expires_at = engine::expiry_of(operation.ts, operation.expires_at, default_ttl);
    if (expires_at != never) line += "  expires " + format_time(expires_at);
    return line + '\n';
  }

  Outcome<void> print_rest() {
    VARVE_TRY(const engine::SegmentRest rest,
              engine::scan_rest(reader_, header_.database, header_.number, offset_));
    std::string& out = output_.text();
    if (rest.sound.groups != 0) {
      return damaged(place() + ": no whole group, and behind it " + grouped(rest.sound.groups) +
                     " that are: damage, or what an earlier recovery cut off");
    }
    out += (rest.torn ? "torn group @ " : "end @ ") + std::to_string(offset_) + '\n';
    return {};
  }

  std::string place() const { return name_ + " @ " + std::to_string(offset_); }

  const std::string name_;
  engine::SegmentReader reader_;
  const bool rows_;
  Output& output_;
  engine::SegmentHeader header_;
  engine::GroupTable table_;
  std::vector<std::string> keys_;  // By the segment's id.
  std::uint64_t offset_ = engine::SegmentHeader::encoded_size;
};

}  // namespace

Outcome<void> dump_wal(const std::filesystem::path& file, bool rows, Output& output) {
  VARVE_TRY(const auto directory, directory_of(file));
  VARVE_TRY(auto opened, directory->open(file.filename().string(), OpenMode::read));
  VARVE_TRY(const std::uint64_t size, opened->size());
  return WalDump(file.string(), size, std::move(opened), rows, output).run();
}

}  // namespace varve::tools
