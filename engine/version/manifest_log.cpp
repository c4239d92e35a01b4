#include "engine/version/manifest_log.hpp"

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

/// REQUIRES that a durable manifest says `next`, and none will ever say `previous` again: apply()
/// calls it after log(). What is durable only the disk could tell.
void mark_removed(const Version& previous, const VersionEdit& edit, const Version& next) {
  if (edit.removed.empty()) return;
  const auto kept = table_numbers(next);
  for (const auto& level : previous.levels) {
    for (const auto& table : level) {
      if (!kept.contains(table->meta().number)) table->mark_obsolete();
    }
  }
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

/// Makes `edit`, which leads to `next`, durable.
Status ManifestLog::log(VersionEdit& edit, const Version& next) {
  edit.next_file = next_file_.load(std::memory_order_relaxed);
  VARVE_ASSERT(all_below(edit, *edit.next_file));
  is_as_read_ = false;
  if (!manifest_) return start_manifest(next);
  if (auto status = manifest_->append(edit); !status) {
    context_.log.warning("manifest: " + status.error().message() + "; beginning a new one");
    give_manifest_up();
    return start_manifest(next);
  }
  if (manifest_->bytes() >= manifest_bytes_ &&
      manifest_->bytes() >= replaced_from_growth * whole_bytes_) {
    give_manifest_up();
    // The edit is durable already. Where this fails the next edit tries again: the new manifest
    // may be found after a power cut, so the old one must not be appended to any more.
    if (auto status = start_manifest(next); !status) {
      context_.log.warning("manifest: " + status.error().message());
    }
  }
  return {};
}

Status ManifestLog::start_manifest(const Version& version) {
  VARVE_ASSERT(!manifest_);
  const std::uint64_t number = new_file_number();
  VersionEdit whole = whole_edit_of(version);
  whole.next_file = next_file_.load(std::memory_order_relaxed);
  VARVE_ASSERT(all_below(whole, *whole.next_file));
  auto created = Manifest::create(*context_.directory, database_, number, whole);
  if (!created) {
    replaced_.push_back(number);
    return std::unexpected(std::move(created).error());
  }
  manifest_ = *std::move(created);
  whole_bytes_ = manifest_->bytes();
  remove_replaced();
  return {};
}

void ManifestLog::give_manifest_up() {
  replaced_.push_back(manifest_->number());
  manifest_.reset();
}

/// Once a newer manifest is durable. What cannot be removed now is tried again with the next one,
/// and is found as an orphan when the database is opened.
void ManifestLog::remove_replaced() {
  std::vector<std::uint64_t> left;
  for (const std::uint64_t number : replaced_) {
    VARVE_ASSERT(number < manifest_->number());
    if (!remove_manifest(number)) left.push_back(number);
  }
  replaced_ = std::move(left);
}

/// False where a file of it may be left.
bool ManifestLog::remove_manifest(std::uint64_t number) {
  bool is_gone = true;
  for (const std::string& name : manifest_file_names(number)) {
    const auto exists = context_.directory->exists(name);
    is_gone &= exists && (!*exists || context_.directory->remove(name));
  }
  return is_gone;
}

Status ManifestLog::apply(VersionEdit edit, const Memtable* flushed) {
  std::shared_ptr<const ViewSources> previous;  // Outlives the lock.
  const Lock lock(edit_mutex_);
  if (closed_) return fail(Errc::closed, "manifest");
  const std::shared_ptr<const Version> current = published_.version();
  VARVE_TRY(Version next, engine::apply(*current, edit, context_));
  // Before it is durable: all of the memtable goes to tables, or none.
  VARVE_ASSERT(flushed == nullptr || (next.flush_number == flushed->number() &&
                                      next.flushed_through >= flushed->last_sequence()));
  VARVE_CHECK(log(edit, next));
  mark_removed(*current, edit, next);
  previous = published_.replace(std::make_shared<const Version>(std::move(next)), flushed);
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
