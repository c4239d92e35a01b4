#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "engine/base/mutex.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// Keeps at most `files_max` table files open, the most recently used. A file in use stays open
/// until its user lets go, also when the pool has dropped it. Any thread.
class FilePool {
 public:
  FilePool(std::shared_ptr<Directory> directory, std::size_t files_max);

  /// Opens the file to read, or finds it open. `number` names it in the pool.
  Result<std::shared_ptr<const File>> get(std::uint64_t number, const std::string& name);
  void forget(std::uint64_t number);

 private:
  struct Entry {
    std::uint64_t number;
    std::shared_ptr<const File> file;
  };

  const std::shared_ptr<Directory> directory_;
  const std::size_t files_max_;
  Mutex mutex_;
  std::list<Entry> used_ VARVE_GUARDED_BY(mutex_);  // Most recent first.
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> by_number_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve::engine
