#include "varve/recovery_report.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace varve {

namespace {

/// It moves the damaged files of the log there, unless it changes nothing, or finds no room.
std::string place_of(const std::string& file, const std::vector<std::string>& quarantined) {
  const bool is_moved = std::ranges::any_of(
      quarantined, [&](const std::string& name) { return name.starts_with(file); });
  return is_moved ? "kept in quarantine/" + file : "left in " + file;
}

}  // namespace

std::string RecoveryReport::to_string() const {
  if (created) return "created a new database";
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  std::string text =
      "opened with " + std::to_string(tables) + " tables; replayed " +
      std::to_string(batches_replayed) + " batches (" + std::to_string(records_replayed) +
      " records, " + std::to_string(bytes_replayed) + " bytes) from " +
      std::to_string(segments_replayed) + " WAL segments in " + std::to_string(milliseconds) +
      " ms; last sequence " + std::to_string(last_sequence);
  if (cut) {
    text += "\nthe WAL ended at " + cut->where + " after sequence " +
            std::to_string(cut->after_sequence) + "; " + std::to_string(cut->bytes) +
            " bytes after it are no whole group, and nothing says that they were durable";
  }
  for (const Damage& damage : damages) {
    text += "\ndamage at " + damage.where;
    if (damage.last_sequence != 0) {
      text += ": sequences " + std::to_string(damage.first_sequence) + " to at least " +
              std::to_string(damage.last_sequence) + " are lost";
    } else if (damage.first_sequence != 0) {
      text += ": sequences from " + std::to_string(damage.first_sequence) +
              " on are lost, if there were any";
    }
  }
  for (const SetAside& aside : set_aside) {
    text += "\n" + std::to_string(aside.batches) + " whole batches behind it, sequences " +
            std::to_string(aside.first_sequence) + " to " + std::to_string(aside.last_sequence) +
            ", times " + std::to_string(aside.first_ts) + " to " + std::to_string(aside.last_ts) +
            ", are " + place_of(aside.file, quarantined);
    for (const std::string& key : aside.keys) {
      text += (&key == &aside.keys.front() ? ": " : ", ") + key;
    }
  }
  if (!quarantined.empty()) {
    text += "\nquarantine/ holds " + std::to_string(quarantined.size()) +
            (quarantined.size() == 1 ? " file" : " files") +
            " of damage that was found, now or earlier";
  }
  if (orphans_removed != 0) {
    text += "\nremoved " + std::to_string(orphans_removed) + " files that nothing needs";
  }
  return text;
}

}  // namespace varve
