// Opening for reading, of steps that write nothing:
//
//   options -> directory -> nobody writes -> identity -> version (manifest, tables) -> replay of
//   the WAL -> every table opened -> still nobody writes
//
// A writer may have begun, or have come and gone, while the files were read. It changes the log and
// removes tables, so what was read may be of two moments. The second look at the lock finds a
// writer that is there; one that has gone again has left other files.

#include "engine/database/opening_to_read.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "engine/database/options_check.hpp"
#include "engine/database/recovery.hpp"
#include "engine/directory/examine_directory.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/directory/identity_files.hpp"
#include "engine/directory/lock_note.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// As many as a writing engine holds: the active one and two that wait.
constexpr std::size_t frozen_max = 2;

std::unexpected<Error> no_database(const Options& options) {
  return fail(Errc::not_found, options.dir.string() + ": no database here");
}

Result<std::shared_ptr<Directory>> find_database(const Options& options) {
  auto opened = options.file_system->open_directory(options.dir);
  if (!opened && opened.error().code == std::errc::no_such_file_or_directory) {
    return no_database(options);
  }
  VARVE_TRY(std::shared_ptr<Directory> directory, std::move(opened));
  VARVE_TRY(const DirectoryContent content, examine_directory(*directory));
  if (content != DirectoryContent::database) return no_database(options);
  return directory;
}

Status check_unlocked(Directory& directory) {
  VARVE_TRY(const std::optional<std::string> holder, directory.locked_by(lock_file_name));
  if (!holder) return {};
  return fail(Errc::locked, directory.path().string() + ": open for writing, by " + *holder);
}

/// The names of manifests, tables and segments, of which no writer leaves all as they were.
Result<std::vector<std::string>> numbered_in(Directory& directory) {
  VARVE_TRY(std::vector<std::string> names, directory.list());
  std::erase_if(names, [](const std::string& name) { return !parse_file_name(name); });
  std::ranges::sort(names);
  return names;
}

/// Makes the next memtable, while there may be more.
Status next_memtable(Store& store, const Directory& directory, std::uint64_t segment) {
  VersionSet& versions = *store.versions;
  if (versions.frozen_count() >= frozen_max) {
    return fail(Errc::no_memory,
                directory.path().string() + ": the log holds more than " +
                    std::to_string(frozen_max + 1) + " memtables of " +
                    std::to_string(store.options.memtable_bytes) +
                    " bytes (memtable_bytes): open it with a larger one, or for writing");
  }
  versions.rotate(std::make_shared<Memtable>(versions.active()->number() + 1, segment,
                                             versions.visible_sequence(),
                                             store.options.memtable_bytes));
  return {};
}

/// What is open stays readable, whatever becomes of its name. One that cannot be opened is damage,
/// which was reported, and each read that needs it says so.
Status open_tables(Store& store) {
  for (const auto& level : store.versions->version()->levels) {
    for (const auto& table : level) {
      const Status opened = table->open();
      if (!opened && opened.error().code == std::errc::too_many_files_open) return opened;
    }
  }
  return {};
}

}  // namespace

Result<RecoveredParts> open_to_read(Options options, const EngineSizes& sizes) {
  VARVE_CHECK(check(options));
  if (!options.file_system) options.file_system = posix_file_system();
  if (!options.clock) options.clock = system_clock();
  const std::shared_ptr<Clock> clock = options.clock;
  const auto begun = clock->monotonic();

  VARVE_TRY(const std::shared_ptr<Directory> directory, find_database(options));
  VARVE_CHECK(check_unlocked(*directory));
  VARVE_TRY(const auto names, numbered_in(*directory));
  VARVE_TRY(const Identity identity, read_identity(*directory));

  RecoveredParts parts;
  parts.refusal =
      Error{make_error_code(Errc::read_only), "the engine was opened with Mode::read_only"};
  RecoveryReport& report = parts.report;
  parts.store = std::make_unique<Store>(std::move(options), directory, sizes);
  Store& store = *parts.store;
  VARVE_TRY(LoadedVersion loaded, load(store, identity.database, report));
  const ReplayStart start =
      replay_start(loaded, store.options.file_system->boot_id(),
                   note_of(read_lock_note(*directory), identity.database).last_segment);
  auto active = memtable_after(loaded.version, store.options);
  store.set_versions(VersionSet::to_read(std::move(loaded.version), std::move(active), start.held));
  const auto on_full = [&](std::uint64_t segment) {
    return next_memtable(store, *directory, segment);
  };
  VARVE_CHECK(replay(store, identity.database, start, on_full, report));
  VARVE_CHECK(open_tables(store));
  VARVE_CHECK(check_unlocked(*directory));
  VARVE_TRY(const auto names_now, numbered_in(*directory));
  if (names_now != names) {
    return fail(Errc::locked, directory->path().string() + ": written while it was being opened");
  }

  parts.last_sequence = store.versions->visible_sequence();
  report_quarantine(store, report);
  report.took = clock->monotonic() - begun;
  tell(store.log, report);
  return parts;
}

}  // namespace varve::engine
