#include "engine/version/version_set.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/directory/file_names.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

// New manifests then cost little beside the edits between them.
constexpr std::uint64_t replaced_from_growth = 4;

std::unordered_set<std::uint64_t> table_numbers(const Version& version) {
  std::unordered_set<std::uint64_t> numbers;
  for (const auto& level : version.levels) {
    for (const auto& table : level) numbers.insert(table->meta().number);
  }
  return numbers;
}

/// REQUIRES that a durable manifest says `next`, and none will ever say `previous` again.
void mark_removed(const Version& previous, const VersionEdit& edit, const Version& next) {
  if (edit.removed.empty()) return;
  const auto kept = table_numbers(next);
  for (const auto& level : previous.levels) {
    for (const auto& table : level) {
      if (!kept.contains(table->meta().number)) table->mark_obsolete();
    }
  }
}

}  // namespace

/// Threads: `edit_mutex` serialises edits and is held across the disk; `publish_mutex` is taken
/// inside it or alone, and never the other way round. `sources` is replaced as a whole, so that no
/// reader sees a memtable and the table it became, or neither.
struct VersionSet::Impl {
  explicit Impl(Start& start)
      : context(*start.context),
        dir(std::move(start.dir)),
        database(start.database),
        manifest_bytes(start.manifest_bytes),
        next_file(start.next_file) {}

  // Constant.
  const TableContext& context;
  const std::filesystem::path dir;
  const Uuid database;
  const std::uint64_t manifest_bytes;

  std::atomic<std::uint64_t> next_file;

  Mutex edit_mutex;
  std::optional<Manifest> manifest VARVE_GUARDED_BY(edit_mutex);  // None: the last one failed.
  std::uint64_t whole_bytes VARVE_GUARDED_BY(edit_mutex) = 0;     // Of its header and first record.
  std::vector<std::uint64_t> replaced VARVE_GUARDED_BY(edit_mutex);  // Manifests to be removed.
  bool closed VARVE_GUARDED_BY(edit_mutex) = false;

  mutable Mutex publish_mutex;
  std::shared_ptr<const ViewSources> sources VARVE_GUARDED_BY(publish_mutex);
  /// Of `sources`, stored with them, for who needs no more than the number: each write asks. It may
  /// be a moment old; whoever waits for a flush is woken after its store.
  std::atomic<std::size_t> frozen_count{0};

  std::uint64_t new_file_number() { return next_file.fetch_add(1, std::memory_order_relaxed); }

  std::shared_ptr<const ViewSources> load() const {
    const Lock lock(publish_mutex);
    return sources;
  }

  Status log(VersionEdit& edit, const Version& next) VARVE_REQUIRES(edit_mutex);
  Status start_manifest(const Version& version) VARVE_REQUIRES(edit_mutex);
  void give_manifest_up() VARVE_REQUIRES(edit_mutex);
  void remove_replaced() VARVE_REQUIRES(edit_mutex);
  std::shared_ptr<const ViewSources> publish(std::shared_ptr<const Version> next,
                                             const Memtable* flushed);
};

/// Makes `edit`, which leads to `next`, durable.
Status VersionSet::Impl::log(VersionEdit& edit, const Version& next) {
  edit.next_file = next_file.load(std::memory_order_relaxed);
  if (!manifest) return start_manifest(next);
  if (auto status = manifest->append(edit); !status) {
    context.log.warning("manifest: " + status.error().message() + "; beginning a new one");
    give_manifest_up();
    return start_manifest(next);
  }
  if (manifest->bytes() >= manifest_bytes &&
      manifest->bytes() >= replaced_from_growth * whole_bytes) {
    give_manifest_up();
    // The edit is durable already. Where this fails the next edit tries again: the new manifest
    // may be found after a power cut, so the old one must not be appended to any more.
    if (auto status = start_manifest(next); !status) {
      context.log.warning("manifest: " + status.error().message());
    }
  }
  return {};
}

Status VersionSet::Impl::start_manifest(const Version& version) {
  const std::uint64_t number = new_file_number();
  VersionEdit whole = snapshot_of(version);
  whole.next_file = next_file.load(std::memory_order_relaxed);
  auto created = Manifest::create(*context.file_system, dir, database, number, whole);
  if (!created) {
    replaced.push_back(number);
    return std::unexpected(std::move(created).error());
  }
  manifest = *std::move(created);
  whole_bytes = manifest->bytes();
  remove_replaced();
  return {};
}

void VersionSet::Impl::give_manifest_up() {
  replaced.push_back(manifest->number());
  manifest.reset();
}

