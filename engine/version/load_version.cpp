#include "engine/version/load_version.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/io/io_error.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// The numbered files of a directory.
struct Listing {
  std::set<std::uint64_t> wal;
  std::set<std::uint64_t> tables;
  /// By number, the highest first: the files of each that are there.
  std::map<std::uint64_t, std::vector<std::string>, std::greater<>> manifests;
  std::uint64_t number_max = 0;
};

Listing list_numbered(const std::vector<std::string>& names) {
  Listing listing;
  for (const std::string& name : names) {
    const std::optional<NumberedFile> file = parse_file_name(name);
    if (!file) continue;
    listing.number_max = std::max(listing.number_max, file->number);
    switch (file->kind) {
      case FileKind::wal: listing.wal.insert(file->number); break;
      case FileKind::spare: break;
      case FileKind::table: listing.tables.insert(file->number); break;
      case FileKind::manifest:
      case FileKind::manifest_copy: listing.manifests[file->number].push_back(name); break;
    }
  }
  return listing;
}

Result<std::optional<ManifestContent>> newest_manifest(Directory& directory, const Uuid& database,
                                                       const Listing& listing) {
  for (const auto& [number, files] : listing.manifests) {
    VARVE_TRY(std::optional<ManifestContent> content, read_manifest(directory, number, database));
    if (content) return content;
  }
  // A power cut right after the database was made leaves no manifest, or half of one. Nothing
  // else is written before the first one is durable.
  if (listing.wal.empty() && listing.tables.empty()) return std::optional<ManifestContent>();
  if (listing.manifests.empty()) {
    return fail(
        Errc::corruption,
        directory.path().string() +
            ": the manifest is gone, and only it says which tables count; restore a copy of the "
            "directory");
  }
  return fail(Errc::corruption, manifest_file_name(listing.manifests.begin()->first) +
                                    " @ 0: no whole first record, and no older manifest");
}

/// No database comes near: only a stray file, or damage, leaves fewer numbers than this.
constexpr std::uint64_t file_numbers_left_min = std::uint64_t{1} << 40;

std::uint64_t next_file_after(const std::vector<VersionEdit>& edits, const Listing& listing) {
  std::uint64_t next = listing.number_max + 1;
  for (const VersionEdit& edit : edits) {
    next = std::max(next, edit.next_file.value_or(0));
    for (const VersionEdit::Added& table : edit.added) next = std::max(next, table.meta.number + 1);
  }
  return next;
}

/// What an edit makes superfluous goes only after the edit is durable. So where something that the
/// version needs has gone, an edit beyond it had been durable, and the torn tail is damage to it.
Status check_torn_tail(const LoadedVersion& loaded, const Listing& listing) {
  const auto lost = [&](const std::string& what) {
    return fail(Errc::corruption, *loaded.torn_tail + ", yet " + what + " is gone");
  };
  for (const auto& level : loaded.version.levels) {
    for (const auto& table : level) {
      const std::uint64_t number = table->meta().number;
      if (!listing.tables.contains(number)) return lost(table_file_name(number));
    }
  }
  const std::uint64_t log_start = loaded.version.log_start;
  if (log_start != 0 && !listing.wal.contains(log_start)) {
    return lost("WAL segment " + std::to_string(log_start));
  }
  return {};
}

Result<std::uint64_t> size_of(Directory& directory, const std::string& name) {
  VARVE_TRY(const std::unique_ptr<File> file, directory.open(name, OpenMode::read));
  return file->size();
}

Result<std::vector<std::string>> damaged_tables(Directory& directory, const Version& version,
                                                const Listing& listing) {
  std::vector<std::string> damages;
  for (const auto& level : version.levels) {
    for (const auto& table : level) {
      const TableMeta& meta = table->meta();
      const std::string name = table_file_name(meta.number);
      if (!listing.tables.contains(meta.number)) {
        damages.push_back(name + ": missing");
        continue;
      }
      Result<std::uint64_t> size = size_of(directory, name);
      // Once more: what a device cannot read for a moment is not damaged.
      if (!size && is_damage(size.error())) size = size_of(directory, name);
      if (!size && !is_damage(size.error())) return std::unexpected(size.error());
      if (!size) {
        damages.push_back(size.error().message());
      } else if (*size != meta.size) {
        damages.push_back(name + " @ " + std::to_string(std::min(*size, meta.size)) + ": has " +
                          std::to_string(*size) + " bytes, not " + std::to_string(meta.size));
      }
    }
  }
  return damages;
}

std::vector<std::string> find_orphans(const LoadedVersion& loaded, const Listing& listing) {
  std::unordered_set<std::uint64_t> named;
  for (const auto& level : loaded.version.levels) {
    for (const auto& table : level) named.insert(table->meta().number);
  }
  std::vector<std::string> orphans;
  for (const std::uint64_t number : listing.tables) {
    if (!named.contains(number)) orphans.push_back(table_file_name(number));
  }
  for (const auto& [number, files] : listing.manifests) {
    if (number == loaded.manifest_number) continue;
    orphans.insert(orphans.end(), files.begin(), files.end());
  }
  return orphans;
}

}  // namespace

Result<LoadedVersion> load_version(Directory& directory, const Uuid& database,
                                   const TableContext& context) {
  VARVE_TRY(const std::vector<std::string> names, directory.list());
  const Listing listing = list_numbered(names);
  VARVE_TRY(std::optional<ManifestContent> content, newest_manifest(directory, database, listing));

  LoadedVersion loaded;
  if (content) {
    auto version = fold(content->edits, context);
    if (!version) {
      return fail(Errc::corruption,
                  manifest_file_name(content->number) + ": " + version.error().where);
    }
    loaded.version = *std::move(version);
    loaded.manifest_number = content->number;
    loaded.manifest_valid_bytes = content->torn_tail ? 0 : content->valid_bytes;
    const VersionEdit& last = content->edits.back();
    loaded.closed = last.closed && !content->torn_tail;
    loaded.closed_in_tables = loaded.closed && last.flushed_through.has_value();
    loaded.torn_tail = std::move(content->torn_tail);
    loaded.healed = std::move(content->healed);
    if (loaded.torn_tail) VARVE_CHECK(check_torn_tail(loaded, listing));
    VARVE_TRY(loaded.damages, damaged_tables(directory, loaded.version, listing));
  }
  loaded.next_file =
      next_file_after(content ? content->edits : std::vector<VersionEdit>(), listing);
  if (loaded.next_file > file_number_max - file_numbers_left_min) {
    return fail(Errc::corruption, directory.path().string() + ": files are numbered up to " +
                                      std::to_string(loaded.next_file - 1) +
                                      ", which leaves no numbers for new ones");
  }
  // A new file never takes the place of one that is there.
  VARVE_ASSERT(loaded.next_file > listing.number_max);
  loaded.orphans = find_orphans(loaded, listing);
  for (const std::uint64_t number : listing.wal) {
    if (number < loaded.version.log_start) loaded.old_segments.push_back(segment_name(number));
  }
  return loaded;
}

/// An opening that finds no room for a manifest goes on with the one that it read, so behind the
/// record of a close there may be a log that tables do not hold. Then a later segment was begun.
ReplayStart replay_start(const LoadedVersion& loaded, const Uuid& boot, std::uint64_t last_begun) {
  const Version& version = loaded.version;
  return {.segment = version.log_start,
          .required = version.log_start != 0,
          .held = version.flushed_through,
          .boot = boot,
          .last_begun = last_begun,
          .closed = loaded.closed,
          .in_tables = loaded.closed_in_tables && last_begun == version.log_start};
}

}  // namespace varve::engine
