#include "engine/version/manifest_log.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <unordered_set>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"
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

/// The tables that go with `previous`.
std::vector<const Table*> removed_tables(const Version& previous, const VersionEdit& edit,
                                         const Version& next) {
  std::vector<const Table*> removed;
  if (edit.removed.empty()) return removed;
  const auto kept = table_numbers(next);
  for (const auto& level : previous.levels) {
    for (const auto& table : level) {
      if (!kept.contains(table->meta().number)) removed.push_back(table.get());
    }
  }
  return removed;
}

bool all_below(const VersionEdit& edit, std::uint64_t number) {
  return std::ranges::all_of(
      edit.added, [number](const VersionEdit::Added& added) { return added.meta.number < number; });
}

}  // namespace

ManifestLog::ManifestLog(const Start& start, Published& published)
    : published_(published),
      context_(*start.context),
      database_(start.database),
      manifest_bytes_(start.manifest_bytes),
      next_file_(start.next_file) {
  VARVE_ASSERT(start.manifest_number < start.next_file);
}

Result<std::unique_ptr<ManifestLog>> ManifestLog::create(const Start& start, Published& published) {
  const std::uint64_t previous = start.manifest_number;
  std::unique_ptr<ManifestLog> created(new ManifestLog(start, published));
  ManifestLog& log = *created;
  const Lock lock(log.edit_mutex_);
  if (previous != 0) log.replaced_.push_back(previous);
  if (const Status begun = log.start_manifest(*published.version()); !begun) {
    // On a full disk the one that was read stays, and says the same.
    if (previous == 0 || begun.error().code != Errc::no_space)
      return std::unexpected(begun.error());
    log.context_.log.warning("a new manifest waits for room: " + begun.error().message());
    if (const Status resumed = log.resume_manifest(start); !resumed) {
      log.context_.log.warning("nor does the one before go on: " + resumed.error().message());
    }
  }
  return created;
}

/// Goes on with the manifest that was read.
Status ManifestLog::resume_manifest(const Start& start) {
  VARVE_ASSERT(!manifest_);
  if (start.manifest_valid_bytes == 0) return fail(Errc::corruption, "its last record is torn");
  // One that was begun has a higher number: found whole after a power cut, it would count instead.
  for (const std::uint64_t number : replaced_) {
    if (number == start.manifest_number) continue;
    if (!remove_manifest(number)) return fail(Errc::no_space, "a new one cannot be removed");
  }
  VARVE_CHECK(context_.directory->sync());
  VARVE_TRY(manifest_, Manifest::resume(*context_.directory, database_, start.manifest_number,
                                        start.manifest_valid_bytes));
  whole_bytes_ = manifest_->bytes();
  is_as_read_ = true;
  replaced_.clear();
  return {};
}

/// Makes `edit`, which leads to `next`, durable. Where std::bad_alloc is thrown it may be durable
/// or not, as after a failure; once it is known to be, nothing is thrown.
Status ManifestLog::log(VersionEdit& edit, const Version& next) {
  edit.next_file = next_file_.load(std::memory_order_relaxed);
  VARVE_ASSERT(all_below(edit, *edit.next_file));
  is_as_read_ = false;
  if (!manifest_) return start_manifest(next);
  // For give_manifest_up().
  replaced_.reserve(replaced_.size() + 1);
  const Status appended = append(edit);
  if (!appended) {
    give_manifest_up();
    context_.log.warning("manifest: " + appended.error().message() + "; beginning a new one");
    return start_manifest(next);
  }
  if (manifest_->bytes() >= manifest_bytes_ &&
      manifest_->bytes() >= replaced_from_growth * whole_bytes_) {
    give_manifest_up();
    renew_manifest(next);
  }
  return {};
}

/// An append that throws has failed: nobody knows how much of it is in the files.
Status ManifestLog::append(const VersionEdit& edit) {
  try {
    return manifest_->append(edit);
  } catch (const std::bad_alloc&) {
    return std::unexpected(no_memory());
  }
}

/// After an edit that is durable already. Where this fails the next edit tries again: the new
/// manifest may be found after a power cut, so the old one must not be appended to any more.
void ManifestLog::renew_manifest(const Version& version) {
  try {
    if (const Status begun = start_manifest(version); !begun) {
      context_.log.warning("manifest: " + begun.error().message());
    }
  } catch (const std::bad_alloc&) {
    return;
  }
}

