#include "tests/engine/table/table_fixture.hpp"

#include <array>
#include <bit>
#include <limits>
#include <map>
#include <ostream>
#include <utility>

#include "engine/directory/file_names.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto greatest = std::numeric_limits<std::int64_t>::max();

Value random_value(test::Random& random, RowType type) {
  switch (type) {
    case RowType::double_:
      if (random.chance(0.3)) return std::bit_cast<double>(random.next());
      return static_cast<double>(random.between(-1000, 1000)) / 10;
    case RowType::int64:
      return random.chance(0.2) ? random.between(least, greatest) : random.between(-50, 50);
    case RowType::bool_: return random.chance(0.5);
    case RowType::bytes: {
      const auto bytes = random.bytes(random.below(40));
      return std::string(as_text(bytes));
    }
    case RowType::tombstone: break;
  }
  return 0.0;
}

}  // namespace

void PrintTo(const TestRow& row, std::ostream* stream) {
  *stream << row.key << " @ " << row.ts << " type " << static_cast<int>(row.type) << " expires "
          << row.expires_at;
}

TestRow value_row(std::string key, Timestamp ts, Value value, Timestamp expires_at) {
  const RowType type = row_type(value.type());
  return {std::move(key), ts, type, std::move(value), expires_at};
}

TestRow tombstone_row(std::string key, Timestamp ts) {
  return {std::move(key), ts, RowType::tombstone, 0.0, never};
}

void for_each_view(const TestRows& rows, const std::function<void(const RowsView&)>& give) {
  Rows stretch;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool starts =
        i == 0 || rows[i].key != rows[i - 1].key || rows[i].type != rows[i - 1].type;
    if (starts) {
      if (!stretch.empty()) give(stretch.view());
      stretch.reset(rows[i].key, rows[i].type);
    }
    stretch.append(rows[i].ts, rows[i].value.view(), rows[i].expires_at);
  }
  if (!stretch.empty()) give(stretch.view());
}

void append_rows(const RowsView& view, TestRows& rows) {
  for (std::size_t i = 0; i < view.size(); ++i) {
    TestRow row{std::string(view.key), view.timestamps[i], view.type, 0.0, view.expires_at(i)};
    if (view.type != RowType::tombstone) row.value = Value(view.value(i));
    rows.push_back(std::move(row));
  }
}

TestRows rows_of(const TableBlock& block) {
  TestRows rows;
  for (const RowsView& stretch : block.stretches()) append_rows(stretch, rows);
  return rows;
}

TestRows random_rows(test::Random& random, std::size_t count) {
  std::map<std::pair<std::string, Timestamp>, TestRow> sorted;
  const std::array prefixes{"a", "plant/press1/", "plant/press2/temperature/", "\xFF\xFF"};
  while (sorted.size() < count) {
    std::string key = random.pick(prefixes);
    if (random.chance(0.7)) key += std::to_string(random.below(5));
    Timestamp ts = random.chance(0.1) ? random.between(least, greatest) : random.between(0, 5000);
    auto type = static_cast<RowType>(random.below(5));
    const std::size_t run = 1 + random.below(20);
    for (std::size_t i = 0; i < run && sorted.size() < count; ++i) {
      TestRow row{key, ts, type, random_value(random, type), never};
      if (type != RowType::tombstone && random.chance(0.3)) {
        row.expires_at =
            random.chance(0.5) ? saturating_add(ts, 60) : random.between(least, greatest);
      }
      sorted.insert_or_assign({key, ts}, row);
      ts = saturating_add(ts, 10);
    }
  }
  TestRows rows;
  for (auto& [identity, row] : sorted) rows.push_back(std::move(row));
  return rows;
}

Result<TableMeta> TableFixture::write(std::uint64_t number, const TestRows& rows,
                                      Compression compression, std::uint64_t newest_flush,
                                      const TableOrigin& origin) {
  VARVE_TRY(auto writer, TableWriter::create(*files, {WriteReason::flush}, number, compression));
  Status status;
  for_each_view(rows, [&](const RowsView& view) {
    if (status) status = writer.add(view);
  });
  VARVE_CHECK(std::move(status));
  return writer.finish(newest_flush, origin);
}

std::string TableFixture::name(std::uint64_t number) { return table_file_name(number); }

Bytes TableFixture::contents(std::uint64_t number) const {
  const auto file = files->open(name(number), OpenMode::read).value();
  Bytes bytes(static_cast<std::size_t>(file->size().value()));
  EXPECT_TRUE(file->read_at(0, bytes));
  return bytes;
}

void TableFixture::replace(std::uint64_t number, ByteSpan bytes) {
  if (files->exists(name(number)).value()) {
    EXPECT_TRUE(files->remove(name(number)));
  }
  const auto file = files->open(name(number), OpenMode::create).value();
  const std::array<ByteSpan, 1> pieces{bytes};
  EXPECT_TRUE(file->write_at(0, pieces));
  cache.forget(number);
  pool.forget(number);
}

Result<TestRows> TableFixture::read(const Table& table, BlockRead how) {
  TestRows rows;
  VARVE_TRY(const auto index, table.index(how));
  for (std::size_t i = 0; i < index->entries.size(); ++i) {
    VARVE_TRY(const auto block, table.block(*index, i, how));
    for (const RowsView& stretch : block->stretches()) append_rows(stretch, rows);
  }
  return rows;
}

Result<TestRows> TableFixture::read(const TableMeta& meta) { return read(Table(context, meta)); }

}  // namespace varve::engine
