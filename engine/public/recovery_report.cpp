#include "varve/recovery_report.hpp"

#include <chrono>
#include <string>

namespace varve {

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
            " bytes after it were never acknowledged as durable";
  }
  for (const Damage& damage : damages) {
    text += "\ndamage at " + damage.where;
    if (damage.last_sequence != 0) {
      text += ": sequences " + std::to_string(damage.first_sequence) + " to at least " +
              std::to_string(damage.last_sequence) + " are lost";
    }
  }
  if (orphans_removed != 0) {
    text += "\nremoved " + std::to_string(orphans_removed) + " files that nothing needs";
  }
  return text;
}

}  // namespace varve