/// Once a newer manifest is durable. What cannot be removed now is tried again with the next one,
/// and is found as an orphan when the database is opened.
void VersionSet::Impl::remove_replaced() {
  std::erase_if(replaced, [this](std::uint64_t number) {
    const std::filesystem::path path = dir / manifest_file_name(number);
    const auto exists = context.file_system->exists(path);
    if (!exists) return false;
    return !*exists || context.file_system->remove(path).has_value();
  });
}

/// Returns what was published before, to be let go outside every lock: with the last reference to
/// a table goes its file.
std::shared_ptr<const ViewSources> VersionSet::Impl::publish(std::shared_ptr<const Version> next,
                                                             const Memtable* flushed) {
  auto fresh = std::make_shared<ViewSources>();
  fresh->version = std::move(next);
  const Lock lock(publish_mutex);
  fresh->memtables = sources->memtables;
  if (flushed != nullptr) {
    // Tables hide by flush number, so nothing older may still be in memory; and the active one
    // is still written to.
    VARVE_ASSERT(fresh->memtables.size() > 1 && fresh->memtables.back().get() == flushed);
    fresh->memtables.pop_back();
  }
  frozen_count.store(fresh->memtables.size() - 1, std::memory_order_release);
  return std::exchange(sources, std::move(fresh));
}

VersionSet::VersionSet(Start start)
    : visible_(start.sequence), active_(start.active), impl_(std::make_unique<Impl>(start)) {
  auto sources = std::make_shared<ViewSources>();
  sources->version = std::make_shared<const Version>(std::move(start.version));
  sources->memtables.push_back(std::move(start.active));
  const Lock lock(impl_->publish_mutex);
  impl_->sources = std::move(sources);
}

VersionSet::~VersionSet() = default;

Result<std::unique_ptr<VersionSet>> VersionSet::create(Start start) {
  const std::uint64_t previous = start.manifest_number;
  std::unique_ptr<VersionSet> set(new VersionSet(std::move(start)));
  Impl& impl = *set->impl_;
  const Lock lock(impl.edit_mutex);
  if (previous != 0) impl.replaced.push_back(previous);
  VARVE_CHECK(impl.start_manifest(*set->version()));
  return set;
}

std::shared_ptr<const View> VersionSet::view(Timestamp now) const {
  const std::uint64_t visible = visible_sequence();
  return std::make_shared<const View>(impl_->load(), visible, now);
}

View VersionSet::view_here(Timestamp now) const {
  const std::uint64_t visible = visible_sequence();
  return {impl_->load(), visible, now};
}

std::shared_ptr<const Version> VersionSet::version() const { return impl_->load()->version; }

void VersionSet::rotate(std::shared_ptr<Memtable> fresh) {
  auto sources = std::make_shared<ViewSources>();
  sources->memtables.push_back(fresh);
  {
    const Lock lock(impl_->publish_mutex);
    sources->version = impl_->sources->version;
    sources->memtables.insert(sources->memtables.end(), impl_->sources->memtables.begin(),
                              impl_->sources->memtables.end());
    impl_->frozen_count.store(sources->memtables.size() - 1, std::memory_order_release);
    impl_->sources = std::move(sources);
  }
  active_ = std::move(fresh);
}

std::vector<std::shared_ptr<const Memtable>> VersionSet::frozen() const {
  const std::shared_ptr<const ViewSources> sources = impl_->load();
  return {sources->memtables.rbegin(), sources->memtables.rend() - 1};
}

std::size_t VersionSet::frozen_count() const {
  return impl_->frozen_count.load(std::memory_order_acquire);
}
std::size_t VersionSet::active_bytes() const { return impl_->load()->memtables.front()->bytes(); }

std::uint64_t VersionSet::new_file_number() { return impl_->new_file_number(); }

Status VersionSet::apply(VersionEdit edit, const Memtable* flushed) {
  std::shared_ptr<const ViewSources> previous;  // Outlives the lock.
  const Lock lock(impl_->edit_mutex);
  if (impl_->closed) return fail(Errc::closed, "version set");
  // Only this function replaces the version, and under the lock.
  const std::shared_ptr<const Version> current = version();
  VARVE_TRY(Version next, engine::apply(*current, edit, impl_->context));
  VARVE_CHECK(impl_->log(edit, next));
  mark_removed(*current, edit, next);
  previous = impl_->publish(std::make_shared<const Version>(std::move(next)), flushed);
  return {};
}

Status VersionSet::close() {
  const Lock lock(impl_->edit_mutex);
  if (impl_->closed) return {};
  if (!impl_->manifest) VARVE_CHECK(impl_->start_manifest(*version()));
  VersionEdit last;
  last.next_file = impl_->next_file.load(std::memory_order_relaxed);
  last.closed = true;
  impl_->closed = true;
  VARVE_CHECK(impl_->manifest->append(last));
  return impl_->manifest->close();
}

}  // namespace varve::engine
