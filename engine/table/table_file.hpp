#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.hpp"
#include "engine/table/table_footer.hpp"
#include "engine/table/table_meta.hpp"
#include "engine/table/table_origin.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// Reads the parts of a table file and verifies each before anybody uses it. Errors name the file
/// and the offset.
class TableFile {
 public:
  /// `name` is the file's, without its directory.
  TableFile(const File& file, std::string name) : file_(file), name_(std::move(name)) {}

  /// Fails with corruption also where the footer is another file's.
  Result<TableFooter> footer() const;
  /// Any part but a block.
  Result<Bytes> part(std::uint64_t offset, std::uint64_t size, std::uint64_t checksum,
                     std::uint64_t number, const char* what) const;
  /// `size` includes the checksum at its end; the bytes that come back do not.
  Result<Bytes> block(std::uint64_t offset, std::uint64_t size, std::uint64_t number) const;
  Result<TableMeta> meta(const TableFooter& footer) const;
  Result<TableOrigin> origin(const TableFooter& footer) const;
  /// Compares everything with the checksum over everything.
  [[nodiscard]] Status verify(const TableFooter& footer) const;

  /// Corruption at an offset of this file.
  std::unexpected<Error> corruption(std::uint64_t offset, std::string_view what) const;
  /// The same error with this file and the offset before its place.
  std::unexpected<Error> placed(std::uint64_t offset, Error error) const;

 private:
  /// REQUIRES a place that lies in the file by a verified footer, or index: it is allocated first.
  /// Not asserted, since only they know where the file ends: each decoder refuses such a place.
  Result<Bytes> read(std::uint64_t offset, std::uint64_t size) const;

  const File& file_;
  const std::string name_;
};

}  // namespace varve::engine
