#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/uuid.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// What LOCK says beside its holder, for whoever opens the database next: a line of text, as in
///
///     segment 12 of 0f8fad5b-d9cb-469f-a165-70867728950e # 1234567890123456789
///
/// which ends with its checksum, XXH3-64 of what is before " # ". While damage is set aside it says
/// "segment 0 of 0f8f..., lost 57" there.
/// A log that ends before that segment has lost it. The name of a segment is durable before the
/// line is written; the line is not synced, so after a power cut it may name an earlier one, or
/// none.
struct LockNote {
  Uuid database{};
  std::uint64_t last_segment = 0;  // Begun last. 0: the log has none, or they are being moved.
  /// No sequence up to this one is to be given again, whatever the log still shows. 0: none.
  std::uint64_t lost_through = 0;

  std::string to_line() const;
  /// Any text may be given. Nothing where it has no such line.
  static std::optional<LockNote> find_in(std::string_view text);

  friend bool operator==(const LockNote&, const LockNote&) = default;
};

/// The note in the directory's LOCK, for whoever is to lock it: the lock overwrites it. Nothing
/// where there is none, or it cannot be read: it only helps to find damage.
std::optional<LockNote> read_lock_note(Directory& directory);
/// The note, if it is of this database; else one that says nothing.
LockNote note_of(const std::optional<LockNote>& note, const Uuid& database);

}  // namespace varve::engine
