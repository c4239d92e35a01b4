#include "engine/directory/read_file.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>

#include "engine/io/io_error.hpp"
#include "varve/try.hpp"

namespace varve::engine {

Result<Bytes> read_file(Directory& directory, const std::string& name, std::uint64_t size_max) {
  VARVE_TRY(const bool exists, directory.exists(name));
  if (!exists) return fail(Errc::not_found, name + ": missing");
  VARVE_TRY(const std::unique_ptr<File> file, directory.open(name, OpenMode::read));
  VARVE_TRY(const std::uint64_t size, file->size());
  const std::uint64_t taken = std::min(size, size_max);
  if (!fits_in_memory(taken)) return too_large(name);
  Bytes bytes(static_cast<std::size_t>(taken));
  VARVE_CHECK(file->read_at(0, bytes));
  return bytes;
}

}  // namespace varve::engine
