#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/base/mutex.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// Keeps table files open, at most so many, the most recently used. A file in use stays open until
/// its user lets go, also when the pool has dropped it. Any thread.
class FilePool {
 public:
  /// How many at most, asked each time that a file is opened. Any thread.
  using FilesMax = std::function<std::size_t()>;

  FilePool(std::shared_ptr<Directory> directory, std::size_t files_max)
      : FilePool(std::move(directory), [files_max] { return files_max; }) {}
  FilePool(std::shared_ptr<Directory> directory, FilesMax files_max)
      : directory_(std::move(directory)), files_max_(std::move(files_max)) {}

  /// Opens the file to read, or finds it open. `number` names it in the pool.
  Result<std::shared_ptr<const File>> get(std::uint64_t number, const std::string& name);
  void forget(std::uint64_t number);
  /// Closes a quarter of the files that nobody reads just now, one at least, those that were not
  /// used for longest: for who needs descriptors. False where there are none.
  bool give_back();

 private:
  struct Entry {
    std::uint64_t number;
    std::shared_ptr<const File> file;
  };
  using Entries = std::list<Entry>;

  /// Moves an entry out, to be closed once the mutex is released.
  void drop(Entries::iterator entry, Entries& dropped) VARVE_REQUIRES(mutex_);

  const std::shared_ptr<Directory> directory_;
  const FilesMax files_max_;
  Mutex mutex_;
  Entries used_ VARVE_GUARDED_BY(mutex_);  // Most recent first.
  std::unordered_map<std::uint64_t, Entries::iterator> by_number_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve::engine
