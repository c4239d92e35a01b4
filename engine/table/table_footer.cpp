#include "engine/table/table_footer.hpp"

#include "engine/base/assert.hpp"
#include "engine/base/bit_names.hpp"
#include "engine/base/checksum.hpp"
#include "varve/try.hpp"

namespace varve::engine {

Bytes TableFooter::encode() const {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.put(number);
  writer.put(blocks_size);
  writer.put(index_size);
  writer.put(filter_size);
  writer.put(statistics_size);
  writer.put(meta_size);
  writer.put(origin_size);
  writer.put(index_checksum);
  writer.put(filter_checksum);
  writer.put(statistics_checksum);
  writer.put(meta_checksum);
  writer.put(origin_checksum);
  writer.put(file_checksum);
  writer.put(features);
  writer.put(version_max);
  VARVE_ASSERT(bytes.size() == checksum_offset);
  writer.put(checksum(bytes));
  writer.put(magic);
  VARVE_ASSERT(bytes.size() == encoded_size);
  return bytes;
}

Result<TableFooter> TableFooter::decode(std::span<const std::byte, encoded_size> bytes,
                                        std::uint64_t file_size) {
  ByteReader tail(bytes.subspan<checksum_offset>());
  const auto stored_checksum = tail.take<std::uint64_t>();
  if (tail.take<std::uint64_t>() != magic) return fail(Errc::corruption, "footer magic");
  if (stored_checksum != checksum(bytes.first<checksum_offset>())) {
    return fail(Errc::corruption, "footer checksum");
  }

  ByteReader reader(bytes);
  TableFooter footer;
  footer.number = reader.take<std::uint64_t>();
  footer.blocks_size = reader.take<std::uint64_t>();
  footer.index_size = reader.take<std::uint64_t>();
  footer.filter_size = reader.take<std::uint64_t>();
  footer.statistics_size = reader.take<std::uint64_t>();
  footer.meta_size = reader.take<std::uint64_t>();
  footer.origin_size = reader.take<std::uint64_t>();
  footer.index_checksum = reader.take<std::uint64_t>();
  footer.filter_checksum = reader.take<std::uint64_t>();
  footer.statistics_checksum = reader.take<std::uint64_t>();
  footer.meta_checksum = reader.take<std::uint64_t>();
  footer.origin_checksum = reader.take<std::uint64_t>();
  footer.file_checksum = reader.take<std::uint64_t>();
  footer.features = reader.take<std::uint32_t>();
  const auto version = reader.take<std::uint32_t>();

  // Judged only after the checksum, so that a flipped bit is never taken for the future; and
  // before the rest, of which a newer version may think otherwise.
  if (version == 0 || version > version_max) {
    return fail(Errc::unsupported_format, "table version " + std::to_string(version));
  }
  if (const std::uint32_t unknown = footer.features & ~features_known; unknown != 0) {
    return fail(Errc::unsupported_format, "unknown table feature " + bit_names(unknown));
  }

  std::uint64_t left = file_size;
  for (const std::uint64_t size :
       {std::uint64_t{encoded_size}, footer.blocks_size, footer.index_size, footer.filter_size,
        footer.statistics_size, footer.meta_size, footer.origin_size}) {
    if (size > left) return fail(Errc::corruption, "footer sizes");
    left -= size;
  }
  if (left != 0) return fail(Errc::corruption, "footer sizes");
  return footer;
}

std::uint64_t part_checksum(ByteSpan bytes, std::uint64_t table_number, std::uint64_t offset) {
  // The multiplier is 2^64 / golden ratio: it keeps the seeds of any two tables further apart than
  // a file is long.
  return checksum(bytes, table_number * 0x9E37'79B9'7F4A'7C15 + offset);
}

}  // namespace varve::engine
