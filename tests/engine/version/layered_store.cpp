#include "tests/engine/version/layered_store.hpp"

#include <algorithm>

#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/table/table_writer.hpp"

namespace varve::engine {

namespace {

const KeyRange all_keys{"", "\xFF\xFF"};

}  // namespace

LayeredStore::LayeredStore() {
  VersionSet::Start start;
  start.context = &context_;
  start.active = std::make_shared<Memtable>(1, 0, 0);
  set_ = VersionSet::create(std::move(start)).value();
}

void LayeredStore::put(const std::string& key, Timestamp ts, Value value, Timestamp expires_at) {
  Memtable& memtable = *set_->active();
  memtable.put(memtable.series(key, hash_of(key)), ts, value.view(), expires_at, ++sequence_);
  memtable.set_last_sequence(sequence_);
  set_->publish(sequence_);
  const RowType type = row_type(value.type());
  model_.insert_or_assign({key, ts}, test::FlatRow{key, ts, type, std::move(value), expires_at});
}

void LayeredStore::erase(const std::string& key, Timestamp ts) {
  Memtable& memtable = *set_->active();
  memtable.erase(memtable.series(key, hash_of(key)), ts, ++sequence_);
  memtable.set_last_sequence(sequence_);
  set_->publish(sequence_);
  model_.erase({key, ts});
}

void LayeredStore::erase_range(KeyRange keys, TimeSpan times) {
  Memtable& memtable = *set_->active();
  std::erase_if(model_, [&](const auto& entry) {
    return keys.contains(entry.first.first) && times.contains(entry.first.second);
  });
  memtable.erase_range({std::move(keys), times}, ++sequence_);
  memtable.set_last_sequence(sequence_);
  set_->publish(sequence_);
}

void LayeredStore::freeze() {
  set_->rotate(std::make_shared<Memtable>(set_->active()->number() + 1, 0, sequence_));
}

std::optional<TableMeta> LayeredStore::write_table(Cursor& rows, std::uint64_t newest_flush,
                                                   bool tombstones) {
  const std::uint64_t number = set_->new_file_number();
  TableWriter writer =
      TableWriter::create(*directory_, {WriteReason::flush}, number, Compression::none).value();
  while (rows.next_key().value()) {
    for (RowsView view = rows.next_rows().value(); !view.empty(); view = rows.next_rows().value()) {
      if (tombstones || view.type != RowType::tombstone) writer.add(view).value();
    }
  }
  if (writer.rows() == 0) return std::nullopt;
  return writer.finish(newest_flush, {}).value();
}

void LayeredStore::flush() {
  const auto memtable = set_->frozen().front();
  const auto rows = memtable_cursor(memtable, {all_keys, {}}, memtable->last_sequence());
  VersionEdit edit;
  edit.flush_number = memtable->number();
  edit.flushed_through = memtable->last_sequence();
  if (auto table = write_table(*rows, memtable->number(), true)) edit.added = {{0, *table}};
  for (const auto& tombstone : memtable->range_tombstones(memtable->last_sequence())) {
    edit.tombstones_added.push_back({tombstone.range, memtable->number()});
  }
  set_->apply(edit, memtable.get()).value();
}

void LayeredStore::merge_into(std::uint32_t level) {
  const auto version = set_->version();
  VersionEdit edit;
  std::uint64_t newest_flush = 0;
  std::vector<MergeInput> inputs;
  for (const auto& table : version->overlapping(all_keys, {})) {
    edit.removed.push_back(table->meta().number);
    newest_flush = std::max(newest_flush, table->meta().newest_flush);
    inputs.push_back(
        {table_cursor(table, {all_keys, {}}, {}), version->hiding(table->meta().newest_flush)});
  }
  if (inputs.empty()) return;
  const auto rows = merge_cursor(std::move(inputs), false);
  if (auto table = write_table(*rows, newest_flush, false)) edit.added = {{level, *table}};
  edit.tombstones_removed = version->tombstones;
  set_->apply(edit).value();
}

void LayeredStore::forget_blocks() {
  for (const auto& table : set_->version()->overlapping(all_keys, {})) {
    cache_.forget(table->meta().number);
    files_.forget(table->meta().number);
  }
}

std::vector<std::filesystem::path> LayeredStore::tables() const {
  std::vector<std::filesystem::path> paths;
  for (const auto& table : set_->version()->overlapping(all_keys, {})) {
    paths.push_back(table->path());
  }
  return paths;
}

}  // namespace varve::engine
