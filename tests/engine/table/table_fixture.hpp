#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/record/rows.hpp"
#include "engine/table/table.hpp"
#include "engine/table/table_writer.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {

/// One row that owns all it says, to write and to compare. Doubles are equal bit for bit.
struct TestRow {
  std::string key;
  Timestamp ts = 0;
  RowType type = RowType::tombstone;
  Value value = 0.0;  // 0.0 for tombstones.
  Timestamp expires_at = never;

  friend bool operator==(const TestRow&, const TestRow&) = default;
};
using TestRows = std::vector<TestRow>;

void PrintTo(const TestRow& row, std::ostream* stream);

TestRow value_row(std::string key, Timestamp ts, Value value, Timestamp expires_at = never);
TestRow tombstone_row(std::string key, Timestamp ts);

/// Gives the rows as views, each as long as key and type stay the same.
void for_each_view(const TestRows& rows, const std::function<void(const RowsView&)>& give);
void append_rows(const RowsView& view, TestRows& rows);
TestRows rows_of(const TableBlock& block);

/// Some rows in order: keys that share prefixes, all types, extremes, tombstones, expiries.
TestRows random_rows(test::Random& random, std::size_t count);

/// A folder in memory with what tables share.
struct TableFixture {
  std::shared_ptr<Directory> files = memory_file_system()->open_directory("/").value();
  BlockCache cache{std::size_t{8} << 20};
  FilePool pool{files, 4};
  std::vector<std::string> logged;
  TableContext context{files, &cache, &pool, Log([this](LogLevel, std::string_view message) {
                         logged.emplace_back(message);
                       })};

  Result<TableMeta> write(std::uint64_t number, const TestRows& rows,
                          Compression compression = Compression::none,
                          std::uint64_t newest_flush = 1, const TableOrigin& origin = {});
  static std::string name(std::uint64_t number);
  Bytes contents(std::uint64_t number) const;
  /// Makes the file anew with these bytes, and forgets what was read of it.
  void replace(std::uint64_t number, ByteSpan bytes);
  /// Everything, block by block.
  static Result<TestRows> read(const Table& table, BlockRead how = {});
  Result<TestRows> read(const TableMeta& meta);
};

}  // namespace varve::engine