Status ManifestLog::start_manifest(const Version& version) {
  VARVE_ASSERT(!manifest_);
  const std::uint64_t number = new_file_number();
  VersionEdit whole = whole_edit_of(version);
  whole.next_file = next_file_.load(std::memory_order_relaxed);
  VARVE_ASSERT(all_below(whole, *whole.next_file));
  // Until it is durable its files may be there, and be found, and have to go.
  replaced_.push_back(number);
  auto created = Manifest::create(*context_.directory, database_, number, whole);
  if (!created) return std::unexpected(std::move(created).error());
  replaced_.pop_back();
  manifest_ = *std::move(created);
  whole_bytes_ = manifest_->bytes();
  remove_replaced();
  return {};
}

/// REQUIRES room for one more in `replaced_`.
void ManifestLog::give_manifest_up() {
  replaced_.push_back(manifest_->number());
  manifest_.reset();
}

/// Once a newer manifest is durable. What cannot be removed now is tried again with the next one,
/// and is found as an orphan when the database is opened. Throws nothing.
void ManifestLog::remove_replaced() {
  std::size_t left = 0;  // So many at the front stay.
  while (left < replaced_.size()) {
    const std::uint64_t number = replaced_[left];
    VARVE_ASSERT(number < manifest_->number());
    if (remove_manifest(number)) {
      replaced_.erase(replaced_.begin() + static_cast<std::ptrdiff_t>(left));
    } else {
      ++left;
    }
  }
}

/// False where a file of it may be left, for want of memory too.
bool ManifestLog::remove_manifest(std::uint64_t number) {
  bool is_gone = true;
  const bool was_tried = if_memory_allows([&] {
    for (const std::string& name : manifest_file_names(number)) {
      const auto exists = context_.directory->exists(name);
      is_gone &= exists && (!*exists || context_.directory->remove(name));
    }
  });
  return was_tried && is_gone;
}

Status ManifestLog::apply(VersionEdit edit, const Memtable* flushed) {
  std::shared_ptr<const ViewSources> previous;  // Outlives the lock.
  const Lock lock(edit_mutex_);
  if (closed_) return fail(Errc::closed, "manifest");
  const std::shared_ptr<const Version> current = published_.version();
  VARVE_TRY(Version made, engine::apply(*current, edit, context_));
  const auto next = std::make_shared<const Version>(std::move(made));
  // Before it is durable: all of the memtable goes to tables, or none.
  VARVE_ASSERT(flushed == nullptr || (next->flush_number == flushed->number() &&
                                      next->flushed_through >= flushed->last_sequence()));
  // All that is to be done after it takes its memory before: a manifest that says the edit and a
  // version without it would part here, and the next edit would not fit what the manifest says.
  const std::vector<const Table*> removed = removed_tables(*current, edit, *next);
  std::shared_ptr<ViewSources> sources = published_.prepare(next);
  VARVE_CHECK(log(edit, *next));
  // A durable manifest says `next`, and none will ever say `current` again. What is durable only
  // the disk could tell.
  for (const Table* const table : removed) table->mark_obsolete();
  previous = published_.replace(std::move(sources), flushed);
  return {};
}

Status ManifestLog::close(std::optional<TrustedTime> trusted) {
  const Lock lock(edit_mutex_);
  if (closed_) return {};
  closed_ = true;
  if (!manifest_) {
    const Status begun = start_manifest(*published_.version());
    // The one that was given up says what is durable, so there is nothing that a full disk takes.
    if (!begun) return begun.error().code == Errc::no_space ? Status() : begun;
  }
  // So a full disk's zeros are not used up by being opened and closed.
  if (is_as_read_) return manifest_->close();
  VersionEdit last;
  last.next_file = next_file_.load(std::memory_order_relaxed);
  last.closed = true;
  last.trusted_time = trusted;
  // Said once more, it says that the log holds nothing that counts.
  const std::uint64_t held = published_.version()->flushed_through;
  if (published_.visible_sequence() == held) last.flushed_through = held;
  VARVE_CHECK(manifest_->append(last));
  return manifest_->close();
}

}  // namespace varve::engine
