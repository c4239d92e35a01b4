#pragma once

#include <cstdint>

#include "varve/time.hpp"

namespace varve {

/// How far a write has got when it is acknowledged, and what a power cut may take back.
/// Ordered: a write may ask for more than the engine's default, never for less.
class Durability {
 public:
  enum class Kind : std::uint8_t { none, appended, interval, every, always };

  /// No WAL at all: what was not flushed is gone with the process. For a whole engine only.
  static Durability none() { return {Kind::none, 0}; }
  /// In the kernel when acknowledged: survives a killed process; a power cut has no bound.
  static Durability appended() { return {Kind::appended, 0}; }
  /// As appended, and synced within `period`: a power cut takes back at most that much.
  static Durability interval(Duration period) { return {Kind::interval, period.count()}; }
  /// As appended, and a power cut takes back at most the last `batches` acknowledged batches.
  static Durability every(std::int64_t batches) { return {Kind::every, batches}; }
  /// Synced to the device before it is acknowledged.
  static Durability always() { return {Kind::always, 0}; }

  Kind kind() const { return kind_; }
  Duration period() const { return Duration(amount_); }  ///< REQUIRES interval.
  std::int64_t batches() const { return amount_; }       ///< REQUIRES every.

  friend bool operator==(const Durability&, const Durability&) = default;

 private:
  Durability(Kind kind, std::int64_t amount) : kind_(kind), amount_(amount) {}

  Kind kind_;
  std::int64_t amount_;
};

/// How durable a write is known to be.
enum class Reached : std::uint8_t {
  in_memory,  ///< Visible, and gone if the process dies.
  appended,   ///< In the kernel: survives the process, not a power cut.
  durable,    ///< On the device: survives a power cut.
};

/// What a write returns.
struct Receipt {
  std::uint64_t sequence = 0;  ///< The batch's place in the one order of all writes.
  Reached reached = Reached::in_memory;

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

}  // namespace varve
