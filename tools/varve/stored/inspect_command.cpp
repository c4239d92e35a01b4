#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/directory/file_names.hpp"
#include "engine/directory/identity_files.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/command.hpp"
#include "tools/varve/commands/database.hpp"
#include "tools/varve/commands/selection.hpp"
#include "tools/varve/stored/engine_text.hpp"
#include "tools/varve/stored/stored_version.hpp"
#include "tools/varve/stored/verify.hpp"
#include "tools/varve/terminal/output.hpp"
#include "tools/varve/terminal/table_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* footer =
    R"(It reads the directory and opens nothing for writing, so it also works while a program has the
database open; what that program has only in memory or in the WAL is not in the tables yet.

Examples:
  varve inspect --db plant
  varve inspect --db plant --verify
  varve dump table plant/00000000000000000012.table --rows)";

struct NamedFile {
  std::string name;
  std::uint64_t size = 0;
};

/// The regular files of a directory, by name. One that vanishes meanwhile is left out.
std::vector<NamedFile> files_in(const std::filesystem::path& dir) {
  std::vector<NamedFile> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    const auto size = entry.file_size(error);
    if (error || !entry.is_regular_file(error)) continue;
    files.push_back({entry.path().filename().string(), size});
  }
  std::ranges::sort(files, {}, &NamedFile::name);
  return files;
}

/// Who has it open, without taking the lock.
std::string holder_of(Directory& directory) {
  const auto holder = directory.locked_by(engine::lock_file_name);
  if (!holder) return "not known: " + holder.error().message();
  return *holder ? "yes, by " + printable(**holder) : "no";
}

std::string table_list(const engine::Version& version) {
  TableText table({{"level", Align::right},
                   {"table", Align::right},
                   {"rows", Align::right},
                   {"deletes", Align::right},
                   {"size", Align::right},
                   {"flush", Align::right},
                   {"from"},
                   {"to"},
                   {"first key"},
                   {"last key"}});
  for (std::size_t level = 0; level < version.levels.size(); ++level) {
    for (const auto& one : version.levels[level]) {
      const engine::TableMeta& meta = one->meta();
      table.add({std::to_string(level), std::to_string(meta.number), grouped(meta.rows),
                 grouped(meta.tombstones), format_bytes(meta.size),
                 std::to_string(meta.newest_flush), format_time_short(meta.times.first),
                 format_time_short(meta.times.last), key_text(meta.first_key),
                 key_text(meta.last_key)});
    }
  }
  std::string out;
  if (table.waiting() != 0) table.print(out);
  return out;
}

std::string describe(Directory& directory, const StoredVersion& found,
                     const std::vector<NamedFile>& present) {
  std::string out;
  const auto line = [&out](std::string name, const std::string& text) {
    name.resize(14, ' ');
    out += name + text + '\n';
  };
  const engine::LoadedVersion& loaded = found.loaded;
  const engine::Version& version = loaded.version;
  std::uint64_t tables = 0, rows = 0, bytes = 0;
  for (const auto& level : version.levels) {
    tables += level.size();
    for (const auto& table : level) {
      rows += table->meta().rows;
      bytes += table->meta().size;
    }
  }
  line("database", engine::to_string(found.stored.identity.database));
  line("open", holder_of(directory));
  for (const NamedFile& file : present) {
    const auto numbered = engine::parse_file_name(file.name);
    const bool is_manifest = numbered && (numbered->kind == engine::FileKind::manifest ||
                                          numbered->kind == engine::FileKind::manifest_copy);
    if (is_manifest && numbered->number == loaded.manifest_number) {
      line("manifest", file.name + ", " + format_bytes(file.size));
    }
  }
  line("flushed", "through sequence " + grouped(version.flushed_through) + ", by flush " +
                      grouped(version.flush_number));
  line("tables",
       counted(tables, "table") + " with " + counted(rows, "row") + ", " + format_bytes(bytes));

  std::uint64_t segments = 0, wal_bytes = 0;
  for (const NamedFile& file : present) {
    if (!file.name.ends_with(".wal") && !file.name.ends_with(".spare")) continue;
    ++segments;
    wal_bytes += file.size;
  }
  line("WAL", counted(segments, "segment") + ", " + format_bytes(wal_bytes) +
                  "; needed from segment " + std::to_string(version.log_start) + " on");
  for (const auto& tombstone : version.tombstones) {
    line("deleted",
         range_text(tombstone.range) + ", before flush " + std::to_string(tombstone.flush));
  }
  if (loaded.torn_tail) line("torn tail", *loaded.torn_tail);
  for (const auto& bad : found.stored.bad) line("one copy bad", bad.what);
  for (const engine::HealedCopy& healed : loaded.healed) {
    line(healed.is_unfinished ? "copy behind" : "one copy bad", healed.where);
  }
  for (const std::string& damage : loaded.damages) line("DAMAGED", damage);
  for (const std::string& orphan : loaded.orphans) line("orphan", orphan);
  for (const NamedFile& file : files_in(directory.path() / "quarantine")) {
    line("quarantine", file.name + ", " + format_bytes(file.size));
  }
  const std::string list = table_list(version);
  return list.empty() ? out : out + '\n' + list;
}

