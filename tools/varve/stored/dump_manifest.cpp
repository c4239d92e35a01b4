#include <string>

#include "engine/directory/file_names.hpp"
#include "engine/directory/identity_files.hpp"
#include "engine/version/manifest.hpp"
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

}  // namespace

Outcome<void> dump_manifest(const std::filesystem::path& file, bool, Output& output) {
  const std::string name = file.filename().string();
  const auto numbered = engine::parse_file_name(name);
  if (!numbered || (numbered->kind != engine::FileKind::manifest &&
                    numbered->kind != engine::FileKind::manifest_copy)) {
    return failed(file.string() + ": not the name of a manifest");
  }
  VARVE_TRY(const auto directory, directory_of(file));
  VARVE_TRY(const engine::Identity identity, engine::read_identity(*directory));
  VARVE_TRY(const engine::ManifestContent content,
            engine::read_manifest_file(*directory, name, numbered->number, identity.database));

  output.text() += "manifest " + std::to_string(content.number) + " of database " +
                   engine::to_string(identity.database) + ", " + grouped(content.valid_bytes) +
                   " bytes\n";
  for (std::size_t i = 0; i < content.edits.size(); ++i) {
    output.text() += "edit " + std::to_string(i + 1) + '\n';
    append_edit(output.text(), content.edits[i]);
    VARVE_CHECK(output.drain());
  }
  if (content.torn_tail) output.text() += "torn tail: " + *content.torn_tail + '\n';
  return {};
}

}  // namespace varve::tools
