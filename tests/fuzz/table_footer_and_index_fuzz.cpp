// A file of any blocks and other parts, sealed with right checksums so that the fuzzer gets
// to the fields: what is read of it is consistent, or corruption. The first bytes are the sizes of
// the parts, the rest is their content.

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/table/index_format.hpp"
#include "engine/table/table.hpp"
#include "engine/table/table_footer.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace varve;
using namespace varve::engine;

constexpr std::uint64_t number = 12;

/// The meta of a manifest that knows the table as its index describes it.
TableMeta meta_of(const Bytes& file, const TableIndex& index) {
  TableMeta meta;
  meta.number = number;
  meta.size = file.size();
  meta.first_key = index.entries.front().first_key;
  meta.last_key = index.entries.back().last_key;
  for (const TableIndex::Entry& entry : index.entries) meta.rows += entry.rows;
  return meta;
}

/// Puts a checksum at the end of each block that the index, if it decodes, says there is.
void seal_blocks(Bytes& file, const TableFooter& footer) {
  const ByteSpan index = ByteSpan(file).subspan(footer.index_offset(), footer.index_size);
  const auto decoded = decode_index(index, footer.blocks_size);
  if (!decoded) return;
  for (const TableIndex::Entry& entry : (*decoded)->entries) {
    const auto block = std::span(file).subspan(entry.offset, entry.size);
    const auto content = block.first(block.size() - sizeof(std::uint64_t));
    Bytes sum;
    ByteWriter(sum).put(part_checksum(content, number, entry.offset));
    std::ranges::copy(sum, block.last(sum.size()).begin());
  }
}

struct SealedFile {
  Bytes bytes;
  TableFooter footer;
};

SealedFile sealed_file(ByteReader& input) {
  TableFooter footer;
  footer.number = number;
  const std::array sizes{&footer.index_size, &footer.filter_size, &footer.statistics_size,
                         &footer.meta_size, &footer.origin_size};
  for (std::uint64_t* size : sizes) *size = input.take<std::uint16_t>();
  std::uint64_t left = input.remaining();
  for (std::uint64_t* size : sizes) left -= * size = std::min(*size, left);
  footer.blocks_size = left;
  const ByteSpan content = input.take_bytes(input.remaining());
  Bytes file(content.begin(), content.end());

  seal_blocks(file, footer);
  const auto sum_of = [&](std::uint64_t offset, std::uint64_t size) {
    return part_checksum(ByteSpan(file).subspan(offset, size), number, offset);
  };
  footer.index_checksum = sum_of(footer.index_offset(), footer.index_size);
  footer.filter_checksum = sum_of(footer.filter_offset(), footer.filter_size);
  footer.statistics_checksum = sum_of(footer.statistics_offset(), footer.statistics_size);
  footer.meta_checksum = sum_of(footer.meta_offset(), footer.meta_size);
  footer.origin_checksum = sum_of(footer.origin_offset(), footer.origin_size);
  footer.file_checksum = checksum(file);
  const Bytes encoded = footer.encode();
  file.insert(file.end(), encoded.begin(), encoded.end());
  const auto decoded = TableFooter::decode(
      std::span<const std::byte, TableFooter::encoded_size>(encoded.data(), encoded.size()),
      file.size());
  require(decoded.has_value() && *decoded == footer);
  return {std::move(file), footer};
}

void read_all(const Table& table) {
  const auto possible = table.may_contain(42);
  require(possible || possible.error().code == Errc::corruption);
  const auto index = table.index().value();
  const auto statistics = table.statistics(*index);
  require(statistics || statistics.error().code == Errc::corruption);
  for (std::size_t i = 0; i < index->entries.size(); ++i) {
    const TableIndex::Entry& entry = index->entries[i];
    require(index->lower_bound(entry.first_key, entry.first_ts) == i);
    require(index->upper_bound(entry.last_key, entry.last_ts) == i + 1);
    const auto block = table.block(*index, i);
    if (!block) {
      require(block.error().code == Errc::corruption);
      continue;
    }
    const auto row = table.get(entry.first_key, hash_of(entry.first_key), entry.first_ts);
    if (row && *row) require((*row)->ts == entry.first_ts);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input(std::as_bytes(std::span(data, size)));
  const auto [bytes, footer] = sealed_file(input);

  const auto files = memory_file_system()->open_directory("/").value();
  const std::string name = table_file_name(number);
  const std::array<ByteSpan, 1> pieces{bytes};
  require(files->open(name, OpenMode::create).value()->write_at(0, pieces).has_value());
  require(Table::verify(*files, name).has_value());
  const auto meta = Table::read_meta(*files, name);
  require(meta || meta.error().code == Errc::corruption);
  const auto origin = Table::read_origin(*files, name);
  require(origin || origin.error().code == Errc::corruption);

  const auto index = decode_index(ByteSpan(bytes).subspan(footer.index_offset(), footer.index_size),
                                  footer.blocks_size);
  if (!index) return 0;
  BlockCache cache(1 << 20);
  FilePool pool(files, 1);
  const TableContext context{files, &cache, &pool, {}};
  read_all(Table(context, meta_of(bytes, **index)));
  return 0;
}
