#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/version/version_set.hpp"
#include "tests/support/directories.hpp"
#include "tests/support/flat_row.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::engine {

/// Writes into memtables, flushes them and merges tables, the simplest way there is, without WAL,
/// threads or policy: to have all layers that a view reads. Keys are used as they are.
///
/// Beside it stands the model: what a reader should see.
class LayeredStore {
 public:
  using Model = std::map<std::pair<std::string, Timestamp>, test::FlatRow>;

  LayeredStore();

  void put(const std::string& key, Timestamp ts, Value value, Timestamp expires_at = never);
  void erase(const std::string& key, Timestamp ts);
  void erase_range(KeyRange keys, TimeSpan times);

  void freeze();
  /// Makes a table of the oldest frozen memtable, at level 0.
  void flush();
  void freeze_and_flush() {
    freeze();
    flush();
  }
  /// Merges all tables into one at `level`, which drops what was deleted.
  void merge_into(std::uint32_t level);

  std::shared_ptr<const View> view(Timestamp now = 0) const { return set_->view(now); }
  const Model& model() const { return model_; }
  test::SimulatedDisk& disk() { return *disk_; }
  /// Drops what was read, so that the next read goes to the disk.
  void forget_blocks();
  std::vector<std::filesystem::path> tables() const;

 private:
  std::optional<TableMeta> write_table(Cursor& rows, std::uint64_t newest_flush, bool tombstones);

  std::shared_ptr<test::SimulatedDisk> disk_ = std::make_shared<test::SimulatedDisk>();
  BlockCache cache_{std::size_t{1} << 20};
  std::shared_ptr<Directory> directory_ = test::make_directory(*disk_, "/db");
  FilePool files_{directory_, 64};
  TableContext context_{.directory = directory_, .cache = &cache_, .files = &files_, .log = {}};
  std::unique_ptr<VersionSet> set_;
  std::uint64_t sequence_ = 0;
  Model model_;
};

}  // namespace varve::engine
