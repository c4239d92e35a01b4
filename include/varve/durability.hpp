#pragma once

#include "varve/detail/requirements.hpp"

#include <cstdint>

#include "varve/time.hpp"

namespace varve {

/// How far a write has got when it is acknowledged, and so what a power cut may take back.
/// Options::durability says it for all writes, WriteOptions::durability() for one.
///
/// A write gets the stronger of the two, part by part: one that asks for less than the engine's
/// gets the engine's. A sync covers all that was written before it, so one write with always()
/// makes every earlier one durable too.
class Durability {
 public:
  /// Which of the calls below made it.
  enum class Kind : std::uint8_t { none, appended, interval, every, always };

  /// No WAL at all: what was not flushed is lost when the process dies. For a whole engine only;
  /// its writes cannot ask for more.
  static Durability none() { return {Kind::none, 0}; }
  /// Handed to the kernel when acknowledged: survives a killed process. What a power cut takes back
  /// has no bound.
  static Durability appended() { return {Kind::appended, 0}; }
  /// Like appended(), and synced within `period`: a power cut takes back at most the writes of
  /// that time. Larger values save syncs, smaller values lose less. A period of zero or less is
  /// refused with invalid_argument.
  static Durability interval(Duration period) { return {Kind::interval, period.count()}; }
  /// Like appended(), and acknowledged once at most `batches` batches, itself included, are not
  /// durable: so a power cut takes back at most the last `batches` batches. Larger values save
  /// syncs, smaller values lose less. Below 1 is refused with invalid_argument.
  static Durability every(std::int64_t batches) { return {Kind::every, batches}; }
  /// Synced to the device before it is acknowledged: a power cut takes back nothing. Costs the
  /// time of a sync; writes that wait at the same time share one.
  static Durability always() { return {Kind::always, 0}; }

  Kind kind() const { return kind_; }
  /// The argument of interval(). REQUIRES that kind.
  Duration period() const { return Duration(amount_); }
  /// The argument of every(). REQUIRES that kind.
  std::int64_t batches() const { return amount_; }

  friend bool operator==(const Durability&, const Durability&) = default;

 private:
  Durability(Kind kind, std::int64_t amount) : kind_(kind), amount_(amount) {}

  Kind kind_;
  std::int64_t amount_;
};

/// How durable a write is known to be at the moment of its acknowledgement. It may get more durable
/// later without a word.
enum class Reached : std::uint8_t {
  in_memory,  ///< Visible, and gone if the process dies.
  appended,   ///< In the kernel: survives the process, not a power cut.
  durable,    ///< On the device: survives a power cut.
};

/// What a write returns.
struct Receipt {
  /// The batch's place in the one order of all writes. A later write has a greater one; after a
  /// restart they go on from the newest batch that is still there. Numbers may be left out.
  std::uint64_t sequence = 0;
  /// At least what was asked for.
  Reached reached = Reached::in_memory;
  /// How many of its records had expired when they were applied, which no read will ever return:
  /// their ts is further back than their TTL, or a clock is wrong, the sensor's or the engine's. Of
  /// write_many(): those of all batches.
  std::uint64_t expired = 0;

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

}  // namespace varve
