#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "engine/directory/file_names.hpp"
#include "engine/directory/identity.hpp"
#include "engine/directory/quarantine.hpp"
#include "engine/directory/read_file.hpp"
#include "engine/version/manifest_format.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/stored/dump.hpp"
#include "tools/varve/stored/engine_text.hpp"
#include "tools/varve/stored/stored_version.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

void append_edit(std::string& out, const engine::VersionEdit& edit) {
  const auto number = [&out](const char* name, const std::optional<std::uint64_t>& value) {
    if (value) out += std::string("  ") + name + ' ' + std::to_string(*value) + '\n';
  };
  number("flushed through sequence", edit.flushed_through);
  number("flush", edit.flush_number);
  number("log starts at segment", edit.log_start);
  number("next file", edit.next_file);
  for (const auto& added : edit.added) {
    const engine::TableMeta& meta = added.meta;
    out += "  + table " + std::to_string(meta.number) + " at level " + std::to_string(added.level) +
           ": " + grouped(meta.rows) + " rows, " + format_bytes(meta.size) + ", flush " +
           std::to_string(meta.newest_flush) + ", " + span_text(meta.times) + ", '" +
           key_text(meta.first_key) + "' to '" + key_text(meta.last_key) + "'\n";
  }
  for (const std::uint64_t removed : edit.removed) {
    out += "  - table " + std::to_string(removed) + '\n';
  }
  for (const auto& tombstone : edit.tombstones_added) {
    out += "  + deleted " + range_text(tombstone.range) + ", before flush " +
           std::to_string(tombstone.flush) + '\n';
  }
  for (const auto& tombstone : edit.tombstones_removed) {
    out += "  - deleted " + range_text(tombstone.range) + ", before flush " +
           std::to_string(tombstone.flush) + '\n';
  }
  if (edit.closed) out += "  closed\n";
  const auto clock = [](bool synchronised) {
    return std::string("by a clock that is ") + (synchronised ? "" : "not ") + "synchronised\n";
  };
  if (edit.trusted_time) {
    out += "  trusted time " + format_time(edit.trusted_time->time) + ", " +
           clock(edit.trusted_time->synchronised);
  }
  for (const engine::ClockStep& step : edit.clock_steps) {
    out += "  clock set after sequence " + std::to_string(step.sequence) + ", from " +
           format_time(step.before) + " to " + format_time(step.after) + ", " +
           clock(step.synchronised);
  }
}

bool is_zero(engine::ByteSpan bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

Outcome<void> dump_manifest(const std::filesystem::path& file, bool, Output& output) {
  constexpr std::uint64_t any_size = std::numeric_limits<std::uint64_t>::max();
  const std::string name = file.filename().string();
  const auto numbered = engine::parse_file_name(engine::name_before(name));
  if (!numbered || (numbered->kind != engine::FileKind::manifest &&
                    numbered->kind != engine::FileKind::manifest_copy)) {
    return failed(file.string() + ": not the name of a manifest");
  }
  VARVE_TRY(const auto directory, directory_of(file));
  VARVE_TRY(const engine::Identity identity, identity_of(file));
  VARVE_TRY(const engine::Bytes bytes, engine::read_file(*directory, name, any_size));
  bool is_whole = true;
  const auto tell = [&](std::uint64_t offset, const std::string& what) {
    say(file.string() + " @ " + std::to_string(offset) + what);
    is_whole = false;
  };

  const engine::ManifestFormat format(identity.database, numbered->number);
  output.text() += "manifest " + std::to_string(numbered->number) + " of database " +
                   engine::to_string(identity.database) + '\n';
  VARVE_TRY(const bool has_header, format.check_header({name, bytes}));
  if (!has_header) tell(0, ": no header of this manifest");
  std::uint64_t offset = engine::ManifestFormat::header_size;
  while (true) {
    const auto record = format.record_at(bytes, offset);
    if (!record) {
      const auto next = format.find_record(bytes, offset + 1);
      if (!next) break;
      tell(offset, " to " + std::to_string(*next) + ": no whole record, but behind it");
      offset = *next;
      continue;
    }
    output.text() += "edit @ " + std::to_string(offset) + '\n';
    const auto edit = engine::VersionEdit::decode(record->payload);
    if (edit) {
      append_edit(output.text(), *edit);
    } else {
      tell(offset, ": " + edit.error().message());
    }
    VARVE_CHECK(output.drain());
    offset = record->end;
  }
  const auto end = static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes.size()));
  const bool is_torn = !is_zero(engine::ByteSpan(bytes).subspan(end));
  output.text() += (is_torn ? "torn tail @ " : "end @ ") + std::to_string(offset) + '\n';
  if (!is_whole) return damaged("");
  return {};
}

}  // namespace varve::tools
