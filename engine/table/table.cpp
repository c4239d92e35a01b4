// Reads of one table file. Each part (index, filter, statistics, a block) is looked for in the
// cache, else read from the file, compared with its checksum, decoded, compared with what names it,
// and kept in the cache. What names it: the manifest's meta says what the index must hold, and the
// index says what a block must hold (both `agrees`).
//
// A point read asks the filter first, unless what comes after is in the cache anyway, then the
// index for the one block that can hold the row. The file goes with the object (~Table).

#include "engine/table/table.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/io/io_error.hpp"
#include "engine/table/block_format.hpp"
#include "engine/table/index_format.hpp"
#include "engine/table/key_filter.hpp"
#include "engine/table/statistics_format.hpp"
#include "engine/table/table_file.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// A table that is gone while a version names it is damage, not an absence.
Error missing_is_corruption(Error error, const std::string& name) {
  if (error.code == std::errc::no_such_file_or_directory || error.code == Errc::not_found) {
    return {make_error_code(Errc::corruption), name + ": missing"};
  }
  return error;
}

bool agrees(const TableIndex& index, const TableMeta& meta) {
  std::uint64_t rows = 0;
  for (const TableIndex::Entry& entry : index.entries) rows += entry.rows;
  return rows == meta.rows && index.entries.front().first_key == meta.first_key &&
         index.entries.back().last_key == meta.last_key;
}

bool agrees(const TableBlock& block, const TableIndex::Entry& entry) {
  std::size_t rows = 0;
  for (const RowsView& stretch : block.stretches()) {
    rows += stretch.size();
    if (!entry.times.contains(stretch.first_ts()) || !entry.times.contains(stretch.last_ts())) {
      return false;  // Cursors do not clip what the entry says lies within their times.
    }
  }
  const RowsView& first = block.stretches().front();
  const RowsView& last = block.stretches().back();
  return rows == entry.rows && first.key == entry.first_key && first.first_ts() == entry.first_ts &&
         last.key == entry.last_key && last.last_ts() == entry.last_ts;
}

Row row_at(const RowsView& rows, std::size_t index) {
  Row row;
  row.type = rows.type;
  row.ts = rows.timestamps[index];
  row.expires_at = rows.expires_at(index);
  if (rows.type != RowType::tombstone) row.value = Value(rows.value(index));
  return row;
}

}  // namespace

std::size_t TableBlock::lower_bound(std::string_view key, Timestamp ts) const {
  const auto [first, last] = heads_.may_be(key);
  const auto at = std::ranges::partition_point(
      std::span(stretches_).subspan(first, last - first), [&](const RowsView& rows) {
        return std::pair(rows.key, rows.last_ts()) < std::pair(key, ts);
      });
  return static_cast<std::size_t>(std::to_address(at) - stretches_.data());
}

std::size_t TableBlock::end_of(std::string_view key) const {
  const auto [first, last] = heads_.may_be(key);
  const auto at =
      std::ranges::partition_point(std::span(stretches_).subspan(first, last - first),
                                   [&](const RowsView& rows) { return rows.key <= key; });
  return static_cast<std::size_t>(std::to_address(at) - stretches_.data());
}

Table::Table(const TableContext& context, TableMeta meta)
    : context_(context), meta_(std::move(meta)), name_(table_file_name(meta_.number)) {
  // TableMeta::decode() and apply() have refused others.
  VARVE_ASSERT(meta_.first_key <= meta_.last_key && !meta_.times.empty());
}

Table::~Table() {
  // Whoever marked it did so before letting go of a reference, which orders it before this.
  if (!obsolete_.load(std::memory_order_relaxed)) return;
  if (context_.pinned_bytes != nullptr) context_.pinned_bytes->subtract(meta_.size);
  context_.cache->forget(meta_.number);
  context_.files->forget(meta_.number);
  // Where there is no memory for that, or to say why not, the next opening removes the file.
  if_memory_allows([this] { remove_file(); });
}

void Table::remove_file() const {
  const Status removed = context_.directory->remove(name_);
  // A snapshot may let go of it after the database was closed. Then the next opening removes it,
  // and there may be nobody left to tell.
  if (removed || removed.error().code == Errc::closed ||
      removed.error().code == std::errc::no_such_file_or_directory) {
    return;
  }
  context_.log.warning("table no longer needed, but not removed: " + removed.error().message());
}

std::filesystem::path Table::path() const { return context_.directory->path() / name_; }

/// Whether it can be this table's index: index() has compared both ends with the meta.
bool Table::is_own(const TableIndex& index) const {
  return index.entries.front().first_key == meta_.first_key &&
         index.entries.back().last_key == meta_.last_key;
}

Status Table::open() const {
  VARVE_CHECK(open_file());
  return {};
}

Result<std::shared_ptr<const File>> Table::open_file() const {
  auto file = context_.files->get(meta_.number, name_);
  if (!file) return std::unexpected(missing_is_corruption(std::move(file).error(), name_));
  return file;
}

