#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/directory/file_names.hpp"
#include "engine/version/load_version.hpp"
#include "engine/version/manifest_log.hpp"
#include "tests/engine/version/edits.hpp"
#include "tests/support/simulated_disk.hpp"
#include "varve/try.hpp"

namespace varve::engine {

/// A database's directory with a manifest log on it, without WAL and with tables that nobody reads.
class ManifestDatabase {
 public:
  static constexpr const char* directory = "/db";
  static constexpr std::uint64_t replaced_from = 10'000;  // Bytes of a manifest.

  explicit ManifestDatabase(std::shared_ptr<test::SimulatedDisk> disk) : disk_(std::move(disk)) {}
  static std::shared_ptr<test::SimulatedDisk> new_disk() {
    auto disk = std::make_shared<test::SimulatedDisk>();
    disk->create_directory(directory).value();
    disk->sync_directory("/").value();
    return disk;
  }

  Result<LoadedVersion> load() { return load_version(*directory_, test_database(), context_); }

  Status open() {
    VARVE_TRY(LoadedVersion loaded, load());
    const std::uint64_t sequence = loaded.version.flushed_through;
    auto active = std::make_shared<Memtable>(loaded.version.flush_number + 1, 0, sequence);
    log_.reset();
    published_.emplace(std::move(loaded.version), std::move(active), sequence);
    VARVE_TRY(log_, ManifestLog::create({.context = &context_,
                                         .database = test_database(),
                                         .next_file = loaded.next_file,
                                         .manifest_number = loaded.manifest_number,
                                         .manifest_valid_bytes = loaded.manifest_valid_bytes,
                                         .manifest_bytes = replaced_from},
                                        *published_));
    return {};
  }

  /// A new table of which only the file is there.
  TableMeta new_table() {
    const TableMeta meta = table_meta(log_->new_file_number(), "a", "b");
    disk_->set_content(path(table_file_name(meta.number)), Bytes(4096));
    return meta;
  }
  VersionEdit adding_table() {
    VersionEdit edit;
    edit.added = {{0, new_table()}};
    return edit;
  }

  static std::filesystem::path path(const std::string& name) {
    return std::filesystem::path(directory) / name;
  }
  std::vector<std::string> names() const { return disk_->names(directory); }
  std::vector<std::string> manifests() const { return names_with(".manifest"); }
  std::vector<std::string> copies() const { return names_with(".copy"); }
  std::vector<std::string> names_with(std::string_view ending) const {
    std::vector<std::string> found;
    for (const std::string& name : names()) {
      if (name.ends_with(ending)) found.push_back(name);
    }
    return found;
  }

  ManifestLog& log() { return *log_; }
  Published& published() { return *published_; }
  test::SimulatedDisk& disk() { return *disk_; }
  void drop() {
    log_.reset();
    published_.reset();
  }

 private:
  std::shared_ptr<test::SimulatedDisk> disk_;
  BlockCache cache_{1 << 16};
  std::shared_ptr<Directory> directory_ = disk_->open_directory(directory).value();
  FilePool files_{directory_, 4};
  TableContext context_{.directory = directory_, .cache = &cache_, .files = &files_, .log = {}};
  std::optional<Published> published_;
  std::unique_ptr<ManifestLog> log_;
};

/// About 1,200 bytes of manifest, added or removed.
inline VersionEdit large_edit(bool added) {
  const FlushedTombstone tombstone{{{std::string(600, 'a'), std::string(600, 'b')}, {0, 9}}, 0};
  VersionEdit edit;
  (added ? edit.tombstones_added : edit.tombstones_removed) = {tombstone};
  return edit;
}

}  // namespace varve::engine
