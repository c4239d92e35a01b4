#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/base/counters.hpp"
#include "engine/directory/identity.hpp"
#include "engine/record/trusted_clock.hpp"
#include "engine/table/table.hpp"
#include "engine/version/load_version.hpp"
#include "engine/version/version_set.hpp"
#include "maintenance/compaction_choice.hpp"
#include "maintenance/keeper.hpp"
#include "tests/support/flat_row.hpp"
#include "tests/support/manual_clock.hpp"
#include "varve/file_system.hpp"
#include "varve/labels.hpp"

namespace varve::maintenance {

using test::FlatRow;

/// A database without a writer's queue or a WAL: a version set, its memtables, a Keeper, and the
/// model that its answers are compared with. Keys are the engine's own, values int64.
class KeeperFixture {
 public:
  explicit KeeperFixture(std::shared_ptr<FileSystem> on = memory_file_system(),
                         const Rules& rules = {}, Duration window = Duration(100));
  /// What an earlier one left there; it expects nothing.
  struct Existing {
    std::shared_ptr<FileSystem> files;
  };
  explicit KeeperFixture(Existing existing);

  // Writing.
  void put(const std::string& key, Timestamp ts, std::int64_t value, Timestamp expires_at = never);
  void erase(const std::string& key, Timestamp ts);
  void erase_range(const std::string& first, const std::string& end, engine::TimeSpan times);
  /// By the user's key. The model does not know of it.
  void describe(const std::string& key, const Labels& labels);
  void freeze(std::uint64_t next_segment = 0);
  /// Freezes, and flushes everything.
  void flush();
  /// Runs one plan, whoever would choose it.
  void run_plan(CompactionPlan plan);

  // Reading.
  /// What a reader gets at `now`.
  Result<std::vector<FlatRow>> read() const;
  /// What it should get.
  std::vector<FlatRow> expected() const;
  void expect_right() const {
    const auto rows = read();
    ASSERT_TRUE(rows) << rows.error().message();
    ASSERT_EQ(*rows, expected());
  }

  std::shared_ptr<const engine::Version> version() const { return versions->version(); }
  std::size_t tables(std::size_t level) const { return version()->levels[level].size(); }
  std::size_t tables() const;
  std::uint64_t rows() const;  ///< In tables.
  std::size_t table_files() const;
  /// Turns a byte of the table's first block.
  void damage(std::uint64_t number);
  /// What the Keeper is made with.
  KeeperContext keeper_context();
  /// With an empty log. Returns its segment's number.
  std::uint64_t open_wal();
  /// Begins anew from what lies in the directory, as after a clean end.
  void reopen();

  std::shared_ptr<FileSystem> files;
  std::shared_ptr<Directory> directory;
  const Rules rules;
  const Duration window;
  engine::BlockCache cache{std::size_t{1} << 20};
  engine::FilePool pool;
  std::vector<std::string> logged;
  engine::TableContext context;
  engine::Counters counters;
  test::ManualClock clock{0};  // Synchronised; `now` is its wall.
  Timestamp now = 0;
  std::optional<engine::TrustedClock> trusted;  // Goes on from what the version says.
  std::atomic<int> flushed_calls = 0;           // Whoever flushes counts.
  std::unique_ptr<engine::VersionSet> versions;
  std::unique_ptr<Keeper> keeper;
  std::unique_ptr<engine::Wal> wal;  // Where a test opens one.

 private:
  struct Expected {
    std::int64_t value;
    Timestamp expires_at;
  };

  void load();
  void start(engine::VersionSet::Start start);
  std::uint64_t begin();
  void end(std::uint64_t sequence);

  engine::Uuid database_{};
  std::uint64_t sequence_ = 0;
  std::map<std::pair<std::string, Timestamp>, Expected> model_;
};

}  // namespace varve::maintenance
