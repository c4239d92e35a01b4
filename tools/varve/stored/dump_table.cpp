#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/directory/file_names.hpp"
#include "engine/directory/forwarding.hpp"
#include "engine/directory/identity.hpp"
#include "engine/directory/quarantine.hpp"
#include "engine/table/table.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/stored/dump.hpp"
#include "tools/varve/stored/engine_text.hpp"
#include "tools/varve/stored/stored_version.hpp"
#include "tools/varve/stored/table_columns.hpp"
#include "tools/varve/terminal/table_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

std::string expiry_text(Timestamp expiry) {
  return expiry == never ? "never" : format_time_short(expiry);
}

std::string sequences_text(std::uint64_t first, std::uint64_t last) {
  return grouped(first) + " to " + grouped(last);
}

std::string head(const engine::TableMeta& meta) {
  std::string out = "table " + std::to_string(meta.number) + ", " + format_bytes(meta.size) + ", " +
                    grouped(meta.rows) + " rows, " + grouped(meta.tombstones) +
                    " of them deletes, newest flush " + std::to_string(meta.newest_flush) +
                    ", of the batches " + sequences_text(meta.first_sequence, meta.last_sequence) +
                    '\n';
  out += "times " + span_text(meta.times) + '\n';
  out += "keys  '" + key_text(meta.first_key) + "' to '" + key_text(meta.last_key) + "'\n";
  if (meta.expiry_min != never) {
    out +=
        "expiries " + expiry_text(meta.expiry_min) + " to " + expiry_text(meta.expiry_max) + '\n';
  }
  return out;
}

std::string origin_text(const engine::TableOrigin& origin) {
  const bool is_flush = origin.maker == engine::TableOrigin::Maker::flush;
  std::string out = "from  " + std::string(is_flush ? "a flush" : "a compaction") + " to level " +
                    std::to_string(origin.level) + " of database " +
                    engine::to_string(origin.database) + ", at " +
                    format_time_short(origin.written.time) + " by a clock that was " +
                    (origin.written.synchronised ? "" : "not ") + "synchronised\n";
  out += "      flushed through sequence " + grouped(origin.flushed_through) + " by flush " +
         std::to_string(origin.flush_number) + ", WAL from segment " +
         std::to_string(origin.log_start) + '\n';
  if (!origin.replaced.empty()) {
    out += "      replaced tables";
    for (const std::uint64_t number : origin.replaced) out += ' ' + std::to_string(number);
    out += '\n';
  }
  for (const engine::FlushedTombstone& tombstone : origin.tombstones) {
    out += "      deleted " + range_text(tombstone.range) + ", before flush " +
           std::to_string(tombstone.flush) + '\n';
  }
  if (origin.tombstones_left_out != 0) {
    out += "      deleted " + counted(origin.tombstones_left_out, "range") + ", not listed\n";
  }
  return out;
}

std::string block_line(std::size_t number, const engine::TableIndex::Entry& entry) {
  return "block " + std::to_string(number) + " @ " + std::to_string(entry.offset) + ": " +
         grouped(entry.size) + " bytes, " + grouped(entry.rows) + " rows, '" +
         key_text(entry.first_key) + "' to '" + key_text(entry.last_key) + "', " +
         span_text(entry.times) + '\n';
}

std::string columns_line(const std::vector<StoredColumn>& columns) {
  std::string out;
  for (const StoredColumn& column : columns) {
    out += out.empty() ? "  " : ", ";
    out += column.name + ' ';
    if (!column.encoding.empty()) out += column.encoding + ' ';
    out += grouped(column.bytes);
  }
  return out + '\n';
}

