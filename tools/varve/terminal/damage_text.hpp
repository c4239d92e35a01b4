#pragma once

#include <string>

#include "varve/recovery_report.hpp"

namespace varve::tools {

/// "12.wal @ 4096: batches 10 to at least 19 are lost"
inline std::string damage_text(const RecoveryReport::Damage& damage) {
  if (damage.last_sequence == 0) return damage.where;
  return damage.where + ": batches " + std::to_string(damage.first_sequence) + " to at least " +
         std::to_string(damage.last_sequence) + " are lost";
}

}  // namespace varve::tools
