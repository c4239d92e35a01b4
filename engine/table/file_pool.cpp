#include "engine/table/file_pool.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "varve/try.hpp"

namespace varve::engine {

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
  const std::size_t files_max = std::max<std::size_t>(files_max_(), 1);
  Entries fresh;
  fresh.push_back({number, std::move(opened)});
  Entries dropped;  // Closed after the mutex is released.
  const Lock lock(mutex_);
  if (const auto found = by_number_.find(number); found != by_number_.end()) {
    dropped.splice(dropped.end(), fresh);
    used_.splice(used_.begin(), used_, found->second);
    return used_.front().file;
  }
  while (used_.size() >= files_max) drop(std::prev(used_.end()), dropped);
  by_number_.emplace(number, fresh.begin());
  used_.splice(used_.begin(), fresh);
  return used_.front().file;
}

void FilePool::forget(std::uint64_t number) {
  Entries dropped;
  const Lock lock(mutex_);
  const auto found = by_number_.find(number);
  if (found != by_number_.end()) drop(found->second, dropped);
}

bool FilePool::give_back() {
  Entries dropped;
  const Lock lock(mutex_);
  // Who reads a file holds it too, and can only have got it here: so what the pool alone holds is
  // closed when it lets go.
  const auto is_idle = [](const Entry& entry) { return entry.file.use_count() == 1; };
  std::size_t left = (static_cast<std::size_t>(std::ranges::count_if(used_, is_idle)) + 3) / 4;
  for (auto entry = used_.end(); left > 0;) {
    const auto next = std::prev(entry);
    if (!is_idle(*next)) {
      entry = next;
      continue;
    }
    // The one behind stays where the walk goes on from.
    drop(next, dropped);
    --left;
  }
  return !dropped.empty();
}

void FilePool::drop(Entries::iterator entry, Entries& dropped) {
  by_number_.erase(entry->number);
  dropped.splice(dropped.end(), used_, entry);
}

}  // namespace varve::engine
