#include "tests/soak/resources.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

namespace varve::test {

namespace fs = std::filesystem;

Resources Resources::now(const fs::path& dir) {
  Resources taken;
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;  // The second number: those resident.
  taken.resident_bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  taken.open_files = static_cast<std::uint64_t>(
      std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
  for (const fs::directory_entry& entry : fs::directory_iterator(dir)) {
    std::error_code gone;  // A file may go while this looks.
    const std::uintmax_t size = entry.file_size(gone);
    if (gone) continue;
    ++taken.files;
    taken.disk_bytes += size;
  }
  return taken;
}

Resources Resources::greatest(const Resources& other) const {
  return {
      .resident_bytes = std::max(resident_bytes, other.resident_bytes),
      .open_files = std::max(open_files, other.open_files),
      .files = std::max(files, other.files),
      .disk_bytes = std::max(disk_bytes, other.disk_bytes),
  };
}

}  // namespace varve::test