Result<std::shared_ptr<const TableIndex>> Table::index(BlockRead read) const {
  const BlockCache::Key key{meta_.number, BlockCache::index_part};
  if (auto cached = context_.cache->find(key)) {
    return std::static_pointer_cast<const TableIndex>(std::move(cached));
  }
  VARVE_TRY(const auto opened, open_file());
  const TableFile file(*opened, name_);
  VARVE_TRY(const TableFooter footer, file.footer());
  if (footer.file_size() != meta_.size) {
    return file.corruption(footer.file_size(), "not the size that was written");
  }
  VARVE_TRY(const Bytes bytes, file.part(footer.index_offset(), footer.index_size,
                                         footer.index_checksum, meta_.number, "index"));
  auto index = decode_index(bytes, footer.blocks_size);
  if (!index) return file.placed(footer.index_offset(), std::move(index).error());
  if (!agrees(**index, meta_)) return file.corruption(footer.index_offset(), "index");
  if (read.fill_cache) context_.cache->insert(key, *index, (*index)->bytes);
  return index;
}

Result<Bytes> Table::raw_block(const TableIndex& index, std::size_t number) const {
  VARVE_ASSERT(is_own(index) && number < index.entries.size());
  const TableIndex::Entry& entry = index.entries[number];
  VARVE_TRY(const auto opened, open_file());
  return TableFile(*opened, name_).block(entry.offset, entry.size, meta_.number);
}

Result<std::shared_ptr<const TableBlock>> Table::block(const TableIndex& index, std::size_t number,
                                                       BlockRead read) const {
  VARVE_ASSERT(number < index.entries.size());
  if (auto cached = cached_block(number)) return cached;
  return read_block(index, number, read);
}

std::shared_ptr<const TableBlock> Table::cached_block(std::size_t number) const {
  return std::static_pointer_cast<const TableBlock>(context_.cache->find({meta_.number, number}));
}

Result<std::shared_ptr<const TableBlock>> Table::read_block(const TableIndex& index,
                                                            std::size_t number,
                                                            BlockRead read) const {
  auto block = decode_stored(index, number);
  if (!block) {
    // What a device refuses for a moment is none.
    if (block.error().code == Errc::corruption) {
      has_damage_.store(true, std::memory_order_relaxed);
    }
    return block;
  }
  if (read.fill_cache) {
    context_.cache->insert({meta_.number, number}, *block, (*block)->bytes());
  }
  return block;
}

Result<std::shared_ptr<const TableBlock>> Table::decode_stored(const TableIndex& index,
                                                               std::size_t number) const {
  VARVE_ASSERT(is_own(index) && number < index.entries.size());
  const TableIndex::Entry& entry = index.entries[number];
  VARVE_TRY(const auto opened, open_file());
  const TableFile file(*opened, name_);
  VARVE_TRY(const Bytes bytes, file.block(entry.offset, entry.size, meta_.number));
  auto block = BlockDecoder::decode(bytes);
  if (!block) return file.placed(entry.offset, std::move(block).error());
  if (!agrees(**block, entry)) return file.corruption(entry.offset, "block is not the index's");
  return block;
}

Result<std::shared_ptr<const TableStatistics>> Table::statistics(const TableIndex& index,
                                                                 BlockRead read) const {
  VARVE_ASSERT(is_own(index));
  const BlockCache::Key key{meta_.number, BlockCache::statistics_part};
  if (auto cached = context_.cache->find(key)) {
    return std::static_pointer_cast<const TableStatistics>(std::move(cached));
  }
  VARVE_TRY(const auto opened, open_file());
  const TableFile file(*opened, name_);
  VARVE_TRY(const TableFooter footer, file.footer());
  VARVE_TRY(const Bytes bytes, file.part(footer.statistics_offset(), footer.statistics_size,
                                         footer.statistics_checksum, meta_.number, "statistics"));
  auto statistics = decode_statistics(bytes, index.entries.size());
  if (!statistics) return file.placed(footer.statistics_offset(), std::move(statistics).error());
  if (read.fill_cache) context_.cache->insert(key, *statistics, (*statistics)->bytes);
  return statistics;
}

Result<bool> Table::may_contain(std::uint64_t key_hash, BlockRead read) const {
  auto answer = ask_filter(key_hash, read);
  if (!answer && read.skip_damaged && is_damage(answer.error())) return true;
  return answer;
}

Result<bool> Table::ask_filter(std::uint64_t key_hash, BlockRead read) const {
  const BlockCache::Key key{meta_.number, BlockCache::filter_part};
  if (const auto cached = context_.cache->find(key)) {
    return static_cast<const KeyFilter*>(cached.get())->may_contain(key_hash);
  }
  VARVE_TRY(const auto opened, open_file());
  const TableFile file(*opened, name_);
  VARVE_TRY(const TableFooter footer, file.footer());
  VARVE_TRY(const Bytes bytes, file.part(footer.filter_offset(), footer.filter_size,
                                         footer.filter_checksum, meta_.number, "filter"));
  auto decoded = KeyFilter::decode(bytes);
  if (!decoded) return file.placed(footer.filter_offset(), std::move(decoded).error());
  const auto filter = std::make_shared<const KeyFilter>(*std::move(decoded));
  if (read.fill_cache) context_.cache->insert(key, filter, filter->bytes());
  return filter->may_contain(key_hash);
}

