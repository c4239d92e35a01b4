#include "engine/version/version_edit.hpp"

#include <limits>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

// Stored. An edit is its fields in this order, each one byte and then its body; the first four and
// the last may repeat, so that no count has to be trusted. The fixed order makes the encoding
// canonical.
enum class Field : std::uint8_t {
  table_added = 1,
  table_removed = 2,
  tombstone_added = 3,
  tombstone_removed = 4,
  flushed_through = 5,
  flush_number = 6,
  log_start = 7,
  next_file = 8,
  closed = 9,
  trusted_time = 10,
  clock_step = 11,
};

constexpr bool may_repeat(std::uint8_t field) {
  return field <= std::to_underlying(Field::tombstone_removed) ||
         field == std::to_underlying(Field::clock_step);
}

void put_field(ByteWriter& writer, Field field) { writer.put(std::to_underlying(field)); }

void put_number(ByteWriter& writer, Field field, const std::optional<std::uint64_t>& number) {
  if (!number) return;
  put_field(writer, field);
  writer.put_varint(*number);
}

void put_tombstone(ByteWriter& writer, Field field, const FlushedTombstone& tombstone) {
  put_field(writer, field);
  tombstone.encode(writer);
}

Status take_table(ByteReader& reader, VersionEdit& edit) {
  const std::uint64_t level = reader.take_varint();
  if (level >= level_count) return fail(Errc::corruption, "level " + std::to_string(level));
  VARVE_TRY(TableMeta meta, TableMeta::decode(reader));
  edit.added.push_back({static_cast<std::uint32_t>(level), std::move(meta)});
  return {};
}

void put_flag(ByteWriter& writer, bool flag) { writer.put(std::uint8_t{flag}); }

bool take_flag(ByteReader& reader) {
  const auto byte = reader.take<std::uint8_t>();
  if (byte > 1) reader.fail();
  return byte == 1;
}

TrustedTime take_trusted_time(ByteReader& reader) {
  TrustedTime trusted;
  trusted.time = reader.take_zigzag();
  trusted.synchronised = take_flag(reader);
  return trusted;
}

ClockStep take_clock_step(ByteReader& reader) {
  ClockStep step;
  step.sequence = reader.take_varint();
  step.before = reader.take_zigzag();
  step.after = reader.take_zigzag();
  step.synchronised = take_flag(reader);
  return step;
}

Status take_field(std::uint8_t byte, ByteReader& reader, VersionEdit& edit) {
  if (byte == 0 || byte > std::to_underlying(Field::clock_step)) {
    return fail(Errc::unsupported_format, "unknown field " + std::to_string(byte));
  }
  switch (static_cast<Field>(byte)) {
    case Field::table_added: return take_table(reader, edit);
    case Field::table_removed: edit.removed.push_back(reader.take_varint()); return {};
    case Field::tombstone_added:
      edit.tombstones_added.push_back(FlushedTombstone::decode(reader));
      return {};
    case Field::tombstone_removed:
      edit.tombstones_removed.push_back(FlushedTombstone::decode(reader));
      return {};
    case Field::flushed_through: edit.flushed_through = reader.take_varint(); return {};
    case Field::flush_number: edit.flush_number = reader.take_varint(); return {};
    case Field::log_start: edit.log_start = reader.take_varint(); return {};
    case Field::next_file: edit.next_file = reader.take_varint(); return {};
    case Field::closed: edit.closed = true; return {};
    case Field::trusted_time: edit.trusted_time = take_trusted_time(reader); return {};
    case Field::clock_step: edit.clock_steps.push_back(take_clock_step(reader)); return {};
  }
  return {};
}

}  // namespace

void VersionEdit::encode(ByteWriter& writer) const {
  for (const Added& table : added) {
    VARVE_ASSERT(table.level < level_count);
    put_field(writer, Field::table_added);
    writer.put_varint(table.level);
    table.meta.encode(writer);
  }
  for (const std::uint64_t number : removed) {
    put_field(writer, Field::table_removed);
    writer.put_varint(number);
  }
  for (const FlushedTombstone& tombstone : tombstones_added) {
    put_tombstone(writer, Field::tombstone_added, tombstone);
  }
  for (const FlushedTombstone& tombstone : tombstones_removed) {
    put_tombstone(writer, Field::tombstone_removed, tombstone);
  }
  put_number(writer, Field::flushed_through, flushed_through);
  put_number(writer, Field::flush_number, flush_number);
  put_number(writer, Field::log_start, log_start);
  put_number(writer, Field::next_file, next_file);
  if (closed) put_field(writer, Field::closed);
  if (trusted_time) {
    put_field(writer, Field::trusted_time);
    writer.put_zigzag(trusted_time->time);
    put_flag(writer, trusted_time->synchronised);
  }
  for (const ClockStep& step : clock_steps) {
    put_field(writer, Field::clock_step);
    writer.put_varint(step.sequence);
    writer.put_zigzag(step.before);
    writer.put_zigzag(step.after);
    put_flag(writer, step.synchronised);
  }
}

Result<VersionEdit> VersionEdit::decode(ByteSpan bytes) {
  VersionEdit edit;
  ByteReader reader(bytes);
  std::uint8_t previous = 0;
  while (!reader.at_end()) {
    const auto where = [&, offset = bytes.size() - reader.remaining()](const std::string& what) {
      return "edit @ " + std::to_string(offset) + ": " + what;
    };
    const auto byte = reader.take<std::uint8_t>();
    if (byte < previous || (byte == previous && !may_repeat(byte))) {
      return fail(Errc::corruption, where("field out of order"));
    }
    previous = byte;
    if (auto status = take_field(byte, reader, edit); !status) {
      return std::unexpected(Error{status.error().code, where(status.error().where)});
    }
    if (!reader.ok()) return fail(Errc::corruption, where("cut off, or malformed"));
  }
  return edit;
}

}  // namespace varve::engine
