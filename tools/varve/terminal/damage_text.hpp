#pragma once

#include <string>

#include "varve/recovery_report.hpp"

namespace varve::tools {

/// "12.wal @ 4096: batches 10 to at least 19 are lost", or "12.wal: missing: batches from 10 on are
/// lost, if there were any".
inline std::string damage_text(const RecoveryReport::Damage& damage) {
  if (damage.first_sequence == 0) return damage.where;
  const std::string first = std::to_string(damage.first_sequence);
  if (damage.last_sequence == 0) {
    return damage.where + ": batches from " + first + " on are lost, if there were any";
  }
  return damage.where + ": batches " + first + " to at least " +
         std::to_string(damage.last_sequence) + " are lost";
}

}  // namespace varve::tools
