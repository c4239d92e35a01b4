#include "engine/wal/segment_file.hpp"

#include <string>
#include <utility>

#include "engine/base/bytes.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/io/io_error.hpp"
#include "engine/wal/segment_reader.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

Status read_header(Directory& directory, const Uuid& database, SegmentFile& segment) {
  const std::string name = segment_name(segment.number);
  VARVE_TRY(const auto file, open_twice(directory, name));
  VARVE_TRY(segment.size, file->size());
  if (segment.size < SegmentHeader::encoded_size) return {};
  Bytes bytes(SegmentHeader::encoded_size);
  VARVE_CHECK(file->read_at(0, bytes));
  Result<SegmentHeader> header = SegmentHeader::decode(bytes);
  if (!header && header.error().code == Errc::unsupported_format) {
    return fail(Errc::unsupported_format, name + ": " + header.error().where);
  }
  if (header && header->number == segment.number && header->database == database) {
    segment.header = *header;
  }
  return {};
}

}  // namespace

Result<SegmentFile> look_at_segment(Directory& directory, const Uuid& database,
                                    std::uint64_t number) {
  SegmentFile segment{number, 0, std::nullopt};
  Status read = read_header(directory, database, segment);
  // Once more: what a device cannot read for a moment is not lost.
  if (!read && is_damage(read.error())) read = read_header(directory, database, segment);
  if (!read && !is_damage(read.error())) return std::unexpected(std::move(read).error());
  return segment;
}

}  // namespace varve::engine
