// Blocks go to the file as they fill, through one buffer; what the end of the file needs of them
// stays in memory: index entries, statistics and the hashes of keys. finish() writes these and the
// footer, and syncs.
//
// Rows come in three forms: as rows, which the BlockEncoder gathers; as packed rows of a memtable,
// which become a block as they are; and as a block of another table, which is copied. The latter
// two end the block that was gathered before. All three must come in ascending order.

#include "engine/table/table_writer.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/table/block_format.hpp"
#include "engine/table/index_format.hpp"
#include "engine/table/key_filter.hpp"
#include "engine/table/statistics_format.hpp"
#include "engine/table/table_footer.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

// Writes of this size cost next to nothing beside the copy into the page cache.
constexpr std::size_t buffer_size = std::size_t{256} << 10;

/// What a user gave with so many rows, but for values whose size differs.
std::uint64_t given_bytes_of(std::string_view internal_key, RowType type, std::size_t rows) {
  const std::size_t key = internal_key.size() - (internal_key.empty() ? 0 : 1);  // Not its space.
  const std::size_t value = type == RowType::bytes ? 0 : value_size(type);
  return (key + sizeof(Timestamp) + value) * rows;
}

std::uint64_t given_bytes_of(const RowsView& rows) {
  std::uint64_t bytes = given_bytes_of(rows.key, rows.type, rows.size());
  if (rows.type == RowType::bytes) {
    for (const std::string_view value : rows.values_as<std::string_view>()) bytes += value.size();
  }
  return bytes;
}

}  // namespace

struct TableWriter::Impl {
  Impl(std::unique_ptr<File> created, std::uint64_t table_number, Compression how,
       BlockSize block_size)
      : file(std::move(created)), number(table_number), compression(how), block(block_size) {}

  Status put(ByteSpan bytes);
  Status flush_buffer();
  Result<std::uint64_t> put_part(ByteSpan bytes);
  void add_key(std::string_view key);
  Status end_block();
  Status put_block(TableIndex::Entry entry, std::size_t tombstones,
                   const std::optional<NumberStatistics>& statistics, ByteSpan block);
  std::string_view index_key(std::string_view key);
  TableMeta meta_of(std::uint64_t newest_flush, const TableOrigin& origin) const;

  const std::unique_ptr<File> file;
  const std::uint64_t number;
  const Compression compression;

  BlockEncoder block;
  std::uint64_t rows_added = 0;
  std::uint64_t given_bytes = 0;

  // Of the blocks that ended.
  std::vector<TableIndex::Entry> entries;  // Their keys lie in index_keys.
  std::deque<std::string> index_keys;
  std::size_t index_keys_size = 0;
  std::vector<std::optional<NumberStatistics>> statistics;
  std::uint64_t tombstones = 0;

  std::string last_key;  // The last row added.
  Timestamp last_ts = 0;
  std::vector<std::uint64_t> key_hashes;  // One for each key.

  Bytes buffer;  // What follows the file's first `written` bytes.
  std::uint64_t written = 0;
  Checksum file_checksum;

  std::uint64_t offset() const { return written + buffer.size(); }
};

Status TableWriter::Impl::put(ByteSpan bytes) {
  buffer.insert(buffer.end(), bytes.begin(), bytes.end());
  file_checksum.add(bytes);
  return buffer.size() < buffer_size ? Status() : flush_buffer();
}

Status TableWriter::Impl::flush_buffer() {
  if (buffer.empty()) return {};
  const std::array<ByteSpan, 1> pieces{buffer};
  VARVE_CHECK(file->write_at(written, pieces));
  written += buffer.size();
  buffer.clear();
  return {};
}

/// Returns the part's checksum.
Result<std::uint64_t> TableWriter::Impl::put_part(ByteSpan bytes) {
  const std::uint64_t sum = part_checksum(bytes, number, offset());
  VARVE_CHECK(put(bytes));
  return sum;
}

void TableWriter::Impl::add_key(std::string_view key) {
  if (!key_hashes.empty() && key == last_key) return;
  last_key.assign(key);
  key_hashes.push_back(hash_of(key));
}

/// A copy that lives as long as the entries; one for all neighbours that are the same.
std::string_view TableWriter::Impl::index_key(std::string_view key) {
  if (index_keys.empty() || index_keys.back() != key) {
    index_keys.emplace_back(key);
    index_keys_size += key.size();
  }
  return index_keys.back();
}