/// Of all blocks: what each kind of column takes in each encoding.
class ColumnTotals {
 public:
  void add(const std::vector<StoredColumn>& columns) {
    for (const StoredColumn& column : columns) {
      Total& total = totals_[{column.name, column.encoding}];
      ++total.blocks;
      total.values += column.values;
      total.bytes += column.bytes;
    }
  }
  std::string text() const {
    TableText table({{"column"},
                     {"encoding"},
                     {"blocks", Align::right},
                     {"values", Align::right},
                     {"bytes", Align::right},
                     {"bits/value", Align::right}});
    for (const auto& [what, total] : totals_) {
      // Tenths of a bit.
      const std::uint64_t tenths = (total.bytes * 80 + total.values / 2) / total.values;
      table.add({what.first, what.second, grouped(total.blocks), grouped(total.values),
                 grouped(total.bytes),
                 std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10)});
    }
    std::string out;
    if (table.waiting() != 0) table.print(out);
    return out;
  }

 private:
  struct Total {
    std::uint64_t blocks = 0, values = 0, bytes = 0;
  };
  std::map<std::pair<std::string, std::string>, Total> totals_;
};

Outcome<void> print_rows(const engine::TableBlock& block, Output& output) {
  for (const engine::RowsView& stretch : block.stretches()) {
    const std::string key = key_text(stretch.key);
    for (std::size_t i = 0; i < stretch.size(); ++i) {
      std::string& out = output.text();
      const bool tombstone = stretch.type == engine::RowType::tombstone;
      out += "  " + key + "  " + format_time(stretch.timestamps[i]) + "  ";
      out += tombstone ? "deleted" : value_line(stretch.value(i));
      if (!tombstone && stretch.expires_at(i) != never) {
        out += "  expires " + format_time(stretch.expires_at(i));
      }
      out += '\n';
      VARVE_CHECK(output.drain());
    }
  }
  return {};
}

/// The one file of a directory under the name that its table has, wherever it was set aside.
class NamedAsBefore final : public engine::ForwardingDirectory {
 public:
  NamedAsBefore(std::shared_ptr<Directory> directory, std::string name)
      : ForwardingDirectory(std::move(directory)), name_(std::move(name)) {}

  Result<std::unique_ptr<File>> open(const std::string& /*before*/, OpenMode mode,
                                     WriteCause cause) override {
    return ForwardingDirectory::open(name_, mode, cause);
  }

 private:
  const std::string name_;
};

Outcome<void> dump_block(const engine::Table& table, const engine::TableIndex& index,
                         std::size_t number, bool rows, ColumnTotals& totals, Output& output) {
  output.text() += block_line(number, index.entries[number]);
  // Also without rows: reading a block is what verifies it.
  VARVE_TRY(const auto block, table.block(index, number));
  VARVE_TRY(const engine::Bytes bytes, table.raw_block(index, number));
  VARVE_TRY(const auto columns, columns_of(bytes));
  output.text() += columns_line(columns);
  totals.add(columns);
  if (rows) VARVE_CHECK(print_rows(*block, output));
  return output.drain();
}

}  // namespace

Outcome<void> dump_table(const std::filesystem::path& file, bool rows, Output& output) {
  VARVE_TRY(const auto folder, directory_of(file));
  const std::string name = file.filename().string();
  const auto directory = std::make_shared<NamedAsBefore>(folder, name);
  const std::string before = engine::name_before(name);
  VARVE_TRY(engine::TableMeta meta, engine::Table::read_meta(*directory, before));
  output.text() += head(meta);
  const auto origin = engine::Table::read_origin(*directory, before);
  output.text() +=
      origin ? origin_text(*origin) : "from  DAMAGED: " + origin.error().message() + '\n';

  engine::BlockCache cache(0);
  engine::FilePool files(directory, 1);
  const engine::TableContext context{directory, &cache, &files, {}};
  const engine::Table table(context, std::move(meta));
  VARVE_TRY(const auto index, table.index());
  ColumnTotals totals;
  bool is_whole = true;
  for (std::size_t number = 0; number < index->entries.size(); ++number) {
    const auto dumped = dump_block(table, *index, number, rows, totals, output);
    if (dumped) continue;
    if (dumped.error().exit_code != exit_damaged) return dumped;
    say(dumped.error().message);
    is_whole = false;
  }
  output.text() += totals.text();
  if (!origin) return std::unexpected(origin.error());
  if (!is_whole) return damaged("");
  return {};
}

}  // namespace varve::tools
