#include "engine/table/table_file.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/io/io_error.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::size_t verify_step = std::size_t{256} << 10;

}  // namespace

std::unexpected<Error> TableFile::placed(std::uint64_t offset, Error error) const {
  error.where = name_ + " @ " + std::to_string(offset) + ": " + error.where;
  return std::unexpected(std::move(error));
}

std::unexpected<Error> TableFile::corruption(std::uint64_t offset, std::string_view what) const {
  return placed(offset, Error{Errc::corruption, std::string(what)});
}

Result<Bytes> TableFile::read(std::uint64_t offset, std::uint64_t size) const {
  if (!fits_in_memory(size)) return too_large(name_ + " @ " + std::to_string(offset));
  Bytes bytes(static_cast<std::size_t>(size));
  VARVE_CHECK(file_.read_at(offset, bytes));
  return bytes;
}

Result<TableFooter> TableFile::footer() const {
  VARVE_TRY(const std::uint64_t size, file_.size());
  if (size < TableFooter::encoded_size) return corruption(size, "the file ends too early");
  const std::uint64_t offset = size - TableFooter::encoded_size;
  VARVE_TRY(const Bytes bytes, read(offset, TableFooter::encoded_size));
  auto footer = TableFooter::decode(
      std::span<const std::byte, TableFooter::encoded_size>(bytes.data(), bytes.size()), size);
  if (!footer) return placed(offset, std::move(footer).error());
  if (table_file_name(footer->number) != name_) {
    return corruption(offset, "footer of table " + std::to_string(footer->number));
  }
  return *footer;
}

Result<Bytes> TableFile::part(std::uint64_t offset, std::uint64_t size, std::uint64_t checksum,
                              std::uint64_t number, const char* what) const {
  VARVE_TRY(Bytes bytes, read(offset, size));
  if (part_checksum(bytes, number, offset) != checksum) {
    return corruption(offset, std::string(what) + " checksum");
  }
  return bytes;
}

Result<Bytes> TableFile::block(std::uint64_t offset, std::uint64_t size,
                               std::uint64_t number) const {
  constexpr std::size_t checksum_size = sizeof(std::uint64_t);
  VARVE_TRY(Bytes bytes, read(offset, size));
  if (bytes.size() < checksum_size) return corruption(offset, "block size");
  const std::size_t content = bytes.size() - checksum_size;
  ByteReader stored{ByteSpan(bytes).subspan(content)};
  const auto checksum = stored.take<std::uint64_t>();
  bytes.resize(content);
  if (part_checksum(bytes, number, offset) != checksum) return corruption(offset, "block checksum");
  return bytes;
}

Result<TableMeta> TableFile::meta(const TableFooter& footer) const {
  VARVE_TRY(const Bytes bytes, part(footer.meta_offset(), footer.meta_size, footer.meta_checksum,
                                    footer.number, "meta"));
  ByteReader reader{ByteSpan(bytes)};
  auto meta = TableMeta::decode(reader);
  if (!meta) return placed(footer.meta_offset(), std::move(meta).error());
  if (!reader.at_end() || meta->number != footer.number || meta->size != footer.file_size()) {
    return corruption(footer.meta_offset(), "meta");
  }
  return meta;
}

Result<TableOrigin> TableFile::origin(const TableFooter& footer) const {
  VARVE_TRY(const Bytes bytes, part(footer.origin_offset(), footer.origin_size,
                                    footer.origin_checksum, footer.number, "origin"));
  auto origin = TableOrigin::decode(bytes);
  if (!origin) return placed(footer.origin_offset(), std::move(origin).error());
  return origin;
}

Status TableFile::verify(const TableFooter& footer) const {
  Checksum sum;
  for (std::uint64_t offset = 0; offset < footer.footer_offset();) {
    const std::uint64_t size =
        std::min<std::uint64_t>(verify_step, footer.footer_offset() - offset);
    VARVE_TRY(const Bytes bytes, read(offset, size));
    sum.add(bytes);
    offset += size;
  }
  if (sum.value() != footer.file_checksum) return corruption(0, "file checksum");
  return {};
}

}  // namespace varve::engine
