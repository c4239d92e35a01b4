#include "engine/table/file_pool.hpp"

#include <algorithm>
#include <utility>

#include "varve/try.hpp"

namespace varve::engine {

FilePool::FilePool(std::shared_ptr<Directory> directory, std::size_t files_max)
    : directory_(std::move(directory)), files_max_(std::max<std::size_t>(files_max, 1)) {}

Result<std::shared_ptr<const File>> FilePool::get(std::uint64_t number, const std::string& name) {
  {
    const Lock lock(mutex_);
    if (const auto found = by_number_.find(number); found != by_number_.end()) {
      used_.splice(used_.begin(), used_, found->second);
      return used_.front().file;
    }
  }

  // Without the mutex: a slow disk holds up nobody else. If two threads open the same file, the
  // first one's stays in the pool.
  VARVE_TRY(auto opened, directory_->open(name, OpenMode::read));
  std::list<Entry> fresh;
  fresh.push_back({number, std::move(opened)});
  std::list<Entry> dropped;  // Closed after the mutex is released.
  const Lock lock(mutex_);
  if (const auto found = by_number_.find(number); found != by_number_.end()) {
    dropped.splice(dropped.end(), fresh);
    used_.splice(used_.begin(), used_, found->second);
    return used_.front().file;
  }
  if (used_.size() >= files_max_) {
    by_number_.erase(used_.back().number);
    dropped.splice(dropped.end(), used_, std::prev(used_.end()));
  }
  by_number_.emplace(number, fresh.begin());
  used_.splice(used_.begin(), fresh);
  return used_.front().file;
}

void FilePool::forget(std::uint64_t number) {
  std::list<Entry> dropped;
  const Lock lock(mutex_);
  const auto found = by_number_.find(number);
  if (found == by_number_.end()) return;
  dropped.splice(dropped.end(), used_, found->second);
  by_number_.erase(found);
}

}  // namespace varve::engine
