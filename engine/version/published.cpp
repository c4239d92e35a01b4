#include "engine/version/published.hpp"

#include <utility>

namespace varve::engine {

Published::Published(Version version, std::shared_ptr<Memtable> active, std::uint64_t sequence)
    : visible_(sequence), active_(active) {
  VARVE_ASSERT(active->number() > version.flush_number);
  VARVE_ASSERT(version.flushed_through <= sequence);
  auto sources = std::make_shared<ViewSources>();
  sources->version = std::make_shared<const Version>(std::move(version));
  sources->memtables.push_back(std::move(active));
  const Lock lock(mutex_);
  sources_ = std::move(sources);
}

std::shared_ptr<const View> Published::view(Timestamp now) const {
  const std::uint64_t visible = visible_sequence();
  return std::make_shared<const View>(load(), visible, now);
}

View Published::view_here(Timestamp now) const {
  const std::uint64_t visible = visible_sequence();
  return {load(), visible, now};
}

std::vector<std::shared_ptr<const Memtable>> Published::frozen() const {
  const std::shared_ptr<const ViewSources> sources = load();
  return {sources->memtables.rbegin(), sources->memtables.rend() - 1};
}

std::size_t Published::pinned_bytes() const {
  std::vector<std::shared_ptr<const Memtable>> pinned;  // The last of one may go, outside the lock.
  {
    const Lock lock(mutex_);
    for (const auto& flushed : flushed_) {
      if (auto memtable = flushed.lock()) pinned.push_back(std::move(memtable));
    }
  }
  std::size_t bytes = 0;
  for (const auto& memtable : pinned) bytes += memtable->bytes();
  return bytes;
}

std::shared_ptr<ViewSources> Published::prepare_rotation(
    const std::shared_ptr<Memtable>& fresh) const {
  auto sources = std::make_shared<ViewSources>();
  // Until rotate() they only become fewer, by flushes.
  sources->memtables.reserve(load()->memtables.size() + 1);
  sources->memtables.push_back(fresh);
  return sources;
}

void Published::rotate(std::shared_ptr<Memtable> fresh, std::shared_ptr<ViewSources> sources) {
  // Views rank memtables by their order here, and versions rank tables by these numbers.
  VARVE_ASSERT(fresh->number() > active_->number() && fresh->empty());
  // A batch lies in one memtable: none is half in the one that is frozen.
  VARVE_ASSERT(active_->last_sequence() <= visible_sequence());
  VARVE_ASSERT(active_->last_sequence() <= fresh->base_sequence());
  VARVE_ASSERT(sources->memtables.size() == 1 && sources->memtables.front() == fresh);
  {
    const Lock lock(mutex_);
    VARVE_ASSERT(sources->memtables.capacity() > sources_->memtables.size());
    sources->version = sources_->version;
    sources->memtables.insert(sources->memtables.end(), sources_->memtables.begin(),
                              sources_->memtables.end());
    frozen_count_.store(sources->memtables.size() - 1, std::memory_order_release);
    sources_ = std::move(sources);
  }
  active_ = std::move(fresh);
}

std::shared_ptr<ViewSources> Published::prepare(std::shared_ptr<const Version> next) {
  auto fresh = std::make_shared<ViewSources>();
  fresh->version = std::move(next);
  const Lock lock(mutex_);
  fresh->memtables.reserve(sources_->memtables.size() + memtables_to_come_max);
  std::erase_if(flushed_, [](const auto& memtable) { return memtable.expired(); });
  flushed_.reserve(flushed_.size() + 1);
  return fresh;
}

std::shared_ptr<const ViewSources> Published::replace(std::shared_ptr<ViewSources> next,
                                                      const Memtable* flushed) {
  const Version& version = *next->version;
  // Only what readers may see goes to tables, so a view shows no more by them than by its sequence.
  VARVE_ASSERT(version.flushed_through <= visible_sequence());
  const Lock lock(mutex_);
  VARVE_ASSERT(version.flushed_through >= sources_->version->flushed_through &&
               version.flush_number >= sources_->version->flush_number);
  next->memtables.assign(sources_->memtables.begin(), sources_->memtables.end());
  if (flushed != nullptr) {
    // Tables hide by flush number, so nothing older may still be in memory; and the active one
    // is still written to.
    VARVE_ASSERT(next->memtables.size() > 1 && next->memtables.back().get() == flushed);
    VARVE_ASSERT(flushed_.size() < flushed_.capacity());  // prepare() saw to it.
    flushed_.push_back(next->memtables.back());
    next->memtables.pop_back();
  }
  // Every memtable hides all tables: so each is of a later flush than any of them.
  VARVE_ASSERT(next->memtables.back()->number() > version.flush_number);
  frozen_count_.store(next->memtables.size() - 1, std::memory_order_release);
  return std::exchange(sources_, std::move(next));
}

}  // namespace varve::engine