/// The index, or null where the filter says that the key is not there. An index that is in the
/// cache answers as well as the filter.
Result<std::shared_ptr<const TableIndex>> Table::index_for_key(std::uint64_t key_hash,
                                                               BlockRead read) const {
  const BlockCache::Key key{meta_.number, BlockCache::index_part};
  if (auto cached = context_.cache->find(key)) {
    return std::static_pointer_cast<const TableIndex>(std::move(cached));
  }
  VARVE_TRY(const bool possible, may_contain(key_hash, read));
  if (!possible) return nullptr;
  return index(read);
}

/// The block, or null where it does not hold the key; one that is in the cache answers as well as
/// the filter. REQUIRES a block whose keys span it.
Result<std::shared_ptr<const TableBlock>> Table::block_of_key(const TableIndex& index,
                                                              std::size_t number,
                                                              std::string_view key,
                                                              std::uint64_t key_hash,
                                                              BlockRead read) const {
  if (auto cached = cached_block(number)) return cached;
  const TableIndex::Entry& entry = index.entries[number];
  VARVE_ASSERT(entry.first_key <= key && key <= entry.last_key);
  if (entry.first_key != key && entry.last_key != key) {
    VARVE_TRY(const bool possible, may_contain(key_hash, read));
    if (!possible) return nullptr;
  }
  return read_block(index, number, read);
}

Result<std::optional<Row>> Table::get(std::string_view key, std::uint64_t key_hash, Timestamp ts,
                                      BlockRead read) const {
  if (key < meta_.first_key || meta_.last_key < key || !meta_.times.contains(ts)) {
    return std::nullopt;
  }
  VARVE_TRY(const auto table_index, index_for_key(key_hash, read));
  if (table_index == nullptr) return std::nullopt;
  const auto& entries = table_index->entries;
  const std::size_t number = table_index->lower_bound(key, ts);
  if (number == entries.size() ||
      std::pair(key, ts) < std::pair(entries[number].first_key, entries[number].first_ts)) {
    return std::nullopt;
  }
  VARVE_TRY(const auto found, block_of_key(*table_index, number, key, key_hash, read));
  if (found == nullptr) return std::nullopt;
  const std::size_t stretch = found->lower_bound(key, ts);
  if (stretch == found->stretches().size()) return std::nullopt;
  const RowsView& rows = found->stretches()[stretch];
  const auto at = std::ranges::lower_bound(rows.timestamps, ts);
  if (rows.key != key || *at != ts) return std::nullopt;
  return row_at(rows, static_cast<std::size_t>(at - rows.timestamps.begin()));
}

Result<std::optional<Row>> Table::newest(std::string_view key, std::uint64_t key_hash,
                                         BlockRead read) const {
  constexpr auto end_of_time = std::numeric_limits<Timestamp>::max();
  if (key < meta_.first_key || meta_.last_key < key) return std::nullopt;
  VARVE_TRY(const auto table_index, index_for_key(key_hash, read));
  if (table_index == nullptr) return std::nullopt;
  const std::size_t end = table_index->upper_bound(key, end_of_time);
  if (end == 0 || table_index->entries[end - 1].last_key < key) return std::nullopt;
  VARVE_TRY(const auto found, block_of_key(*table_index, end - 1, key, key_hash, read));
  if (found == nullptr) return std::nullopt;
  const auto& stretches = found->stretches();
  const std::size_t after = found->end_of(key);
  if (after == 0 || stretches[after - 1].key != key) return std::nullopt;
  const RowsView& rows = stretches[after - 1];
  VARVE_ASSERT(!rows.empty());
  return row_at(rows, rows.size() - 1);
}

Result<TableMeta> Table::read_meta(Directory& directory, const std::string& name) {
  VARVE_TRY(const auto opened, directory.open(name, OpenMode::read));
  const TableFile file(*opened, name);
  VARVE_TRY(const TableFooter footer, file.footer());
  return file.meta(footer);
}

Result<TableOrigin> Table::read_origin(Directory& directory, const std::string& name) {
  VARVE_TRY(const auto opened, directory.open(name, OpenMode::read));
  const TableFile file(*opened, name);
  VARVE_TRY(const TableFooter footer, file.footer());
  return file.origin(footer);
}

Status Table::verify(Directory& directory, const std::string& name) {
  VARVE_TRY(const auto opened, directory.open(name, OpenMode::read));
  const TableFile file(*opened, name);
  VARVE_TRY(const TableFooter footer, file.footer());
  return file.verify(footer);
}

}  // namespace varve::engine