Status TableWriter::Impl::end_block() {
  if (block.empty()) return {};
  const Status status =
      put_block(block.entry(), block.tombstones(), block.statistics(), block.encode(compression));
  block.clear();
  return status;
}

Status TableWriter::Impl::put_block(TableIndex::Entry entry, std::size_t block_tombstones,
                                    const std::optional<NumberStatistics>& block_statistics,
                                    ByteSpan bytes) {
  VARVE_ASSERT(entries.empty() || std::pair(entries.back().last_key, entries.back().last_ts) <
                                      std::pair(entry.first_key, entry.first_ts));
  entry.offset = offset();
  entry.size = static_cast<std::uint32_t>(bytes.size() + sizeof(std::uint64_t));
  entry.first_key = index_key(entry.first_key);
  entry.last_key = index_key(entry.last_key);
  if (index_keys_size > index_keys_size_max) {
    return fail(Errc::invalid_argument, table_file_name(number) + ": keys of one table");
  }
  entries.push_back(entry);
  statistics.push_back(block_statistics);
  tombstones += block_tombstones;

  VARVE_TRY(const std::uint64_t sum, put_part(bytes));
  Bytes stored_sum;
  ByteWriter(stored_sum).put(sum);
  return put(stored_sum);
}

TableMeta TableWriter::Impl::meta_of(std::uint64_t newest_flush, const TableOrigin& origin) const {
  TableMeta meta;
  meta.number = number;
  meta.first_key = entries.front().first_key;
  meta.last_key = entries.back().last_key;
  meta.times = entries.front().times;
  meta.expiry_min = entries.front().expiry_min;
  meta.expiry_max = entries.front().expiry_max;
  for (const TableIndex::Entry& entry : entries) {
    meta.times.first = std::min(meta.times.first, entry.times.first);
    meta.times.last = std::max(meta.times.last, entry.times.last);
    meta.expiry_min = std::min(meta.expiry_min, entry.expiry_min);
    meta.expiry_max = std::max(meta.expiry_max, entry.expiry_max);
  }
  meta.rows = rows_added;
  meta.tombstones = tombstones;
  meta.newest_flush = newest_flush;
  meta.first_sequence = origin.first_sequence;
  meta.last_sequence = origin.last_sequence;
  return meta;
}

Result<TableWriter> TableWriter::create(Directory& directory, WriteCause cause,
                                        std::uint64_t number, Compression compression,
                                        BlockSize block_size) {
  VARVE_TRY(auto file, directory.open(table_file_name(number), OpenMode::create, cause));
  return TableWriter(std::make_unique<Impl>(std::move(file), number, compression, block_size));
}

TableWriter::TableWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TableWriter::TableWriter(TableWriter&&) noexcept = default;
TableWriter& TableWriter::operator=(TableWriter&&) noexcept = default;
TableWriter::~TableWriter() = default;

Status TableWriter::add(const RowsView& rows) {
  if (rows.empty()) return {};
  Impl& impl = *impl_;
  VARVE_ASSERT(impl.rows_added == 0 || std::pair(std::string_view(impl.last_key), impl.last_ts) <
                                           std::pair(rows.key, rows.first_ts()));
  for (std::size_t taken = 0; taken < rows.size();) {
    const std::size_t count = impl.block.add(rows.slice(taken, rows.size() - taken));
    taken += count;
    if (count == 0) VARVE_CHECK(impl.end_block());
  }
  impl.rows_added += rows.size();
  impl.given_bytes += given_bytes_of(rows);
  impl.add_key(rows.key);
  impl.last_ts = rows.last_ts();
  return {};
}

Status TableWriter::add_raw_block(const TableIndex::Entry& entry,
                                  const std::optional<NumberStatistics>& statistics,
                                  ByteSpan block) {
  Impl& impl = *impl_;
  VARVE_ASSERT(impl.rows_added == 0 || std::pair(std::string_view(impl.last_key), impl.last_ts) <
                                           std::pair(entry.first_key, entry.first_ts));
  ByteReader reader(block);
  const BlockDirectory directory = BlockDirectory::decode(reader);
  if (!reader.ok() || directory.rows != entry.rows ||
      directory.keys.keys.front() != entry.first_key ||
      directory.keys.keys.back() != entry.last_key) {
    return fail(Errc::corruption, table_file_name(impl.number) + ": block to copy");
  }
  VARVE_CHECK(impl.end_block());
  VARVE_CHECK(impl.put_block(entry, directory.rows_of(RowType::tombstone), statistics, block));
  impl.rows_added += directory.rows;
  for (const std::string_view key : directory.keys.keys) impl.add_key(key);
  impl.last_ts = entry.last_ts;
  return {};
}