/// The file and the place that a damage is about.
std::string_view place_of(std::string_view damage) { return damage.substr(0, damage.find(": ")); }

/// A writer releases segments and tables while they are read, so that they seem to be missing. What
/// is damaged is so at the second look as well, by what the manifest says then.
Outcome<Verified> verify_beside_a_writer(Directory& directory, const engine::TableContext& context,
                                         StoredVersion version) {
  constexpr int attempts = 5;
  VARVE_TRY(Verified verified, verify_stored(directory, version));
  for (int attempt = 1; attempt < attempts && !verified.damages.empty(); ++attempt) {
    VARVE_TRY(StoredVersion now, read_version(directory, context));
    const bool is_same = now.loaded.manifest_number == version.loaded.manifest_number &&
                         now.loaded.manifest_valid_bytes == version.loaded.manifest_valid_bytes;
    if (is_same) break;
    VARVE_TRY(Verified again, verify_stored(directory, now));
    std::erase_if(again.damages, [&](const std::string& damage) {
      return std::ranges::none_of(verified.damages, [&](const std::string& before) {
        return place_of(before) == place_of(damage);
      });
    });
    verified = std::move(again);
    version = std::move(now);
  }
  return verified;
}

Outcome<int> run(const std::string& db, bool verify) {
  const std::filesystem::path dir = db;
  VARVE_CHECK(check_database(dir));
  VARVE_TRY(const auto directory, posix_file_system()->open_directory(dir));
  engine::BlockCache cache(0);
  engine::FilePool files(directory, 8);
  const engine::TableContext context{directory, &cache, &files, {}};
  const std::vector<NamedFile> present = files_in(dir);
  VARVE_TRY(const StoredVersion found, read_version(*directory, context));
  Output output = Output::standard();
  output.text() = describe(*directory, found, present);
  // Nothing is lost yet where one of two copies is bad, and it is damage that was found.
  bool whole = found.loaded.damages.empty() && found.stored.bad.empty() &&
               std::ranges::all_of(found.loaded.healed, &engine::HealedCopy::is_unfinished);
  if (verify) {
    VARVE_TRY(const Verified verified, verify_beside_a_writer(*directory, context, found));
    output.text() += '\n' + to_string(verified);
    whole = whole && verified.damages.empty();
  }
  VARVE_CHECK(output.finish());
  return whole ? exit_ok : exit_damaged;
}

}  // namespace

void add_inspect(CLI::App& app, Action& action) {
  auto* const command =
      app.add_subcommand("inspect", "Show what is in the directory, also while it is open");
  const auto db = std::make_shared<std::string>();
  const auto verify = std::make_shared<bool>(false);
  command->footer(footer);
  add_database_option(*command, *db);
  command->add_flag("--verify", *verify,
                    "Read every byte of tables and log, and compare it with its checksum");
  command->callback([=, &action] { action = [=] { return run(*db, *verify); }; });
}

}  // namespace varve::tools
