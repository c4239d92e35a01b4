#include "tools/varve/stored/verify.hpp"

#include <unistd.h>

#include <chrono>
#include <system_error>

#include "engine/directory/file_names.hpp"
#include "engine/directory/lock_note.hpp"
#include "engine/io/io_error.hpp"
#include "engine/table/table.hpp"
#include "engine/wal/wal.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/terminal/damage_text.hpp"
#include "tools/varve/terminal/progress.hpp"
#include "tools/varve/terminal/terminal.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

std::uint64_t table_bytes(const engine::Version& version) {
  std::uint64_t sum = 0;
  for (const auto& level : version.levels) {
    for (const auto& table : level) sum += table->meta().size;
  }
  return sum;
}

Outcome<void> verify_tables(Directory& directory, const engine::Version& version,
                            Verified& verified) {
  ProgressBar bar(terminal_of(STDERR_FILENO));
  const auto begun = std::chrono::steady_clock::now();
  ProgressState progress{.bytes_total = table_bytes(version)};
  for (const auto& level : version.levels) {
    for (const auto& table : level) {
      const engine::TableMeta& meta = table->meta();
      const Status whole = engine::Table::verify(directory, engine::table_file_name(meta.number));
      if (!whole && !engine::is_damage(whole.error()) &&
          whole.error().code != std::errc::no_such_file_or_directory) {
        return std::unexpected(Failure(whole.error()));
      }
      if (whole) {
        ++verified.tables;
      } else {
        verified.damages.push_back(whole.error().message());
      }
      verified.bytes += meta.size;
      progress.records += meta.rows;
      progress.bytes = verified.bytes;
      progress.elapsed = std::chrono::steady_clock::now() - begun;
      bar.show(progress);
    }
  }
  return {};
}

Outcome<void> verify_log(Directory& directory, const StoredVersion& found, Verified& verified) {
  const engine::Uuid& database = found.stored.identity.database;
  // Asked before the directory is: whoever writes meanwhile releases that segment only once there
  // is a later one. The start of the machine says nothing beside a writer, who appends behind the
  // end.
  const std::uint64_t last_begun =
      engine::note_of(engine::read_lock_note(directory), database).last_segment;
  const engine::ReplayStart start = engine::replay_start(found.loaded, {}, last_begun);
  const auto nothing = [](const engine::ReplayedBatch&) -> Status { return {}; };
  VARVE_TRY(const engine::ReplayResult log,
            engine::replay_wal(directory, database, start, nothing));
  verified.batches = log.batches;
  verified.bytes += log.bytes;
  for (const RecoveryReport::Damage& damage : log.damages) {
    verified.damages.push_back(damage_text(damage));
  }
  if (log.cut) {
    verified.notes.push_back("the log ends at " + log.cut->where + ", " +
                             std::to_string(log.cut->bytes) + " bytes before what was written");
  }
  return {};
}

}  // namespace

Outcome<Verified> verify_stored(Directory& directory, const StoredVersion& found) {
  Verified verified;
  VARVE_CHECK(verify_tables(directory, found.loaded.version, verified));
  VARVE_CHECK(verify_log(directory, found, verified));
  return verified;
}

std::string to_string(const Verified& verified) {
  std::string text;
  for (const std::string& damage : verified.damages) text += "DAMAGED       " + damage + '\n';
  for (const std::string& note : verified.notes) text += "note          " + note + '\n';
  return text + "verified      " + counted(verified.tables, "whole table") + ", " +
         grouped(verified.batches) + " batches of the log, " + format_bytes(verified.bytes) + '\n';
}

}  // namespace varve::tools