Status TableWriter::add(const PackedRows& packed) {
  Impl& impl = *impl_;
  VARVE_ASSERT(impl.rows_added == 0 || std::pair(std::string_view(impl.last_key), impl.last_ts) <
                                           std::pair(packed.key, packed.times.first));
  VARVE_ASSERT(packed.type != RowType::tombstone);
  VARVE_CHECK(impl.end_block());
  VARVE_CHECK(impl.put_block(BlockEncoder::entry_of(packed), 0, packed.statistics,
                             BlockEncoder::wrap(packed)));
  impl.rows_added += packed.rows;
  impl.given_bytes += given_bytes_of(packed.key, packed.type, packed.rows);
  impl.add_key(packed.key);
  impl.last_ts = packed.times.last;
  return {};
}

Status TableWriter::end_block() { return impl_->end_block(); }

Result<TableMeta> TableWriter::finish(std::uint64_t newest_flush, const TableOrigin& origin) {
  Impl& impl = *impl_;
  VARVE_ASSERT(impl.rows_added > 0);
  VARVE_CHECK(impl.end_block());

  TableFooter footer;
  footer.number = impl.number;
  footer.blocks_size = impl.offset();
  const Bytes index = encode_index(impl.entries, impl.compression);
  footer.index_size = index.size();
  VARVE_TRY(footer.index_checksum, impl.put_part(index));
  const Bytes filter = KeyFilter::encode(std::move(impl.key_hashes));
  footer.filter_size = filter.size();
  VARVE_TRY(footer.filter_checksum, impl.put_part(filter));
  const Bytes statistics = encode_statistics(impl.statistics, impl.compression);
  footer.statistics_size = statistics.size();
  VARVE_TRY(footer.statistics_checksum, impl.put_part(statistics));

  Bytes origin_bytes;
  ByteWriter origin_writer(origin_bytes);
  origin.encode(origin_writer);
  footer.origin_size = origin_bytes.size();

  TableMeta meta = impl.meta_of(newest_flush, origin);
  Bytes meta_bytes;
  ByteWriter meta_writer(meta_bytes);
  meta.encode(meta_writer);
  footer.meta_size = meta_bytes.size();
  meta.size = footer.file_size();  // Of fixed width, so the meta's own size stays what it is.
  meta_bytes.clear();
  meta.encode(meta_writer);
  VARVE_ASSERT(meta_bytes.size() == footer.meta_size);
  VARVE_TRY(footer.meta_checksum, impl.put_part(meta_bytes));
  VARVE_TRY(footer.origin_checksum, impl.put_part(origin_bytes));

  footer.file_checksum = impl.file_checksum.value();
  VARVE_CHECK(impl.put(footer.encode()));
  VARVE_CHECK(impl.flush_buffer());
  VARVE_ASSERT(impl.offset() == meta.size);
  VARVE_CHECK(impl.file->sync());
  VARVE_CHECK(impl.file->close());
  return meta;
}

std::uint64_t TableWriter::rows() const { return impl_->rows_added; }

std::uint64_t TableWriter::given_bytes() const { return impl_->given_bytes; }

std::size_t TableWriter::pending_rows(std::string_view key) const {
  return impl_->last_key == key ? impl_->block.rows_of_last_stretch() : 0;
}

std::uint64_t TableWriter::bytes() const {
  // Rough: packed rows take some 2 bytes and their values, an index entry 12, statistics 24, a
  // key in the filter 2.
  const std::uint64_t file = impl_->offset() + impl_->block.rows() * 2 + impl_->block.raw_size() +
                             impl_->entries.size() * 36 + impl_->key_hashes.size() * 2 +
                             TableFooter::encoded_size;
  const std::uint64_t index =
      impl_->entries.size() * sizeof(TableIndex::Entry) + impl_->index_keys_size;
  return std::max({file, index, impl_->rows_added});
}

}  // namespace varve::engine
