#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/uuid.hpp"
#include "engine/record/trusted_time.hpp"
#include "engine/version/manifest_log.hpp"
#include "engine/version/published.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// The state of an open database, as a pair: Published, which readers and the writer use, and
/// ManifestLog, by which keepers change the version durably. Each says which thread calls what. A
/// part that only reads, or only keeps, asks for that half.
class VersionSet {
 public:
  struct Start {
    TableContext* context = nullptr;
    Uuid database{};
    Version version;
    std::uint64_t next_file = 1;             // Numbers from here are free.
    std::uint64_t manifest_number = 0;       // Of the one that was read; 0: none.
    std::uint64_t manifest_valid_bytes = 0;  // As LoadedVersion says.
    std::shared_ptr<Memtable> active;
    std::uint64_t sequence = 0;  // Visible at first.
    std::uint64_t manifest_bytes = ManifestLog::Start().manifest_bytes;
  };

  /// Publishes the version and writes it to a new manifest (ManifestLog::create()).
  static Result<std::unique_ptr<VersionSet>> create(Start start);
  /// Publishes the version and writes nothing, now or later: there is no ManifestLog.
  static std::unique_ptr<VersionSet> to_read(Version version, std::shared_ptr<Memtable> active,
                                             std::uint64_t sequence);

  Published& published() { return published_; }
  const Published& published() const { return published_; }
  ManifestLog& manifest_log() { return *log_; }

  // Published.
  std::shared_ptr<const View> view(Timestamp now) const { return published_.view(now); }
  View view_here(Timestamp now) const { return published_.view_here(now); }
  std::shared_ptr<const Version> version() const { return published_.version(); }
  std::uint64_t visible_sequence() const { return published_.visible_sequence(); }
  void publish(std::uint64_t sequence) { published_.publish(sequence); }
  void rotate(std::shared_ptr<Memtable> fresh) { published_.rotate(std::move(fresh)); }
  const std::shared_ptr<Memtable>& active() const { return published_.active(); }
  std::size_t frozen_count() const { return published_.frozen_count(); }
  std::size_t active_bytes() const { return published_.active_bytes(); }
  std::vector<std::shared_ptr<const Memtable>> frozen() const { return published_.frozen(); }

  // ManifestLog.
  std::uint64_t new_file_number() { return log_->new_file_number(); }
  [[nodiscard]] Status apply(VersionEdit edit, const Memtable* flushed = nullptr) {
    return log_->apply(std::move(edit), flushed);
  }
  [[nodiscard]] Status close(std::optional<TrustedTime> trusted = {}) {
    return log_->close(trusted);
  }

 private:
  VersionSet(Version version, std::shared_ptr<Memtable> active, std::uint64_t sequence)
      : published_(std::move(version), std::move(active), sequence) {}

  Published published_;
  std::unique_ptr<ManifestLog> log_;  // Of published_. Null where nothing may be written.
};

}  // namespace varve::engine
